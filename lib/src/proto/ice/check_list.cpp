#include "proto/ice/check_list.hpp"

#include <algorithm>

namespace volley::proto::ice {

Pair* CheckList::add(std::size_t base, std::size_t remote, std::uint64_t priority, bool must) {
    if (Pair* const known = find(base, remote)) return known;
    if (pairs_.size() >= most_pairs_) {
        const auto worth = [](const Pair& pair) {
            // Failed ones go first; what is under way or valid stays.
            return pair.state == PairState::failed ? 0 : pair.state == PairState::waiting ? pair.priority : ~std::uint64_t{0};
        };
        const auto least =
            std::min_element(pairs_.begin(), pairs_.end(), [&](const Pair& a, const Pair& b) { return worth(a) < worth(b); });
        if (least == pairs_.end() || worth(*least) == ~std::uint64_t{0} || (!must && worth(*least) >= priority)) return nullptr;
        pairs_.erase(least);
    }
    Pair& added = pairs_.emplace_back();
    added.base = base;
    added.remote = remote;
    added.priority = priority;
    return &added;
}

Pair* CheckList::find(std::size_t base, std::size_t remote) noexcept {
    const auto found =
        std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& p) { return p.base == base && p.remote == remote; });
    return found == pairs_.end() ? nullptr : &*found;
}

Pair* CheckList::find(std::size_t base, const stun::TransactionId& id) noexcept {
    const auto found = std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& pair) {
        return pair.base == base &&
               std::any_of(pair.checks.begin(), pair.checks.end(), [&](const Check& c) { return c.id == id; });
    });
    return found == pairs_.end() ? nullptr : &*found;
}

Pair* CheckList::next_waiting() noexcept {
    Pair* best = nullptr;
    for (auto& pair : pairs_)
        if (pair.state == PairState::waiting && (best == nullptr || pair.priority > best->priority)) best = &pair;
    return best;
}

Pair* CheckList::best_valid() noexcept {
    Pair* best = nullptr;
    for (auto& pair : pairs_)
        if (pair.valid() && (best == nullptr || pair.valid_priority > best->valid_priority)) best = &pair;
    return best;
}

}  // namespace volley::proto::ice
