#include "support/virtual_net.hpp"

#include <algorithm>

namespace volley::test {
namespace {

constexpr Duration mapping_lifetime = std::chrono::seconds(60);  // less than the two minutes of RFC 4787, as many have it

}  // namespace

VirtualNet::Nat VirtualNet::add_nat(NatKind kind, std::string_view public_address) {
    nats_.push_back({kind, *IpAddress::parse(public_address), {}});
    return nats_.size() - 1;
}

void VirtualNet::attach(Node& node, const IpAddress& address, std::optional<Nat> nat) {
    places_.push_back({&node, address, nat});
}

void VirtualNet::detach(const Node& node) {
    std::erase_if(places_, [&](const Place& place) { return place.node == &node; });
    std::erase_if(stream_ends_, [&](const auto& end) { return end.second == &node; });
}

VirtualNet::Node* VirtualNet::find(const IpAddress& address, std::optional<Nat> nat) const {
    const auto found =
        std::find_if(places_.begin(), places_.end(), [&](const Place& p) { return p.address == address && p.nat == nat; });
    return found == places_.end() ? nullptr : found->node;
}

bool VirtualNet::translate_out(Nat nat, Endpoint& from, const Endpoint& to) {
    NatBox& box = nats_[nat];
    if (box.kind == NatKind::no_udp) return false;
    std::erase_if(box.mappings, [&](const Mapping& m) { return now_ - m.used > mapping_lifetime; });
    const bool symmetric = box.kind == NatKind::symmetric;
    auto mapping = std::find_if(box.mappings.begin(), box.mappings.end(),
                                [&](const Mapping& m) { return m.inside == from && (!symmetric || m.destination == to); });
    if (mapping == box.mappings.end()) {
        std::uint16_t port = 0;
        do {
            port = static_cast<std::uint16_t>(1024 + random_.next() % 60'000);
        } while (std::any_of(box.mappings.begin(), box.mappings.end(), [&](const Mapping& m) { return m.port == port; }));
        mapping = box.mappings.insert(box.mappings.end(), {from, symmetric ? std::optional(to) : std::nullopt, port, {}, now_});
    }
    mapping->used = now_;
    mapping->sent_to.insert(box.kind == NatKind::address_restricted ? Endpoint{to.address, 0} : to);
    from = {box.address, mapping->port};
    return true;
}

bool VirtualNet::translate_in(NatBox& nat, const Endpoint& from, Endpoint& to) {
    const auto mapping = std::find_if(nat.mappings.begin(), nat.mappings.end(),
                                      [&](const Mapping& m) { return m.port == to.port && now_ - m.used <= mapping_lifetime; });
    if (mapping == nat.mappings.end()) return false;
    const Endpoint key = nat.kind == NatKind::address_restricted ? Endpoint{from.address, 0} : from;
    if (nat.kind != NatKind::full_cone && !mapping->sent_to.contains(key)) return false;
    to = mapping->inside;
    return true;
}

void VirtualNet::send(const Node& sender, const Endpoint& from, const Endpoint& to, BytesView bytes) {
    ++datagrams_;
    if (filter_ && !filter_(from, to, bytes)) return;
    const auto place = std::find_if(places_.begin(), places_.end(),
                                    [&](const Place& p) { return p.node == &sender && p.address == from.address; });
    if (place == places_.end()) return;  // nobody sends from an address that it does not have
    Endpoint source = from;
    Node* neighbour = place->nat ? find(to.address, place->nat) : nullptr;
    // The NAT remembers even what is lost behind it.
    if (place->nat && neighbour == nullptr && !translate_out(*place->nat, source, to)) return;
    const int copies = (random_.uniform() < link_.loss ? 0 : 1) + (random_.uniform() < link_.duplication ? 1 : 0);
    for (int i = 0; i < copies; ++i) {
        const Duration delay = link_.delay + std::chrono::duration_cast<Duration>(link_.jitter * random_.uniform());
        after(delay, [this, neighbour, source, to, copy = Bytes(bytes.begin(), bytes.end())] {
            if (neighbour != nullptr) return deliver(neighbour, source, to, copy);
            if (Node* const node = find(to.address, std::nullopt)) return deliver(node, source, to, copy);
            for (Nat nat = 0; nat < nats_.size(); ++nat) {
                Endpoint inside = to;
                // No NAT here turns packets of its own net around.
                if (nats_[nat].address != to.address || source.address == to.address || !translate_in(nats_[nat], source, inside))
                    continue;
                return deliver(find(inside.address, nat), source, inside, copy);
            }
        });
    }
}

void VirtualNet::deliver(Node* node, const Endpoint& from, const Endpoint& to, BytesView bytes) {
    if (node == nullptr) return;
    node->handle_datagram(now_, to, from, bytes);
    node->flush(now_);
}

void VirtualNet::send_stream(Node& sender, const Endpoint& from, const Endpoint& to, BytesView bytes) {
    stream_ends_[from] = &sender;
    TimePoint& last = streams_[{from, to}];
    while (!bytes.empty()) {
        const std::size_t size = 1 + random_.next() % bytes.size();
        last = std::max(last, now_ + link_.delay);
        at(last, [this, from, to, piece = Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))] {
            Node* node = find(to.address, std::nullopt);
            if (const auto end = stream_ends_.find(to); node == nullptr && end != stream_ends_.end()) node = end->second;
            if (node == nullptr) return;
            node->handle_stream(now_, to, from, piece);
            node->flush(now_);
        });
        bytes = bytes.subspan(size);
    }
}

void VirtualNet::at(TimePoint when, std::function<void()> what) {
    events_.push({std::max(when, now_), order_++, std::move(what)});
}

bool VirtualNet::run_until(const std::function<bool()>& condition, Duration limit) {
    const TimePoint end = now_ + limit;
    int standstill = 0;
    for (;;) {
        if (condition()) return true;
        Node* due = nullptr;
        TimePoint next = end;
        for (const auto& place : places_) {
            const auto at = place.node->next_timeout();
            if (at && *at < next) {
                next = *at;
                due = place.node;
            }
        }
        const bool event_first = !events_.empty() && events_.top().at <= next;
        if (event_first) next = events_.top().at;
        if (next >= end) break;
        standstill = next > now_ ? 0 : standstill + 1;
        if (standstill > 200'000) {
            fault_ = "time stands still";
            return false;
        }
        now_ = std::max(now_, next);
        if (event_first) {
            const auto what = events_.top().what;
            events_.pop();
            what();
        } else {
            due->handle_timeout(now_);
            due->flush(now_);
        }
    }
    now_ = end;
    return condition();
}

}  // namespace volley::test
