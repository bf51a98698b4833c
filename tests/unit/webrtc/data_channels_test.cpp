// Channels on an association that says and refuses what a test wants.
#include "webrtc/data_channels.hpp"

#include <deque>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace volley::webrtc {
namespace {

using namespace std::chrono_literals;
using proto::dcep::PayloadId;
using testing::ElementsAre;
using testing::IsEmpty;
namespace dcep = proto::dcep;
namespace sctp = proto::sctp;
using Kind = sctp::Event::Kind;

const TimePoint now{1h};

class ScriptedAssociation final : public sctp::Association {
public:
    struct Sent {
        std::uint16_t stream;
        PayloadId kind;
        Bytes data;
    };
    std::vector<Sent> sent;
    std::vector<std::uint16_t> resets;
    error_code refusal;  ///< of all that is to be sent
    std::size_t unsent = 0;

    void say(Kind kind, std::uint16_t stream = 0) { events_.push_back({kind, stream, 0, {}, {}, {}}); }
    void say(std::uint16_t stream, PayloadId kind, Bytes data) {
        events_.push_back({Kind::message, stream, static_cast<std::uint32_t>(kind), std::move(data), {}, {}});
    }
    void open(std::uint16_t stream, std::string label = {}, std::string protocol = {}) {
        dcep::Open message;
        message.label = std::move(label);
        message.protocol = std::move(protocol);
        say(stream, PayloadId::dcep, dcep::write(message).value());
    }
    /// The streams on which OPENs and ACKs have left.
    [[nodiscard]] std::vector<std::uint16_t> controls() const {
        std::vector<std::uint16_t> out;
        for (const auto& one : sent)
            if (one.kind == PayloadId::dcep) out.push_back(one.stream);
        return out;
    }

    void handle_packet(TimePoint, BytesView) override {}
    void handle_timeout(TimePoint) override {}
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override { return std::nullopt; }
    error_code send(TimePoint, std::uint16_t stream, std::uint32_t ppid, BytesView data, const sctp::Reliability&) override {
        if (refusal) return refusal;
        sent.push_back({stream, static_cast<PayloadId>(ppid), Bytes(data.begin(), data.end())});
        return {};
    }
    error_code reset(TimePoint, std::uint16_t stream) override {
        resets.push_back(stream);
        return {};
    }
    [[nodiscard]] std::size_t buffered() const override { return unsent; }
    void set_low_threshold(std::size_t) override {}
    void shutdown(TimePoint) override {}
    void abort(TimePoint) override {}
    [[nodiscard]] std::optional<Bytes> poll_packet() override { return std::nullopt; }
    [[nodiscard]] std::optional<sctp::Event> poll_event() override {
        if (events_.empty()) return std::nullopt;
        sctp::Event out = std::move(events_.front());
        events_.pop_front();
        return out;
    }
    [[nodiscard]] sctp::State state() const noexcept override { return sctp::State::open; }

private:
    std::deque<sctp::Event> events_;
};

/// This side has the even streams, the peer the odd ones.
class DataChannelsTest : public testing::Test {
protected:
    DataChannelsTest() {
        channels.attach(association, true);
        association.say(Kind::up);
        run();
    }
    /// What comes of what the association has said.
    void run() {
        EXPECT_TRUE(channels.take_events(now));
        while (auto event = channels.poll_event()) {
            if (const auto* const opened = std::get_if<ChannelOpened>(&*event)) opened_.push_back(opened->channel);
            if (const auto* const closed = std::get_if<ChannelClosed>(&*event)) closed_.push_back(closed->reason);
            if (auto* const message = std::get_if<ChannelMessage>(&*event)) messages_.push_back(std::move(message->data));
            if (std::holds_alternative<ChannelsWritable>(*event)) ++writable_;
        }
    }
    ChannelId open_by_peer(std::uint16_t stream) {
        association.open(stream);
        run();
        return opened_.back();
    }

