// Our DTLS against `openssl s_client` and `openssl s_server` over UDP on loopback.
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/dtls/openssl_backend.hpp"

extern char** environ;

namespace volley::proto::dtls {
namespace {

using namespace std::chrono_literals;
using Kind = Event::Kind;

constexpr Duration patience = 60s;

std::string hex(const Bytes& bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        std::array<char, 3> two{};
        std::snprintf(two.data(), two.size(), "%02X", static_cast<unsigned>(byte));
        text += two.data();
    }
    return text;
}

// A folder with a certificate of openssl's own.
class OpensslFiles {
public:
    OpensslFiles() {
        std::string pattern = (std::filesystem::temp_directory_path() / "volley-dtls-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        const std::string command = std::string(VOLLEY_OPENSSL) +
                                    " req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=peer" +
                                    " -keyout " + key() + " -out " + certificate() + " 2>" + folder_ + "/req.log";
        EXPECT_EQ(std::system(command.c_str()), 0);
        const std::string digest = std::string(VOLLEY_OPENSSL) + " x509 -in " + certificate() + " -noout -fingerprint -sha256 >" +
                                   folder_ + "/fingerprint";
        EXPECT_EQ(std::system(digest.c_str()), 0);
        std::string line;
        std::getline(std::ifstream(folder_ + "/fingerprint") >> std::ws, line);  // sha256 Fingerprint=AA:BB...
        fingerprint_ = "sha-256 " + line.substr(line.find('=') + 1);
    }
    ~OpensslFiles() { std::filesystem::remove_all(folder_); }
    OpensslFiles(const OpensslFiles&) = delete;
    OpensslFiles& operator=(const OpensslFiles&) = delete;

    [[nodiscard]] std::string key() const { return folder_ + "/key.pem"; }
    [[nodiscard]] std::string certificate() const { return folder_ + "/certificate.pem"; }
    [[nodiscard]] Fingerprint fingerprint() const { return parse_fingerprint(fingerprint_).value(); }

private:
    std::string folder_;
    std::string fingerprint_;
};

// The program, with what it prints and what it is told; ended with this object.
class Openssl {
public:
    explicit Openssl(std::vector<std::string> arguments) {
        std::array<int, 2> in{};
        std::array<int, 2> out{};
        EXPECT_EQ(::pipe2(in.data(), O_CLOEXEC), 0);
        EXPECT_EQ(::pipe2(out.data(), O_CLOEXEC | O_NONBLOCK), 0);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, in[0], 0);
        posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        posix_spawn_file_actions_adddup2(&actions, out[1], 2);
        arguments.insert(arguments.begin(), VOLLEY_OPENSSL);
        std::vector<char*> pointers;
        for (auto& argument : arguments) pointers.push_back(argument.data());
        pointers.push_back(nullptr);
        EXPECT_EQ(::posix_spawn(&pid_, VOLLEY_OPENSSL, &actions, nullptr, pointers.data(), environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        ::close(in[0]);
        ::close(out[1]);
        input_ = in[1];
        output_ = out[0];
    }
    ~Openssl() {
        ::close(input_);
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        ::close(output_);
    }
    Openssl(const Openssl&) = delete;
    Openssl& operator=(const Openssl&) = delete;

    void say(const std::string& line) { EXPECT_EQ(::write(input_, line.data(), line.size()), static_cast<ssize_t>(line.size())); }
    [[nodiscard]] const std::string& printed() {
        std::array<char, 4096> buffer{};
        for (ssize_t n = 0; (n = ::read(output_, buffer.data(), buffer.size())) > 0;)
            printed_.append(buffer.data(), static_cast<std::size_t>(n));
        return printed_;
    }
    [[nodiscard]] bool has_printed(std::string_view text) { return printed().find(text) != std::string::npos; }
    [[nodiscard]] std::string word_after(std::string_view label) {
        const std::size_t at = printed().find(label);
        if (at == std::string::npos) return {};
        const std::size_t begin = printed_.find_first_not_of(' ', at + label.size());
        return printed_.substr(begin, printed_.find_first_of(" \n", begin) - begin);
    }

private:
    pid_t pid_ = -1;
    int input_ = -1;
    int output_ = -1;
    std::string printed_;
};

// A session with a socket and a clock around it.
class Driver {
public:
    Driver(Role role, const OpensslFiles& files) {
        SessionConfig config;
        config.role = role;
        config.remote_fingerprints = {files.fingerprint()};
        session = make_openssl_session(identity_, config);
        socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
    }
    ~Driver() { ::close(socket_); }
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    [[nodiscard]] std::uint16_t port() const {
        sockaddr_in local{};
        socklen_t size = sizeof local;
        EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&local), &size), 0);
        return ntohs(local.sin_port);
    }
    void connect_to(std::uint16_t port) {
        peer_.sin_family = AF_INET;
        peer_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        peer_.sin_port = htons(port);
        session->start(Clock::now());
        flush();
    }
    template <class Done>
    bool run_until(Done done) {
        const TimePoint end = Clock::now() + patience;
        while (!done()) {
            const TimePoint now = Clock::now();
            if (now > end) return false;
            pollfd readable{socket_, POLLIN, 0};
            (void)::poll(&readable, 1, 5);
            Bytes packet(65'536);
            sockaddr_in from{};
            socklen_t size = sizeof from;
            for (ssize_t n = 0;
                 (n = ::recvfrom(socket_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&from), &size)) >= 0;) {
                peer_ = from;
                if (received_.size() < 100) received_.push_back(static_cast<std::size_t>(n));
                session->handle_packet(Clock::now(), BytesView(packet).first(static_cast<std::size_t>(n)));
                flush();
            }
            if (const auto at = session->next_timeout(); at && *at <= Clock::now()) session->handle_timeout(Clock::now());
            flush();
        }
        return true;
    }
    void send(std::string_view text) {
        EXPECT_FALSE(session->send(Clock::now(), bytes_of(text)));
        flush();
    }
    [[nodiscard]] bool connected() const { return session->state() == State::connected; }
    [[nodiscard]] std::string received_text() const {
        std::string text;
        for (const auto& event : events) text += text_of(event.data);
        return text;
    }
    [[nodiscard]] std::string last_reason() const {
        return events.empty() ? std::string("nothing happened") : events.back().reason;
    }
    // RFC 5764 section 4.2 as openssl's -keymatexport prints it: client key, server key, client salt, server salt.
    [[nodiscard]] std::string key_material(Role role) const {
        const SrtpKeys keys = session->srtp_keys().value();
        return role == Role::client ? hex(keys.local_key) + hex(keys.remote_key) + hex(keys.local_salt) + hex(keys.remote_salt)
                                    : hex(keys.remote_key) + hex(keys.local_key) + hex(keys.remote_salt) + hex(keys.local_salt);
    }
    [[nodiscard]] const std::vector<std::size_t>& received_sizes() const { return received_; }

