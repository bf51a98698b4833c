// A TURN server in virtual time, strict where a client could go wrong: lifetimes, permissions, channels, credentials. It is a STUN server, too.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "proto/stun/integrity.hpp"
#include "proto/stun/message.hpp"
#include "proto/turn/framing.hpp"
#include "support/virtual_net.hpp"

namespace volley::test {

struct TurnServerModel {
    std::string username = "user";
    std::string password = "secret";
    std::string realm = "example.org";
    Duration nonce_lifetime = std::chrono::hours(24);
    std::uint32_t most_lifetime = 600;
    bool sha256 = false;         ///< offers password algorithms, and insists on the better one
    bool mute = false;           ///< answers nothing
    int refuse_allocations = 0;  ///< with this error
    int refuse_permissions = 0;
};

class TurnServer final : public VirtualNet::Node {
public:
    using Model = TurnServerModel;

    TurnServer(VirtualNet& net, std::string_view address, Model model = {});

    [[nodiscard]] Endpoint endpoint() const { return {address_, 3478}; }
    [[nodiscard]] Model& model() noexcept { return model_; }
    [[nodiscard]] std::size_t allocations() const;
    [[nodiscard]] std::size_t channels() const;
    /// What a client did that RFC 8656 does not allow.
    [[nodiscard]] const std::vector<std::string>& complaints() const noexcept { return complaints_; }
    struct Counts {
        int challenges = 0;
        int stale = 0;
        int sent_by_indication = 0;
        int sent_by_channel = 0;
        int refreshes = 0;
        int deallocations = 0;
        int bindings = 0;
    };
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

    void handle_datagram(TimePoint now, const Endpoint& local, const Endpoint& from, BytesView bytes) override;
    void handle_stream(TimePoint now, const Endpoint& local, const Endpoint& from, BytesView bytes) override;
    void handle_timeout(TimePoint) override {}
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override { return std::nullopt; }
    void flush(TimePoint) override {}

private:
    struct Channel {
        Endpoint peer;
        TimePoint until;
    };
    struct Allocation {
        Endpoint relayed;
        TimePoint until;
        std::map<IpAddress, TimePoint> permissions;
        std::map<std::uint16_t, Channel> channels;
        proto::stun::TransactionId id;
    };
    struct Client {
        Endpoint endpoint;
        bool stream = false;
        auto operator<=>(const Client&) const = default;
    };

    void handle_client(TimePoint now, const Client& client, BytesView frame);
    void handle_request(TimePoint now, const Client& client, const proto::stun::MessageView& request);
    void send(const Client& client, Bytes bytes);
    void send_to_peer(TimePoint now, const Client& client, const Endpoint& peer, BytesView data);
    void reject(const Client& client, const proto::stun::MessageView& request, int code, bool with_challenge = false);
    void succeed(const Client& client, proto::stun::MessageBuilder builder);
    [[nodiscard]] Bytes key() const;
    [[nodiscard]] Allocation* find(TimePoint now, const Client& client);
    void complain(std::string what) { complaints_.push_back(std::move(what)); }

    VirtualNet& net_;
    IpAddress address_;
    Model model_;
    std::map<Client, Allocation> allocations_;
    std::map<Endpoint, proto::turn::StreamFramer> framers_;
    std::map<std::string, TimePoint> nonces_;
    std::string nonce_;
    std::uint16_t next_port_ = 50'000;
    std::vector<std::string> complaints_;
    Counts counts_;
};

}  // namespace volley::test