    ScriptedAssociation association;
    DataChannels channels;
    std::vector<ChannelId> opened_;
    std::vector<std::string> closed_;
    std::vector<Bytes> messages_;
    int writable_ = 0;
};

// --- what there is no room for ---------------------------------------------------------------------------------------------------

TEST_F(DataChannelsTest, an_open_that_there_was_no_room_for_leaves_when_there_is) {
    association.refusal = sctp::Errc::would_block;
    const ChannelId id = channels.open(now, {.label = "chat"}).value();
    EXPECT_EQ(channels.send(now, id, true, bytes_of("x")), ChannelErrc::would_block) << "nothing goes before OPEN";
    run();
    EXPECT_THAT(association.controls(), IsEmpty());
    EXPECT_EQ(channels.state(id), ChannelState::connecting);

    association.refusal = {};
    association.say(Kind::writable);
    run();
    ASSERT_THAT(association.controls(), ElementsAre(0));
    dcep::Open open;
    open.label = "chat";
    EXPECT_EQ(association.sent[0].data, dcep::write(open).value());
    EXPECT_EQ(writable_, 1);
    EXPECT_FALSE(channels.send(now, id, true, bytes_of("x")));
    association.say(0, PayloadId::dcep, dcep::write(dcep::Acknowledge{}).value());
    run();
    EXPECT_THAT(opened_, ElementsAre(id));
}

TEST_F(DataChannelsTest, an_ack_that_there_was_no_room_for_leaves_when_there_is) {
    association.refusal = sctp::Errc::would_block;
    const ChannelId id = open_by_peer(1);
    EXPECT_EQ(channels.send(now, id, true, bytes_of("x")), ChannelErrc::would_block) << "nothing goes before ACK";
    association.refusal = {};
    association.say(Kind::writable);
    run();
    ASSERT_THAT(association.controls(), ElementsAre(1));
    EXPECT_EQ(association.sent[0].data, dcep::write(dcep::Acknowledge{}).value());
    EXPECT_EQ(writable_, 1);
}

TEST_F(DataChannelsTest, they_leave_also_while_nothing_is_read_and_one_after_the_other) {
    association.refusal = sctp::Errc::would_block;
    (void)open_by_peer(1);
    (void)open_by_peer(3);
    (void)channels.open(now, {}).value();
    channels.pause(true);
    association.unsent = DataChannels::low_threshold + 1;
    association.refusal = {};
    run();
    EXPECT_THAT(association.controls(), IsEmpty()) << "there is no room yet";
    association.unsent = 0;
    run();
    EXPECT_THAT(association.controls(), testing::UnorderedElementsAre(0, 1, 3));
}

TEST_F(DataChannelsTest, an_open_that_cannot_be_said_at_all_closes_the_channel_with_the_reason) {
    association.refusal = sctp::Errc::no_such_stream;
    const ChannelId id = channels.open(now, {}).value();
    run();
    ASSERT_EQ(closed_.size(), 1U);
    EXPECT_THAT(closed_[0], testing::StartsWith("it cannot be opened: "));
    EXPECT_EQ(channels.state(id), ChannelState::closed);
    EXPECT_EQ(channels.size(), 0U);
}

TEST_F(DataChannelsTest, an_ack_that_cannot_be_said_at_all_ends_the_stream_so_that_the_peer_knows) {
    association.refusal = sctp::Errc::message_too_large;
    association.open(1);
    run();
    EXPECT_THAT(association.resets, ElementsAre(1));
    association.say(Kind::reset_by_peer, 1);
    association.say(Kind::reset_done, 1);
    run();
    EXPECT_EQ(channels.size(), 0U);
    EXPECT_EQ(closed_.size(), 1U);
}

// --- streams that are being ended ------------------------------------------------------------------------------------------------

TEST_F(DataChannelsTest, an_open_on_a_stream_that_is_still_being_ended_is_acknowledged_once_it_has) {
    (void)open_by_peer(1);
    ASSERT_THAT(association.controls(), ElementsAre(1));
    // The peer closes, and opens anew before it has heard that our side of the stream has ended as well.
    association.say(Kind::reset_by_peer, 1);
    association.open(1, "again");
    run();
    EXPECT_THAT(closed_, ElementsAre("the peer closed it"));
    ASSERT_EQ(opened_.size(), 2U);
    EXPECT_THAT(association.resets, ElementsAre(1)) << "the new one is not refused";
    EXPECT_THAT(association.controls(), ElementsAre(1)) << "nothing can be sent there yet";
    EXPECT_EQ(channels.send(now, opened_[1], true, bytes_of("x")), ChannelErrc::would_block);

    association.say(Kind::reset_done, 1);
    run();
    EXPECT_THAT(association.controls(), ElementsAre(1, 1));
    EXPECT_EQ(channels.state(opened_[1]), ChannelState::open);
    EXPECT_EQ(channels.options(opened_[1])->label, "again");
    EXPECT_GE(writable_, 1);
    EXPECT_FALSE(channels.send(now, opened_[1], true, bytes_of("x")));
}

TEST_F(DataChannelsTest, so_is_one_on_a_stream_that_was_refused_before) {
    association.say(1, PayloadId::dcep, {0xff});
    association.open(1);
    run();
    EXPECT_THAT(association.resets, ElementsAre(1));
    EXPECT_THAT(association.controls(), IsEmpty());
    association.say(Kind::reset_done, 1);
    run();
    EXPECT_THAT(association.controls(), ElementsAre(1));
}

TEST_F(DataChannelsTest, ours_takes_no_stream_that_is_still_being_ended) {
    const ChannelId first = channels.open(now, {}).value();
    association.say(0, PayloadId::dcep, dcep::write(dcep::Acknowledge{}).value());
    association.say(Kind::reset_by_peer, 0);
    run();
    EXPECT_EQ(channels.state(first), ChannelState::closed);
    const ChannelId second = channels.open(now, {}).value();
    EXPECT_EQ(channels.stream(second), 2);
    association.say(Kind::reset_done, 0);
    run();
    EXPECT_EQ(channels.stream(channels.open(now, {}).value()), 0);
}

// --- bounds of all channels together ---------------------------------------------------------------------------------------------

TEST_F(DataChannelsTest, the_texts_of_channels_that_the_peer_opens_are_bounded_all_together) {
    const std::string half(65'000, 'l');
    const std::size_t left = DataChannels::most_text - 4 * half.size();
    association.open(1, half, half);
    association.open(3, half, half);
    association.open(5, std::string(left + 1, 'x'));
    run();
    EXPECT_EQ(opened_.size(), 2U);
    EXPECT_THAT(association.resets, ElementsAre(5)) << "refused, and nothing else";
    association.open(7, std::string(left, 'x'));
    run();
    EXPECT_EQ(opened_.size(), 3U) << "just as much as there is room for";
    // A channel that is closed gives its room back.
    association.say(Kind::reset_by_peer, 1);
    association.say(Kind::reset_done, 1);
    association.open(9, half, half);
    association.open(11, "x");
    run();
    EXPECT_EQ(opened_.size(), 4U);
    EXPECT_THAT(association.resets, ElementsAre(5, 1, 11));
}

TEST_F(DataChannelsTest, what_we_call_our_own_channels_is_not_counted) {
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(channels.open(now, {.label = std::string(65'000, 'l')}));
    association.open(1, std::string(65'000, 'l'));
    run();
    EXPECT_EQ(opened_.size(), 1U);
    EXPECT_THAT(association.resets, IsEmpty());
}

TEST_F(DataChannelsTest, messages_in_parts_are_bounded_over_all_channels) {
    const ChannelId one = open_by_peer(1);
    const ChannelId other = open_by_peer(3);
    const Bytes part(DataChannels::most_partial / 2 - 1, 'p');
    association.say(1, PayloadId::binary_partial, part);
    association.say(3, PayloadId::string_partial, part);
    association.say(1, PayloadId::binary_partial, {1, 2});
    run();
    EXPECT_EQ(channels.state(one), ChannelState::open);
    association.say(3, PayloadId::string_partial, {3});
    run();
    EXPECT_EQ(channels.state(other), ChannelState::closing) << "the one that goes too far is closed";
    EXPECT_THAT(association.resets, ElementsAre(3));

    // The other one goes on, and has the room that the first has given back.
    association.say(1, PayloadId::binary_partial, part);
    association.say(1, PayloadId::binary, {4});
    run();
    ASSERT_EQ(messages_.size(), 1U);
    EXPECT_EQ(messages_[0].size(), 2 * part.size() + 3);
    association.say(1, PayloadId::binary_partial, Bytes(DataChannels::most_partial, 'q'));
    association.say(1, PayloadId::binary, {5});
    run();
    ASSERT_EQ(messages_.size(), 2U);
    EXPECT_EQ(messages_[1].size(), DataChannels::most_partial + 1);
    EXPECT_EQ(channels.state(one), ChannelState::open);
}

TEST_F(DataChannelsTest, a_channel_that_is_closed_for_what_the_peer_did_on_it_says_what_that_was) {
    const struct {
        Bytes message;
        std::string why;
    } cases[] = {
        {{0x00}, "what the peer says of it is not to be understood: neither an OPEN nor an ACK"},
        {{}, "what the peer says of it is not to be understood: the message is cut short"},
        {dcep::write(dcep::Open{}).value(), "the peer opened another one in its place"},
    };
    for (const auto& c : cases) {
        const auto id = channels.open(now, {});
        ASSERT_TRUE(id);
        const std::uint16_t stream = channels.stream(*id).value();
        association.say(stream, PayloadId::dcep, c.message);
        run();
        EXPECT_EQ(channels.state(*id), ChannelState::closing);
        association.say(Kind::reset_by_peer, stream);
        association.say(Kind::reset_done, stream);
        run();
        ASSERT_FALSE(closed_.empty());
        EXPECT_EQ(closed_.back(), c.why);
    }
    const ChannelId parts = open_by_peer(1);
    association.say(1, PayloadId::binary_partial, Bytes(DataChannels::most_partial + 1, 'p'));
    association.say(Kind::reset_by_peer, 1);
    association.say(Kind::reset_done, 1);
    run();
    EXPECT_EQ(channels.options(parts), nullptr);
    EXPECT_EQ(closed_.back(), "a message in parts is larger than may be");
}

TEST_F(DataChannelsTest, a_channel_that_closes_gives_back_the_room_of_its_parts) {
    for (unsigned i = 0; i < 10; ++i) {
        const auto stream = static_cast<std::uint16_t>(2 * i + 1);
        const ChannelId id = open_by_peer(stream);
        association.say(stream, PayloadId::binary_partial, Bytes(DataChannels::most_partial, 'p'));
        run();
        EXPECT_EQ(channels.state(id), ChannelState::open) << stream;
        association.say(Kind::reset_by_peer, stream);
        association.say(Kind::reset_done, stream);
        run();
    }
    EXPECT_EQ(closed_.size(), 10U);
}

}  // namespace
}  // namespace volley::webrtc
