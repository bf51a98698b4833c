// A server of calls for tests of those who begin them: `call_server [HOW]` prints its port, then answers until it is ended.
//   POST /offer   JSON, as aiortc's example has it        POST /whip    RFC 9725; PATCH and DELETE of /session/N
//   GET /log      one line for each request but this one, and for each call that ended
// HOW: pong (the default), echo (every message comes back as it is), mute (none does), lossy (every third is dropped), twice (each comes
// back twice), swapped (each pair in the other order), hang-up (ends the call at the third), no-channel (ends it as it is connected);
// silent (takes video and sends none), scrambled (sends video back that no decoder takes), keeping (sends a frame back when the next one
// comes), late (sends back what comes from the first key frame on that is 1.5 s behind the first frame), sink (says that it sends none).
#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/random.hpp"
#include "call/loop.hpp"
#include "call/media_formats.hpp"
#include "call/server_port.hpp"
#include "net/task_group.hpp"

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::ip::tcp;
using volley::TimePoint;
namespace call = volley::call;
namespace webrtc = volley::webrtc;

std::string log_lines;

class Misbehaving final : public call::CallHandler {
public:
    Misbehaving(std::string how, std::uint32_t video_ssrc) : how_(std::move(how)), video_ssrc_(video_ssrc) {}

    void handle(call::ServerCall& one, TimePoint at, webrtc::PeerEvent& event) override {
        if (const auto* state = std::get_if<webrtc::PeerStateChanged>(&event)) {
            if (how_ == "no-channel" && state->state == webrtc::PeerState::connected) one.peer().close(at);
            if (state->state == webrtc::PeerState::closed || state->state == webrtc::PeerState::failed)
                log_lines += "ended " + std::string(webrtc::to_string(state->state)) + '\n';
        }
        if (const auto* packet = std::get_if<webrtc::MediaPacket>(&event); packet != nullptr && how_ == "scrambled")
            scramble(one, at, *packet);
        if (const auto* packet = std::get_if<webrtc::MediaPacket>(&event); packet != nullptr && how_ == "keeping")
            keep(one, at, *packet);
        if (const auto* packet = std::get_if<webrtc::MediaPacket>(&event); packet != nullptr && how_ == "late")
            be_late(one, at, *packet);
        auto* message = std::get_if<webrtc::ChannelMessage>(&event);
        if (message == nullptr) return;
        ++messages_;
        const auto send = [&](const webrtc::ChannelMessage& m) { (void)one.peer().send(at, m.channel, m.text, m.data); };
        if (how_ == "mute" || (how_ == "lossy" && messages_ % 3 == 0)) return;
        if (how_ == "hang-up" && messages_ == 3) return one.peer().close(at);
        if (how_ != "echo" && message->data.size() >= 4) message->data[1] = 'o';
        if (how_ == "swapped") {
            if (messages_ % 2 == 1) {
                held_ = std::move(*message);
                return;
            }
            send(*message);
            send(held_);
            return;
        }
        send(*message);
        if (how_ == "twice") send(*message);
    }

private:
    /// As if it came from us.
    [[nodiscard]] volley::Bytes as_ours(const webrtc::MediaPacket& packet) const {
        volley::Bytes bytes(packet.bytes.begin(), packet.bytes.end());
        for (std::size_t i = 0; i < 4; ++i) bytes[8 + i] = static_cast<std::uint8_t>(video_ssrc_ >> (24 - 8 * i));
        return bytes;
    }

    void keep(call::ServerCall& one, TimePoint at, const webrtc::MediaPacket& packet) {
        if (packet.rtcp) return;
        constexpr std::ptrdiff_t timestamp = 4;
        auto bytes = as_ours(packet);
        if (!kept_.empty() &&
            !std::equal(bytes.begin() + timestamp, bytes.begin() + 2 * timestamp, kept_[0].begin() + timestamp)) {
            for (const auto& kept : kept_) (void)one.peer().send_media(at, false, kept, false);
            kept_.clear();
        }
        kept_.push_back(std::move(bytes));
    }

    /// Where the frame stands that begins in a packet of VP8; nothing: none does.
    [[nodiscard]] static std::optional<std::size_t> frame_in(const volley::Bytes& bytes) {
        std::size_t at_payload = 12 + 4UL * (bytes[0] & 0x0f);
        if ((bytes[0] & 0x10) != 0) at_payload += 4 + 4UL * (bytes[at_payload + 2] * 256UL + bytes[at_payload + 3]);
        constexpr std::size_t descriptor = 4;  // RFC 7741 section 4.2, with a picture ID of 15 bits, as volley writes it
        if (bytes.size() <= at_payload + descriptor + 3 || (bytes[at_payload] & 0x10) == 0) return std::nullopt;
        return at_payload + descriptor;
    }

    /// The first partition of each frame says to be longer than the frame (RFC 6386 section 9.1).
    void scramble(call::ServerCall& one, TimePoint at, const webrtc::MediaPacket& packet) const {
        if (packet.rtcp) return;
        auto bytes = as_ours(packet);
        if (const auto frame = frame_in(bytes))
            for (std::size_t i = 0; i < 3; ++i) bytes[*frame + i] |= i == 0 ? 0xe0 : 0xff;
        (void)one.peer().send_media(at, false, bytes, false);
    }

    void be_late(call::ServerCall& one, TimePoint at, const webrtc::MediaPacket& packet) {
        if (packet.rtcp) return;
        if (!first_packet_) first_packet_ = at;
        const auto bytes = as_ours(packet);
        const auto frame = frame_in(bytes);
        const bool is_key = frame && (bytes[*frame] & 1) == 0;
        reflects_ = reflects_ || (is_key && at > *first_packet_ + std::chrono::milliseconds(1500));
        if (reflects_) (void)one.peer().send_media(at, false, bytes, false);
    }

