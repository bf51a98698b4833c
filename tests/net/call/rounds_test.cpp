// Calls by the hundred, or as many as VOLLEY_TEST_CALLS says, that are opened and closed again and again between this process and a server:
// what both hold of memory and descriptors is then what it was.
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <malloc.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <volley/net/signals.hpp>

#include "net/app/caller.hpp"
#include "net/app/server_process.hpp"

namespace volley::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t rounds = 10;
/// After so many what is allocated once, and what the allocator keeps, is there.
constexpr std::size_t warm_after = 4;
/// Of the rounds that are left: so that a leak of 1 KiB a call is seen, and what the allocator cannot give back is not taken for one.
constexpr std::size_t allowed_per_call = 800;

std::size_t number_of_calls() {
    const char* const asked = std::getenv("VOLLEY_TEST_CALLS");
    return asked != nullptr ? static_cast<std::size_t>(std::stoul(asked)) : 100;
}

/// What a process holds.
struct Held {
    std::size_t resident = 0;  // bytes
    std::size_t descriptors = 0;
};

Held held_by(const std::string& process) {
    Held out;
    std::ifstream status("/proc/" + process + "/status");
    for (std::string word; status >> word;)
        if (word == "VmRSS:" && status >> out.resident) out.resident *= 1024;
    const std::filesystem::directory_iterator open("/proc/" + process + "/fd");
    out.descriptors = static_cast<std::size_t>(std::distance(open, std::filesystem::directory_iterator()));
    return out;
}

/// The calling side. It signals on one connection, so that ten thousand calls do not use up the ports for connections.
class Callers {
public:
    explicit Callers(std::uint16_t port) : http_(port) {}

    void open(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            begin(*calls_.emplace_back(std::make_unique<One>(loop_)));
            io_.restart();
            io_.poll();
        }
        run_until([&] { return all([](const One& one) { return one.pongs > 0 || one.ended(); }); });
        for (const auto& one : calls_) EXPECT_EQ(one->pongs, 1) << one->call.peer().end_reason();
    }
    /// Every other one by way of an object that goes at once.
    void close() {
        for (std::size_t i = 0; i < calls_.size(); ++i) {
            calls_[i]->call.hang_up();
            if (i % 2 == 0) calls_[i].reset();
        }
        calls_.clear();
        io_.restart();
        io_.poll();
        EXPECT_EQ(loop_.calls(), 0U);
    }

private:
    struct One {
        explicit One(call::Loop& loop) : call(loop, config()) {
            call.set_handler([this](TimePoint, webrtc::PeerEvent& event) {
                if (const auto* const opened = std::get_if<webrtc::ChannelOpened>(&event); opened && opened->channel == channel)
                    (void)call.send(channel, true, bytes_of("ping"));
                if (std::holds_alternative<webrtc::ChannelMessage>(event)) ++pongs;
            });
        }
        static call::ClientCallConfig config() {
            call::ClientCallConfig out;
            out.addresses = {IpAddress::v4(0x7f000001)};
            out.peer.set_up_limit = 60s;
            return out;
        }
        [[nodiscard]] bool ended() const { return std::as_const(call).peer().ended(); }

        call::ClientCall call;
        webrtc::ChannelId channel = 0;
        int pongs = 0;
    };

    void begin(One& one) {
        const auto channel = one.call.open_channel({});
        ASSERT_TRUE(channel.has_value()) << channel.error().message();
        one.channel = *channel;
        std::optional<std::string> offer;
        boost::asio::co_spawn(io_, one.call.make_offer(), [&offer](const std::exception_ptr& error, std::string text) {
            EXPECT_FALSE(error);
            offer = std::move(text);
        });
        run_until([&] { return offer.has_value(); });
        const auto answer = post(*offer);
        ASSERT_EQ(answer.status, 200) << answer.body;
        const auto wrong = one.call.take_answer(sdp_of(answer));
        EXPECT_FALSE(wrong.has_value()) << (wrong ? wrong->text : "");
    }
    /// Where there are still calls of the last round the server has no room; their ends are on their way.
    RawClient::Answer post(const std::string& offer) {
        const std::string body = in_json(offer);
        RawClient::Answer answer;
        const TimePoint until = Clock::now() + 60s;
        do {
            http_.send("POST /offer HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body);
            answer = http_.read_answer();
        } while (answer.status == 503 && Clock::now() < until);
        return answer;
    }
    [[nodiscard]] bool all(const std::function<bool(const One&)>& holds) const {
        return std::all_of(calls_.begin(), calls_.end(), [&](const auto& one) { return holds(*one); });
    }
    void run_until(const std::function<bool()>& holds) {
        const TimePoint until = Clock::now() + 60s;
        while (!holds() && Clock::now() < until) {
            io_.restart();
            io_.run_one_for(100ms);
        }
        EXPECT_TRUE(holds());
    }

    boost::asio::io_context io_{1};
    call::Loop loop_{io_.get_executor()};
    RawClient http_;
    std::vector<std::unique_ptr<One>> calls_;
};

TEST(Rounds, of_calls_leave_neither_memory_nor_descriptors_behind_on_either_side) {
    net::raise_descriptor_limit();
    const std::size_t count = number_of_calls();
    const ServerProcess server({"--port=0", "--max-calls=" + std::to_string(count)});
    const std::string server_id = std::to_string(server.id());
    Callers callers(port_of(server.read_line()));

    Held ours_before, theirs_before, ours, theirs;
    for (std::size_t round = 1; round <= rounds; ++round) {
        callers.open(count);
        if (testing::Test::HasFailure()) return;
        EXPECT_GE(held_by("self").descriptors, count);
        callers.close();
        ::malloc_trim(0);
        ours = held_by("self");
        theirs = held_by(server_id);
        std::cout << "round " << round << ": " << ours.resident / 1024 << " KiB here, " << theirs.resident / 1024
                  << " KiB there\n";
        if (round > warm_after) continue;
        ours_before = ours;
        theirs_before = theirs;
    }
    const std::size_t allowed = (rounds - warm_after) * count * allowed_per_call;
    EXPECT_LE(ours.resident, ours_before.resident + allowed);
    EXPECT_LE(theirs.resident, theirs_before.resident + allowed);
    EXPECT_EQ(ours.descriptors, ours_before.descriptors);
    EXPECT_EQ(theirs.descriptors, theirs_before.descriptors);
}

}  // namespace
}  // namespace volley::test