    std::unique_ptr<Session> session;
    std::vector<Event> events;

private:
    void flush() {
        while (auto packet = session->poll_packet()) {
            (void)::sendto(socket_, packet->data(), packet->size(), 0, reinterpret_cast<sockaddr*>(&peer_), sizeof peer_);
        }
        while (auto event = session->poll_event()) events.push_back(std::move(*event));
    }

    Identity identity_;
    int socket_ = -1;
    sockaddr_in peer_{};
    std::vector<std::size_t> received_;
};

struct Profile {
    const char* openssl_name;
    SrtpProfile profile;
    const char* material_bytes;
};
constexpr std::array<Profile, 3> profiles{{{"SRTP_AES128_CM_SHA1_80", SrtpProfile::aes128_cm_hmac_sha1_80, "60"},
                                           {"SRTP_AEAD_AES_128_GCM", SrtpProfile::aead_aes_128_gcm, "56"},
                                           {"SRTP_AEAD_AES_256_GCM", SrtpProfile::aead_aes_256_gcm, "88"}}};

// A port that is free now: s_server prints the one that it picked for TCP only.
std::uint16_t free_port(const OpensslFiles& files) { return Driver(Role::client, files).port(); }

TEST(DtlsAgainstOpenssl, as_client_of_s_server) {
    const OpensslFiles files;
    for (const Profile& profile : profiles) {
        SCOPED_TRACE(profile.openssl_name);
        const std::uint16_t port = free_port(files);
        Openssl server({"s_server", "-dtls1_2", "-accept", "127.0.0.1:" + std::to_string(port), "-cert", files.certificate(),
                        "-key", files.key(), "-Verify", "1", "-use_srtp", profile.openssl_name, "-keymatexport",
                        "EXTRACTOR-dtls_srtp", "-keymatexportlen", profile.material_bytes});
        Driver ours(Role::client, files);
        ASSERT_TRUE(ours.run_until([&] { return server.has_printed("ACCEPT"); })) << server.printed();
        ours.connect_to(port);
        ASSERT_TRUE(ours.run_until([&] { return ours.connected() || !ours.events.empty(); }));
        ASSERT_TRUE(ours.connected()) << ours.last_reason();
        EXPECT_EQ(ours.session->srtp_keys()->profile, profile.profile);
        ours.send("from us\n");
        ASSERT_TRUE(ours.run_until([&] { return server.has_printed("from us"); })) << server.printed();
        server.say("from them\n");
        ASSERT_TRUE(ours.run_until([&] { return ours.received_text() == "from them\n"; })) << ours.received_text();
        EXPECT_EQ(server.word_after("Keying material:"), ours.key_material(Role::client));
        ours.session->close(Clock::now());
        ASSERT_TRUE(ours.run_until([&] { return server.has_printed("DONE") || server.has_printed("shut"); })) << server.printed();
    }
}