    std::string how_;
    std::uint32_t video_ssrc_;
    int messages_ = 0;
    webrtc::ChannelMessage held_;
    std::vector<volley::Bytes> kept_;  // of the newest frame
    std::optional<TimePoint> first_packet_;
    bool reflects_ = false;
};

struct Server {
    asio::io_context& io;
    std::string how;
    volley::OsRandom random;
    call::Loop loop{io.get_executor()};
    call::ServerPort port;
    tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    std::map<std::string, std::uint64_t> sessions;

    Server(asio::io_context& context, std::string behaviour) : io(context), how(std::move(behaviour)), port(loop, config()) {}

    static call::ServerPortConfig config() {
        call::ServerPortConfig out;
        out.bind = *volley::Endpoint::parse("127.0.0.1:0");
        return out;
    }

    std::string answer(const std::string& method, const std::string& target, const std::string& head, const std::string& body) {
        const auto reply = [](const char* status, const std::string& fields, const std::string& text) {
            return std::string("HTTP/1.1 ") + status + "\r\n" + fields + "Content-Length: " + std::to_string(text.size()) +
                   "\r\n\r\n" + text;
        };
        const auto from = *volley::IpAddress::parse("127.0.0.1");
        const auto sources = call::make_sources(random);
        const auto handler = [&] { return std::make_unique<Misbehaving>(how, sources.video.ssrc); };
        std::vector<volley::proto::sdp::LocalMedia> media;
        if (how == "silent" || how == "scrambled" || how == "keeping" || how == "late")
            media.push_back(call::video_media(sources.video));
        if (how == "sink") media.push_back(call::video_media(sources.video, {}, volley::proto::sdp::Direction::recvonly));
        if (method == "GET") return reply("200 OK", "", log_lines);
        log_lines += method + ' ' + target;
        if (const auto at = head.find("If-Match: "); at != std::string::npos)
            log_lines += " if-match " + head.substr(at + 10, head.find('\r', at) - at - 10);
        log_lines += '\n';
        if (method == "POST" && target == "/offer") {
            const auto offer = json::parse(body);
            const auto accepted = port.accept(offer.at("sdp").as_string(), from, handler(), media);
            if (!accepted) return reply("400 Bad Request", "", accepted.error().detail.text);
            return reply("200 OK", "Content-Type: application/json\r\n",
                         json::serialize(json::object{{"sdp", accepted->answer}, {"type", "answer"}}));
        }
        if (method == "POST" && target == "/whip") {
            const auto accepted = port.accept(body, from, handler(), media);
            if (!accepted) return reply("400 Bad Request", "", accepted.error().detail.text);
            const auto session = "/session/" + std::to_string(accepted->id);
            sessions[session] = accepted->id;
            return reply("201 Created",
                         "Content-Type: application/sdp\r\nLocation: " + session + "\r\nETag: \"" + accepted->ice_ufrag +
                             "\"\r\nLink: <stun:stun.test>; rel=\"ice-server\"\r\n",
                         accepted->answer);
        }
        const auto session = sessions.find(target);
        if (session == sessions.end()) return reply("404 Not Found", "", "no such session");
        if (method == "DELETE") {
            port.hang_up(session->second);
            return reply("200 OK", "", "");
        }
        const auto patched = port.patch(session->second, body);
        if (!patched) return reply("400 Bad Request", "", patched.error().detail.text);
        return reply("204 No Content", "", "");
    }

    asio::awaitable<void> serve(tcp::socket peer) {
        std::string data;
        for (;;) {
            const auto [ec, head_size] = co_await asio::async_read_until(peer, asio::dynamic_buffer(data), "\r\n\r\n",
                                                                         asio::as_tuple(asio::use_awaitable));
            if (ec) co_return;
            const std::string head = data.substr(0, head_size);
            data.erase(0, head_size);
            std::size_t size = 0;
            if (const auto at = head.find("Content-Length: "); at != std::string::npos)
                size = std::strtoul(head.c_str() + at + 16, nullptr, 10);
            if (data.size() < size) {
                const auto [bad, more] =
                    co_await asio::async_read(peer, asio::dynamic_buffer(data), asio::transfer_exactly(size - data.size()),
                                              asio::as_tuple(asio::use_awaitable));
                if (bad) co_return;
            }
            const std::string body = data.substr(0, size);
            data.erase(0, size);
            const auto blank = head.find(' ');
            const std::string method = head.substr(0, blank);
            const std::string target = head.substr(blank + 1, head.find(' ', blank + 1) - blank - 1);
            const std::string reply = answer(method, target, head, body);
            const auto [failed, written] =
                co_await asio::async_write(peer, asio::buffer(reply), asio::as_tuple(asio::use_awaitable));
            if (failed) co_return;
        }
    }

    asio::awaitable<void> listen() {
        volley::net::TaskGroup sessions_open(io.get_executor());
        for (;;) {
            auto [ec, peer] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
            if (ec) break;
            sessions_open.spawn(serve(std::move(peer)));
        }
        co_await sessions_open.join();
    }
};

}  // namespace

int main(int argc, char** argv) {
    asio::io_context io{1};
    Server server(io, argc > 1 ? argv[1] : "pong");
    volley::net::TaskGroup tasks(io.get_executor());
    tasks.spawn(server.listen());
    std::cout << server.acceptor.local_endpoint().port() << std::endl;
    io.run();  // until it is ended from outside
}
