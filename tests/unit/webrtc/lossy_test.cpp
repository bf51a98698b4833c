// Whole calls on networks that lose, delay and reorder. The seed fixes the network; usrsctp's and OpenSSL's own random numbers stay theirs.
#include <cstdlib>
#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "support/peer_node.hpp"

namespace volley::webrtc {
namespace {

using namespace std::chrono_literals;
using test::CallPair;

// `./dev test long` looks at ten times as many.
std::uint64_t seeds() { return std::getenv("VOLLEY_LONG_TESTS") != nullptr ? 10'000 : 1000; }

/// The packets of a run, written down where it fails.
class Trace {
public:
    explicit Trace(CallPair& call, std::uint64_t seed) : seed_(seed) {
        call.net.set_filter([this, &call](const Endpoint& from, const Endpoint& to, BytesView bytes) {
            if (lines_.size() < 100'000)
                lines_.push_back({call.net.now(), from.port, to.port, bytes.empty() ? std::uint8_t{0} : bytes[0], bytes.size()});
            return true;
        });
    }
    ~Trace() {
        if (!testing::Test::HasFailure()) return;
        const std::string name = "webrtc_lossy_" + std::to_string(seed_) + ".trace";
        std::ofstream out(name);
        const TimePoint start = lines_.empty() ? TimePoint() : lines_.front().at;
        for (const auto& line : lines_)
            out << to_seconds(line.at - start) << ' ' << line.from << " > " << line.to << " first byte " << int{line.first}
                << ", " << line.size << " bytes\n";
        ADD_FAILURE() << "the packets of seed " << seed_ << " are in " << name;
    }
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;

private:
    struct Line {
        TimePoint at;
        std::uint16_t from;
        std::uint16_t to;
        std::uint8_t first;
        std::size_t size;
    };
    std::uint64_t seed_;
    std::vector<Line> lines_;
};

TEST(PeerLossy, every_call_connects_and_every_reliable_message_arrives_once_and_in_order) {
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        CallPair call(seed, {.loss = 0.1, .delay = 50ms, .jitter = 30ms});
        const Trace trace(call, seed);
        const ChannelId channel = call.a.open({.label = "chat"});
        ASSERT_EQ(call.signal(20ms), "");
        ASSERT_TRUE(call.run_until([&] { return call.connected() && !call.a.opened().empty() && !call.b.opened().empty(); }))
            << call.a.peer().end_reason() << " / " << call.b.peer().end_reason();
        std::mt19937_64 random(seed);
        std::vector<std::string> to_b;
        std::vector<std::string> to_a;
        for (int i = 0; i < 20; ++i) {
            std::string text = "text:" + std::to_string(i) + ":";
            text.resize(text.size() + (random() % 5 == 0 ? random() % 5000 : random() % 100), '.');
            ASSERT_FALSE(call.a.send(channel, true, text.substr(5)));
            ASSERT_FALSE(call.b.send(call.b.opened().front(), true, text.substr(5)));
            to_b.push_back(text);
            to_a.push_back(text);
            call.net.run_for(std::chrono::milliseconds(random() % 50));
        }
        ASSERT_TRUE(call.run_until([&] { return call.a.messages().size() >= 20 && call.b.messages().size() >= 20; }, 120s))
            << call.a.messages().size() << " and " << call.b.messages().size() << " of 20";
        call.net.run_for(3s);
        ASSERT_EQ(call.b.messages(), to_b);
        ASSERT_EQ(call.a.messages(), to_a);
    }
}

}  // namespace
}  // namespace volley::webrtc
