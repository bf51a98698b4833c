#include "proto/ice/gatherer.hpp"

#include <algorithm>
#include <utility>

#include "proto/stun/integrity.hpp"
#include "proto/stun/message.hpp"

namespace volley::proto::ice {
namespace {

using namespace std::chrono_literals;

constexpr Duration keepalive_interval = 15s;  // RFC 8445 section 5.1.1.4 and 11: Tr
// Peer-reflexive ones are a peer's to make, so they may not take the room of the others.
constexpr std::size_t most_reflexive = 128;
constexpr std::size_t most_candidates = 192;
constexpr std::size_t most_bases = 96;

}  // namespace

Gatherer::Gatherer(GathererConfig config, RandomSource& random) : config_(std::move(config)), random_(random) {}

// --- candidates ------------------------------------------------------------------------------------------------------------------

bool Gatherer::add_host(const Endpoint& endpoint) {
    if (endpoint.port == 0 || endpoint.address.is_unspecified() || endpoint.address.is_multicast()) return false;
    if (base_of(endpoint) || bases_.size() >= most_hosts) return false;
    // Whoever was named first is preferred.
    bases_.push_back({endpoint, std::nullopt, static_cast<std::uint16_t>(65535 - bases_.size())});
    add_candidate(CandidateType::host, bases_.size() - 1, endpoint, std::nullopt, {});
    return true;
}

// Section 5.1.1.3: equal for equal types, bases' addresses, servers and protocols.
void Gatherer::add_candidate(CandidateType type, std::size_t base, const Endpoint& endpoint, std::optional<Endpoint> related,
                             std::string_view server) {
    if (candidates_.size() >= (type == CandidateType::peer_reflexive ? most_reflexive : most_candidates)) return;
    std::string kind(to_string(type));
    kind.append(" ").append(bases_[base].endpoint.address.to_string()).append(" ").append(server);
    auto found = std::find(foundations_.begin(), foundations_.end(), kind);
    if (found == foundations_.end()) found = foundations_.insert(found, std::move(kind));
    LocalCandidate out;
    out.base = base;
    out.candidate.foundation = std::to_string(found - foundations_.begin() + 1);
    out.candidate.priority = candidate_priority(type, bases_[base].local_preference);
    out.candidate.endpoint = endpoint;
    out.candidate.type = type;
    out.candidate.related = related;
    candidates_.push_back(std::move(out));
}

std::optional<std::size_t> Gatherer::base_of(const Endpoint& local) const noexcept {
    const auto found = std::find_if(bases_.begin(), bases_.end(), [&](const Base& b) { return b.endpoint == local && !b.turn; });
    if (found == bases_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - bases_.begin());
}

std::size_t Gatherer::seen_as(std::size_t base, const Endpoint& mapped, std::uint32_t priority) {
    const auto known = std::find_if(candidates_.begin(), candidates_.end(),
                                    [&](const LocalCandidate& c) { return c.base == base && c.candidate.endpoint == mapped; });
    if (known != candidates_.end()) return static_cast<std::size_t>(known - candidates_.begin());
    const std::size_t before = candidates_.size();
    add_candidate(CandidateType::peer_reflexive, base, mapped, bases_[base].endpoint, {});
    if (candidates_.size() == before) {
        // So many addresses are no NAT's work. The base's own candidate stands for them.
        const auto own =
            std::find_if(candidates_.begin(), candidates_.end(), [&](const LocalCandidate& c) { return c.base == base; });
        return static_cast<std::size_t>(own - candidates_.begin());
    }
    candidates_.back().candidate.priority = priority;
    return before;
}

bool Gatherer::can_reach(const Base& base, const Endpoint& server) const noexcept {
    const IpAddress& from = base.endpoint.address;
    const IpAddress& to = server.address;
    return !base.turn && from.is_v4() == to.is_v4() && from.is_loopback() == to.is_loopback() &&
           from.is_link_local() == to.is_link_local();
}

// --- servers ---------------------------------------------------------------------------------------------------------------------

void Gatherer::start(TimePoint now) {
    started_ = true;
    done_ = false;
    keeps_alive_ = true;
    give_up_at_ = now + config_.patience;
    const std::size_t hosts = bases_.size();
    for (std::size_t base = 0; base < hosts; ++base)
        for (const auto& server : config_.stun_servers)
            if (can_reach(bases_[base], server)) start_query(now, base, server);
    for (std::size_t server = 0; server < config_.turn_servers.size(); ++server) start_allocation(now, server);
    note_done(now);
}

void Gatherer::start_query(TimePoint now, std::size_t base, const Endpoint& server) {
    // A second start() asks again only what was never answered.
    const auto known =
        std::find_if(queries_.begin(), queries_.end(), [&](const Query& q) { return q.base == base && q.server == server; });
    if (known != queries_.end() && (known->answered || known->pending)) return;
    if (known == queries_.end() && queries_.size() >= most_queries) return;
    Query& query = known != queries_.end() ? *known : queries_.emplace_back();
    query.base = base;
    query.server = server;
    query.pending = true;
    random_.fill(query.id);
    query.bytes = stun::MessageBuilder(stun::MessageClass::request, stun::Method::binding, query.id).fingerprint().finish();
    query.timer.start(now, config_.retransmission);
    out_.push_back({Protocol::udp, bases_[base].endpoint, server, query.bytes});
}

void Gatherer::start_allocation(TimePoint now, std::size_t server) {
    const TurnServer& wanted = config_.turn_servers[server];
    const auto known =
        std::find_if(allocations_.begin(), allocations_.end(), [&](const Allocation& a) { return a.server == server; });
    if (known != allocations_.end()) {
        const auto state = known->client->state();
        if (state == turn::Client::State::allocating || state == turn::Client::State::allocated) return;
    }
    // A second one on the same way would be the same allocation to the server.
    const bool same_way = std::any_of(allocations_.begin(), allocations_.end(), [&](const Allocation& a) {
        const TurnServer& other = config_.turn_servers[a.server];
        return a.server != server && other.endpoint == wanted.endpoint && other.protocol == wanted.protocol;
    });
    if (same_way || bases_.size() >= most_bases) return;
    Allocation allocation{server, std::nullopt, nullptr, std::nullopt};
    if (wanted.protocol == Protocol::udp) {
        const auto host =
            std::find_if(bases_.begin(), bases_.end(), [&](const Base& b) { return can_reach(b, wanted.endpoint); });
        if (host == bases_.end()) return;
        allocation.host = static_cast<std::size_t>(host - bases_.begin());
    }
    turn::ClientConfig config;
    config.username = wanted.username;
    config.password = wanted.password;
    config.over_stream = wanted.protocol == Protocol::tcp;
    config.family = wanted.family;
    config.retransmission = config_.retransmission;
    allocation.client = std::make_unique<turn::Client>(std::move(config), random_);
    allocation.client->start(now);
    // The base of one that was let go stays in the list, dead: is_alive().
    if (known != allocations_.end())
        *known = std::move(allocation);
    else
        allocations_.push_back(std::move(allocation));
}

// Candidates of what was allocated since the last look.
void Gatherer::note_allocations() {
    for (std::size_t i = 0; i < allocations_.size(); ++i) {
        Allocation& allocation = allocations_[i];
        if (allocation.noted || allocation.client->state() != turn::Client::State::allocated) continue;
        allocation.noted = true;
        const TurnServer& configured = config_.turn_servers[allocation.server];
        const bool over_tcp = configured.protocol == Protocol::tcp;
        const std::string server = configured.endpoint.to_string() + (over_tcp ? " tcp" : " udp");
        const auto mapped = allocation.client->mapped();
        // What TURN says of our address is as good as what STUN says, where it is the host's UDP port that it speaks of.
        if (allocation.host && mapped && mapped != bases_[*allocation.host].endpoint) {
            const Endpoint base = bases_[*allocation.host].endpoint;
            const bool known = std::any_of(candidates_.begin(), candidates_.end(), [&](const LocalCandidate& c) {
                return c.base == *allocation.host && c.candidate.endpoint == *mapped;
            });
            if (!known) add_candidate(CandidateType::server_reflexive, *allocation.host, *mapped, base, server);
        }
        // A stream on the way delays what follows a loss, so every relay behind one is worse than any other.
        const std::size_t best = over_tcp ? 32767 : 65535;
        bases_.push_back({allocation.client->relayed(), i, static_cast<std::uint16_t>(best - bases_.size())});
        allocation.base = bases_.size() - 1;
        // The related address of a relayed candidate is the mapped one (RFC 8839 section 5.1); it tells where we are, and may be empty.
        add_candidate(CandidateType::relayed, *allocation.base, allocation.client->relayed(), mapped.value_or(Endpoint{{}, 9}),
                      server);
    }
}

void Gatherer::note_done(TimePoint now) {
    if (!started_ || done_) return;
    const bool asking = std::any_of(queries_.begin(), queries_.end(), [](const Query& q) { return q.pending; }) ||
                        std::any_of(allocations_.begin(), allocations_.end(),
                                    [](const Allocation& a) { return a.client->state() == turn::Client::State::allocating; });
    if (asking && now < *give_up_at_) return;
    done_ = true;
    give_up_at_.reset();
}

Gatherer::Input Gatherer::handle_input(TimePoint now, const Datagram& datagram) {
    for (auto& allocation : allocations_) {
        const TurnServer& server = config_.turn_servers[allocation.server];
        if (server.endpoint != datagram.remote || server.protocol != datagram.protocol) continue;
        if (allocation.host && bases_[*allocation.host].endpoint != datagram.local) continue;
        // A STUN server on the same port answers our queries.
        const auto message = stun::MessageView::parse(datagram.bytes);
        if (message && message->method() == stun::Method::binding) break;
        const auto data = allocation.client->handle_input(now, datagram.bytes);
        note_allocations();
        note_done(now);
        Input out;
        out.consumed = true;
        if (!data || !allocation.base) return out;
        out.relayed_base = allocation.base;
        out.peer = data->peer;
        out.data = data->data;
        return out;
    }
    if (datagram.protocol == Protocol::tcp) return {true, std::nullopt, {}, {}};
    const auto query = std::find_if(queries_.begin(), queries_.end(), [&](const Query& q) {
        return q.server == datagram.remote && bases_[q.base].endpoint == datagram.local;
    });
    if (query == queries_.end()) return {};
    const auto message = stun::MessageView::parse(datagram.bytes);
    if (!message || message->method() != stun::Method::binding || message->transaction_id() != query->id) return {};
    if (!query->pending) return {true, std::nullopt, {}, {}};
    query->pending = false;
    auto mapped = message->address(stun::Attribute::xor_mapped_address);
    if (!mapped) mapped = message->address(stun::Attribute::mapped_address);
    if (message->message_class() == stun::MessageClass::success && mapped && message->unknown_required().empty()) {
        query->answered = true;
        query->keepalive_at = now + keepalive_interval;
        const bool known = std::any_of(candidates_.begin(), candidates_.end(), [&](const LocalCandidate& c) {
            return c.base == query->base && c.candidate.endpoint == *mapped;
        });
        // Where there is no NAT, the host candidate says it all.
        if (!known)
            add_candidate(CandidateType::server_reflexive, query->base, *mapped, bases_[query->base].endpoint,
                          query->server.to_string());
    }
    note_done(now);
    return {true, std::nullopt, {}, {}};
}

void Gatherer::handle_timeout(TimePoint now) {
    for (auto& query : queries_) {
        const Endpoint& local = bases_[query.base].endpoint;
        if (query.pending) {
            const auto step = query.timer.poll(now, config_.retransmission);
            if (step == stun::Retransmission::Step::send) out_.push_back({Protocol::udp, local, query.server, query.bytes});
            if (step == stun::Retransmission::Step::give_up) query.pending = false;
        } else if (query.answered && keeps_alive_ && now >= query.keepalive_at) {
            stun::TransactionId id{};
            random_.fill(id);
            query.keepalive_at = now + keepalive_interval;
            out_.push_back(
                {Protocol::udp, local, query.server,
                 stun::MessageBuilder(stun::MessageClass::indication, stun::Method::binding, id).fingerprint().finish()});
        }
    }
    for (auto& allocation : allocations_) allocation.client->handle_timeout(now);
    note_done(now);
}

void Gatherer::handle_disconnect(const Endpoint& turn_server, std::string_view reason) {
    for (auto& allocation : allocations_) {
        const TurnServer& server = config_.turn_servers[allocation.server];
        if (server.protocol == Protocol::tcp && server.endpoint == turn_server) allocation.client->handle_disconnect(reason);
    }
}

std::optional<TimePoint> Gatherer::next_timeout() const noexcept {
    std::optional<TimePoint> out = give_up_at_;
    const auto consider = [&out](TimePoint at) { out = out ? std::min(*out, at) : at; };
    for (const auto& query : queries_) {
        if (query.pending)
            consider(query.timer.due());
        else if (query.answered && keeps_alive_)
            consider(query.keepalive_at);
    }
    for (const auto& allocation : allocations_)
        if (const auto at = allocation.client->next_timeout()) consider(*at);
    return out;
}

std::optional<Transmit> Gatherer::poll_transmit() {
    if (!out_.empty()) {
        Transmit out = std::move(out_.front());
        out_.pop_front();
        return out;
    }
    for (auto& allocation : allocations_) {
        auto bytes = allocation.client->poll_transmit();
        if (!bytes) continue;
        const TurnServer& server = config_.turn_servers[allocation.server];
        return Transmit{server.protocol, allocation.host ? bases_[*allocation.host].endpoint : Endpoint{}, server.endpoint,
                        std::move(*bytes)};
    }
    return std::nullopt;
}

// --- use -------------------------------------------------------------------------------------------------------------------------

bool Gatherer::send_relayed(TimePoint now, std::size_t base, const Endpoint& peer, BytesView bytes) {
    const auto& turn = bases_[base].turn;
    return turn && allocations_[*turn].client->send(now, peer, bytes);
}

void Gatherer::bind_channel(TimePoint now, std::size_t base, const Endpoint& peer) {
    if (const auto& turn = bases_[base].turn) allocations_[*turn].client->bind_channel(now, peer);
}

bool Gatherer::is_alive(std::size_t base) const noexcept {
    const auto& turn = bases_[base].turn;
    return !turn || (allocations_[*turn].base == base && allocations_[*turn].client->state() == turn::Client::State::allocated);
}

void Gatherer::release(TimePoint now, std::optional<std::size_t> kept) {
    keeps_alive_ = false;
    for (auto& query : queries_) query.pending = false;
    for (auto& allocation : allocations_) {
        if (kept && allocation.base == *kept) continue;
        allocation.client->close(now);
    }
    note_done(now);
}

const turn::Failure* Gatherer::turn_failure(std::size_t server) const noexcept {
    const auto found =
        std::find_if(allocations_.begin(), allocations_.end(), [&](const Allocation& a) { return a.server == server; });
    if (found == allocations_.end() || found->client->state() != turn::Client::State::failed) return nullptr;
    return &found->client->failure();
}

}  // namespace volley::proto::ice
