// A network in virtual time: hosts, NATs, loss, delay, reordering, duplication. The seed decides everything that happens.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <volley/load/random.hpp>
#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"

namespace volley::test {

struct LinkModel {
    double loss = 0;
    Duration delay = std::chrono::milliseconds(10);
    Duration jitter = Duration::zero();  ///< added to the delay, from none to all of it: reorders
    double duplication = 0;
};

/// How a NAT maps and filters, in the words of RFC 3489; RFC 4787 says endpoint-independent and so on.
enum class NatKind {
    full_cone,           ///< one mapping for all destinations; lets everyone in
    address_restricted,  ///< one mapping; lets in whom we sent to, from any port
    port_restricted,     ///< one mapping; lets in the endpoints that we sent to
    symmetric,           ///< a mapping for each destination, which alone is let in
    no_udp,              ///< lets no datagram through; streams pass
};

class VirtualNet {
public:
    /// Something with addresses. It sends when it is told to flush, which follows each of the other calls.
    class Node {
    public:
        Node() = default;
        Node(const Node&) = delete;
        Node& operator=(const Node&) = delete;
        virtual ~Node() = default;
        virtual void handle_datagram(TimePoint now, const Endpoint& local, const Endpoint& from, BytesView bytes) = 0;
        virtual void handle_stream(TimePoint /*now*/, const Endpoint& /*local*/, const Endpoint& /*from*/, BytesView /*bytes*/) {}
        virtual void handle_timeout(TimePoint now) = 0;
        [[nodiscard]] virtual std::optional<TimePoint> next_timeout() const = 0;
        virtual void flush(TimePoint now) = 0;
    };
    using Nat = std::size_t;
    using Filter = std::function<bool(const Endpoint& from, const Endpoint& to, BytesView bytes)>;

    explicit VirtualNet(std::uint64_t seed, LinkModel link = {}, TimePoint start = TimePoint(std::chrono::hours(1)))
        : now_(start), random_(seed), link_(link) {}

    [[nodiscard]] TimePoint now() const noexcept { return now_; }
    [[nodiscard]] load::Random& random() noexcept { return random_; }
    void set_link(const LinkModel& link) noexcept { link_ = link; }
    /// Datagrams that it says false to are lost, seen where they leave their sender.
    void set_filter(Filter filter) { filter_ = std::move(filter); }

    Nat add_nat(NatKind kind, std::string_view public_address);
    /// The NAT loses its memory: the next datagrams get other ports.
    void forget_mappings(Nat nat) { nats_.at(nat).mappings.clear(); }
    /// Behind a NAT, or on the public net.
    void attach(Node& node, const IpAddress& address, std::optional<Nat> nat = std::nullopt);
    void detach(const Node& node);

    void send(const Node& sender, const Endpoint& from, const Endpoint& to, BytesView bytes);
    /// Reliable, in order, cut anywhere. `from` is any name that is unique for the sender's stream.
    void send_stream(Node& sender, const Endpoint& from, const Endpoint& to, BytesView bytes);
    void at(TimePoint when, std::function<void()> what);
    void after(Duration delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

    /// Runs until the condition holds after an event, or for so long. @return whether it holds.
    bool run_until(const std::function<bool()>& condition, Duration limit);
    void run_for(Duration duration) {
        (void)run_until([] { return false; }, duration);
    }

    [[nodiscard]] std::size_t datagrams() const noexcept { return datagrams_; }
    /// Empty while all is well: a node whose time-out is always due would hold virtual time still.
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

private:
    struct Mapping {
        Endpoint inside;
        std::optional<Endpoint> destination;  // symmetric
        std::uint16_t port;
        std::set<Endpoint> sent_to;
        TimePoint used;
    };
    struct NatBox {
        NatKind kind;
        IpAddress address;
        std::vector<Mapping> mappings;
    };
    struct Place {
        Node* node;
        IpAddress address;
        std::optional<Nat> nat;
    };
    struct Event {
        TimePoint at;
        std::uint64_t order;
        std::function<void()> what;
        bool operator>(const Event& other) const { return std::pair(at, order) > std::pair(other.at, other.order); }
    };

    [[nodiscard]] Node* find(const IpAddress& address, std::optional<Nat> nat) const;
    [[nodiscard]] bool translate_out(Nat nat, Endpoint& from, const Endpoint& to);
    [[nodiscard]] bool translate_in(NatBox& nat, const Endpoint& from, Endpoint& to);
    void deliver(Node* node, const Endpoint& from, const Endpoint& to, BytesView bytes);

    TimePoint now_;
    load::Random random_;
    LinkModel link_;
    Filter filter_;
    std::vector<NatBox> nats_;
    std::vector<Place> places_;
    std::map<std::pair<Endpoint, Endpoint>, TimePoint> streams_;  // when the last bytes arrive
    std::map<Endpoint, Node*> stream_ends_;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    std::uint64_t order_ = 0;
    std::size_t datagrams_ = 0;
    std::string fault_;
};

}  // namespace volley::test