TEST(DtlsAgainstOpenssl, as_server_of_s_client) {
    const OpensslFiles files;
    for (const Profile& profile : profiles) {
        SCOPED_TRACE(profile.openssl_name);
        Driver ours(Role::server, files);
        Openssl client({"s_client", "-dtls1_2", "-connect", "127.0.0.1:" + std::to_string(ours.port()), "-cert",
                        files.certificate(), "-key", files.key(), "-use_srtp", profile.openssl_name, "-keymatexport",
                        "EXTRACTOR-dtls_srtp", "-keymatexportlen", profile.material_bytes});
        ASSERT_TRUE(ours.run_until([&] { return ours.connected() || !ours.events.empty(); })) << client.printed();
        ASSERT_TRUE(ours.connected()) << ours.last_reason();
        EXPECT_EQ(ours.session->srtp_keys()->profile, profile.profile);
        ASSERT_TRUE(ours.run_until(
            [&] { return client.has_printed("Keying material:") && !client.word_after("Keying material:").empty(); }));
        EXPECT_EQ(client.word_after("Keying material:"), ours.key_material(Role::server));
        client.say("from them\n");
        ASSERT_TRUE(ours.run_until([&] { return ours.received_text() == "from them\n"; })) << ours.received_text();
        ours.send("from us\n");
        ASSERT_TRUE(ours.run_until([&] { return client.has_printed("from us"); })) << client.printed();
        client.say("Q\n");  // s_client's way to close
        ASSERT_TRUE(ours.run_until([&] { return ours.session->state() == State::closed; })) << client.printed();
    }
}

// Browsers offer so much that their hello takes two datagrams.
TEST(DtlsAgainstOpenssl, a_hello_in_several_datagrams_is_answered) {
    const OpensslFiles files;
    Driver ours(Role::server, files);
    Openssl client({"s_client", "-dtls1_2", "-mtu", "256", "-connect", "127.0.0.1:" + std::to_string(ours.port()), "-cert",
                    files.certificate(), "-key", files.key(), "-use_srtp", "SRTP_AES128_CM_SHA1_80", "-servername",
                    std::string(200, 'a') + ".example", "-alpn", std::string(200, 'b'), "-cipher", "ALL"});
    ASSERT_TRUE(ours.run_until([&] { return ours.connected() || !ours.events.empty(); })) << client.printed();
    ASSERT_TRUE(ours.connected()) << ours.last_reason();
    ASSERT_GE(ours.received_sizes().size(), 4U);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_LE(ours.received_sizes()[i], 256U);
    EXPECT_TRUE(ours.session->srtp_keys());
}

TEST(DtlsAgainstOpenssl, a_stranger_is_refused) {
    const OpensslFiles files;
    const OpensslFiles others;
    Driver ours(Role::server, files);
    Openssl client({"s_client", "-dtls1_2", "-connect", "127.0.0.1:" + std::to_string(ours.port()), "-cert", others.certificate(),
                    "-key", others.key()});
    ASSERT_TRUE(ours.run_until([&] { return !ours.events.empty(); })) << client.printed();
    EXPECT_EQ(ours.events[0].error, Errc::fingerprint_mismatch) << ours.last_reason();
    EXPECT_TRUE(ours.run_until([&] { return client.has_printed("bad certificate"); })) << client.printed();
}

TEST(DtlsAgainstOpenssl, nobody_without_a_certificate_is_let_in) {
    const OpensslFiles files;
    Driver ours(Role::server, files);
    Openssl client({"s_client", "-dtls1_2", "-connect", "127.0.0.1:" + std::to_string(ours.port())});
    ASSERT_TRUE(ours.run_until([&] { return !ours.events.empty(); })) << client.printed();
    EXPECT_EQ(ours.session->state(), State::failed);
    EXPECT_EQ(condition_of(ours.events[0].error), Condition::tls) << ours.last_reason();
    EXPECT_NE(ours.last_reason().find("certificate"), std::string::npos) << ours.last_reason();
}

TEST(DtlsAgainstOpenssl, older_versions_are_refused_with_a_reason) {
    const OpensslFiles files;
    Driver ours(Role::server, files);
    Openssl client({"s_client", "-dtls1", "-cipher", "ALL:@SECLEVEL=0", "-connect", "127.0.0.1:" + std::to_string(ours.port()),
                    "-cert", files.certificate(), "-key", files.key()});
    ASSERT_TRUE(ours.run_until([&] { return !ours.events.empty(); })) << client.printed();
    EXPECT_EQ(ours.events[0].error, Errc::handshake_failed);
    EXPECT_NE(ours.last_reason().find("unsupported protocol"), std::string::npos) << ours.last_reason();
}

}  // namespace
}  // namespace volley::proto::dtls
