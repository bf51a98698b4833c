#include "call/routes.hpp"

#include <algorithm>

namespace volley::call {
namespace {

constexpr std::string_view letters_and_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

}  // namespace

std::string Routes::add(CallId call, RandomSource& random) {
    std::string prefix;
    do prefix = random.text(prefix_size, letters_and_digits);
    while (prefixes_.contains(prefix));
    prefixes_.emplace(prefix, call);
    calls_[call].prefix = prefix;
    return prefix;
}

void Routes::remove(CallId call) {
    const auto found = calls_.find(call);
    if (found == calls_.end()) return;
    prefixes_.erase(found->second.prefix);
    for (const auto& id : found->second.requests) requests_.erase(id);
    while (!found->second.claims.empty()) give_up(call, Endpoint(found->second.claims.back()));
    calls_.erase(found);
}

std::optional<Routes::CallId> Routes::of_ufrag(std::string_view ufrag) const {
    const auto found = prefixes_.find(ufrag.substr(0, prefix_size));
    if (found == prefixes_.end()) return std::nullopt;
    return found->second;
}

void Routes::note_request(TimePoint now, CallId call, const proto::stun::TransactionId& id) {
    const auto found = calls_.find(call);
    if (found == calls_.end()) return;
    if (const auto known = requests_.find(id); known != requests_.end()) {
        if (known->second.call == call) known->second.expires = now + request_lifetime;
        return;
    }
    auto& requests = found->second.requests;
    while (!requests.empty()) {
        const auto oldest = requests_.find(requests.front());
        if (oldest != requests_.end() && oldest->second.expires > now && requests.size() < most_requests) break;
        if (oldest != requests_.end()) requests_.erase(oldest);
        requests.pop_front();
    }
    requests.push_back(id);
    requests_.emplace(id, Request{call, now + request_lifetime});
}

std::optional<Routes::CallId> Routes::take_answer(TimePoint now, const proto::stun::TransactionId& id) {
    const auto found = requests_.find(id);
    if (found == requests_.end()) return std::nullopt;
    const Request request = found->second;
    requests_.erase(found);
    if (request.expires <= now) return std::nullopt;
    return request.call;
}

void Routes::claim(CallId call, const Endpoint& remote, bool answered) {
    const auto owner = calls_.find(call);
    if (owner == calls_.end()) return;
    if (const auto known = addresses_.find(remote); known != addresses_.end()) {
        Claimants& claimants = known->second;
        const auto place = std::find(claimants.calls.begin(), claimants.calls.end(), call);
        if (place != claimants.calls.end()) {
            const auto index = place - claimants.calls.begin();
            claimants.answered[static_cast<std::size_t>(index)] = claimants.answered[static_cast<std::size_t>(index)] || answered;
            return;
        }
        if (claimants.calls.size() >= most_claimants) {
            // Room is made for a call whose peer has answered from there: by the oldest whose peer has not, else by the oldest.
            if (!answered) return;
            const auto weak = std::find(claimants.answered.begin(), claimants.answered.end(), false);
            const auto index = weak == claimants.answered.end() ? 0 : weak - claimants.answered.begin();
            give_up(claimants.calls[static_cast<std::size_t>(index)], remote);
        }
    }
    if (auto& claims = owner->second.claims; claims.size() >= most_claims) {
        const auto weak = std::find_if(claims.begin(), claims.end(), [&](const Endpoint& e) { return !is_answered(call, e); });
        give_up(call, Endpoint(weak == claims.end() ? claims.front() : *weak));
    }
    owner->second.claims.push_back(remote);
    Claimants& claimants = addresses_[remote];
    claimants.calls.push_back(call);
    claimants.answered.push_back(answered);
}

bool Routes::is_answered(CallId call, const Endpoint& remote) const {
    const Claimants& claimants = addresses_.at(remote);
    const auto place = std::find(claimants.calls.begin(), claimants.calls.end(), call);
    return claimants.answered[static_cast<std::size_t>(place - claimants.calls.begin())];
}

void Routes::give_up(CallId call, const Endpoint& remote) {
    if (const auto owner = calls_.find(call); owner != calls_.end()) std::erase(owner->second.claims, remote);
    const auto found = addresses_.find(remote);
    if (found == addresses_.end()) return;
    Claimants& claimants = found->second;
    const auto place = std::find(claimants.calls.begin(), claimants.calls.end(), call);
    if (place == claimants.calls.end()) return;
    claimants.answered.erase(claimants.answered.begin() + (place - claimants.calls.begin()));
    claimants.calls.erase(place);
    if (claimants.calls.empty()) addresses_.erase(found);
}

std::span<const Routes::CallId> Routes::claimants(const Endpoint& remote) const {
    const auto found = addresses_.find(remote);
    if (found == addresses_.end()) return {};
    return found->second.calls;
}

}  // namespace volley::call
