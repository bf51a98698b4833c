// Two associations and the network between them, in virtual time.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proto/dtls/openssl_backend.hpp"
#include "support/lossy_link.hpp"
#include "support/virtual_clock.hpp"

namespace volley::test {

struct DtlsEnd {
    std::unique_ptr<proto::dtls::Session> session;
    std::vector<proto::dtls::Event> events;
    std::vector<std::size_t> packet_sizes;

    [[nodiscard]] bool connected() const { return session->state() == proto::dtls::State::connected; }
    [[nodiscard]] std::vector<std::string> received() const {
        std::vector<std::string> texts;
        for (const auto& event : events) {
            if (event.kind == proto::dtls::Event::Kind::data) texts.emplace_back(text_of(event.data));
        }
        return texts;
    }
    [[nodiscard]] std::size_t count(proto::dtls::Event::Kind kind) const {
        return static_cast<std::size_t>(
            std::count_if(events.begin(), events.end(), [kind](const auto& e) { return e.kind == kind; }));
    }
    [[nodiscard]] std::string reason() const { return events.empty() ? std::string() : events.back().reason; }
    [[nodiscard]] error_code error() const { return events.empty() ? error_code() : events.back().error; }
};

/// Certificates are the slow part, and any two do.
inline const proto::dtls::Identity& client_identity() {
    static const proto::dtls::Identity identity;
    return identity;
}
inline const proto::dtls::Identity& server_identity() {
    static const proto::dtls::Identity identity;
    return identity;
}

inline proto::dtls::SessionConfig dtls_config(proto::dtls::Role role) {
    proto::dtls::SessionConfig config;
    config.role = role;
    const auto& peer = role == proto::dtls::Role::client ? server_identity() : client_identity();
    config.remote_fingerprints = {peer.fingerprint(proto::dtls::HashFunction::sha_256)};
    return config;
}

class DtlsPair {
public:
    explicit DtlsPair(LinkModel model = {}, std::uint64_t seed = 1,
                      proto::dtls::SessionConfig client_config = dtls_config(proto::dtls::Role::client),
                      proto::dtls::SessionConfig server_config = dtls_config(proto::dtls::Role::server))
        : to_server_(model, seed * 2), to_client_(model, seed * 2 + 1) {
        client.session = make_openssl_session(client_identity(), std::move(client_config));
        server.session = make_openssl_session(server_identity(), std::move(server_config));
    }

    void start() {
        server.session->start(VirtualClock::now());
        client.session->start(VirtualClock::now());
        pump();
    }

    /// Takes everything that is there to be taken, without moving time.
    void pump() {
        const TimePoint now = VirtualClock::now();
        for (bool more = true; more;) {
            drain(client, to_server_);
            drain(server, to_client_);
            more = false;
            while (auto packet = to_server_.receive(now)) {
                server.session->handle_packet(now, *packet);
                drain(server, to_client_);
                more = true;
            }
            while (auto packet = to_client_.receive(now)) {
                client.session->handle_packet(now, *packet);
                drain(client, to_server_);
                more = true;
            }
        }
    }

    /// Moves time from event to event until `done`, or nothing is left to happen, or `limit` has passed.
    template <class Done>
    bool run_until(Done done, Duration limit) {
        const TimePoint end = VirtualClock::now() + limit;
        pump();
        while (!done()) {
            const auto next = earlier(earlier(to_server_.next(), to_client_.next()),
                                      earlier(client.session->next_timeout(), server.session->next_timeout()));
            if (!next || *next > end) {
                VirtualClock::advance_to(end);
                return false;
            }
            VirtualClock::advance_to(*next);
            client.session->handle_timeout(VirtualClock::now());
            server.session->handle_timeout(VirtualClock::now());
            pump();
        }
        return true;
    }
    bool connect(Duration limit = std::chrono::seconds(30)) {
        start();
        return run_until([this] { return client.connected() && server.connected(); }, limit);
    }
    void settle(Duration time = std::chrono::seconds(1)) {
        (void)run_until([] { return false; }, time);
    }

    DtlsEnd client;
    DtlsEnd server;
    LossyLink& to_server() { return to_server_; }
    LossyLink& to_client() { return to_client_; }

private:
    static void drain(DtlsEnd& end, LossyLink& link) {
        while (auto packet = end.session->poll_packet()) {
            end.packet_sizes.push_back(packet->size());
            link.send(VirtualClock::now(), std::move(*packet));
        }
        while (auto event = end.session->poll_event()) end.events.push_back(std::move(*event));
    }

    LossyLink to_server_;
    LossyLink to_client_;
};

}  // namespace volley::test
