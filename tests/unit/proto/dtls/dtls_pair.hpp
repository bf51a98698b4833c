// Two DTLS associations and the network between them, in virtual time.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proto/dtls/openssl_backend.hpp"
#include "support/end_pair.hpp"

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

    void handle_packet(TimePoint now, BytesView packet) const { session->handle_packet(now, packet); }
    void handle_timeout(TimePoint now) const { session->handle_timeout(now); }
    [[nodiscard]] std::optional<TimePoint> next_timeout() const { return session->next_timeout(); }
    void drain(LossyLink& link) {
        while (auto packet = session->poll_packet()) {
            packet_sizes.push_back(packet->size());
            link.send(VirtualClock::now(), std::move(*packet));
        }
        while (auto event = session->poll_event()) events.push_back(std::move(*event));
    }
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

class DtlsPair : public EndPair<DtlsEnd> {
public:
    explicit DtlsPair(LinkModel model = {}, std::uint64_t seed = 1,
                      proto::dtls::SessionConfig client_config = dtls_config(proto::dtls::Role::client),
                      proto::dtls::SessionConfig server_config = dtls_config(proto::dtls::Role::server))
        : EndPair(model, seed) {
        client.session = make_openssl_session(client_identity(), std::move(client_config));
        server.session = make_openssl_session(server_identity(), std::move(server_config));
    }

    void start() {
        server.session->start(VirtualClock::now());
        client.session->start(VirtualClock::now());
        pump();
    }
    bool connect(Duration limit = std::chrono::seconds(30)) {
        start();
        return run_until([this] { return client.connected() && server.connected(); }, limit);
    }

    DtlsEnd& client = a;
    DtlsEnd& server = b;
    LossyLink& to_server() { return to_b(); }
    LossyLink& to_client() { return to_a(); }
};

}  // namespace volley::test
