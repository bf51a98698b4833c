// One socket of usrsctp and what was taken out of it.
#pragma once

#include <deque>
#include <set>

#include "proto/sctp/association.hpp"
#include "proto/sctp/unacknowledged.hpp"

struct socket;  // usrsctp's
union sctp_notification;

namespace volley::proto::sctp {

class UsrsctpStack;

class UsrsctpAssociation final : public Association {
public:
    UsrsctpAssociation(UsrsctpStack& stack, AssociationConfig config, std::uint64_t tag);
    ~UsrsctpAssociation() override;

    void handle_packet(TimePoint now, BytesView packet) override;
    void handle_timeout(TimePoint now) override;
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override;
    [[nodiscard]] error_code send(TimePoint now, std::uint16_t stream, std::uint32_t ppid, BytesView data,
                                  const Reliability& reliability) override;
    [[nodiscard]] error_code reset(TimePoint now, std::uint16_t stream) override;
    [[nodiscard]] std::size_t buffered() const override;
    void set_low_threshold(std::size_t bytes) override;
    void shutdown(TimePoint now) override;
    void abort(TimePoint now) override;
    [[nodiscard]] std::optional<Bytes> poll_packet() override;
    [[nodiscard]] std::optional<Event> poll_event() override;
    [[nodiscard]] State state() const noexcept override { return state_; }

    // For the stack alone.
    void connect(TimePoint now);
    void take_packet(BytesView packet);  // out of usrsctp, in the middle of it: nothing of it may be called
    void mark();                         // as well: something came
    void take_what_came();               // after usrsctp was called
    [[nodiscard]] std::uint16_t inner_port() const noexcept { return inner_port_; }
    [[nodiscard]] std::uint64_t tag() const noexcept { return tag_; }
    [[nodiscard]] bool has_output() const noexcept { return !packets_.empty() || !events_.empty(); }

    bool marked = false;  // stands in the stack's list of those that timers have changed

private:
    [[nodiscard]] bool alive() const noexcept { return socket_ != nullptr; }
    [[nodiscard]] bool open_socket();
    void read_all();
    void take_piece(BytesView piece, std::uint16_t stream, std::uint32_t ppid, bool ends);
    void take_notification(const sctp_notification& notification, std::size_t size);
    void take_stream_resets(const sctp_notification& notification, std::size_t size);
    void request_streams(std::uint16_t at_least);
    void check_writable();
    void end(State state, error_code error, std::string reason);
    void close_socket();
    void look_for_stall(TimePoint now);
    void send_again();

    UsrsctpStack& stack_;
    AssociationConfig config_;
    std::uint64_t tag_;
    std::uint16_t inner_port_ = 0;  // 0: not connecting yet
    struct socket* socket_ = nullptr;
    State state_ = State::connecting;
    TimePoint give_up_at_;
    std::optional<TimePoint> stall_at_;  // when to look whether data waits and nothing goes out
    TimePoint last_packet_at_;           // that usrsctp sent
    Unacknowledged unacknowledged_;

    std::deque<Bytes> packets_;
    std::deque<Event> events_;
    std::size_t event_bytes_ = 0;
    Bytes assembled_;  // pieces of a message whose end has not come
    bool reading_paused_ = false;

    std::uint16_t streams_ = 0;  // ours, as negotiated
    std::uint16_t streams_asked_for_ = 0;
    bool more_streams_refused_ = false;
    std::set<std::uint16_t> resetting_;
    std::size_t low_threshold_;
    bool waits_for_room_ = false;  // send() said would_block, or was over the threshold
};

}  // namespace volley::proto::sctp
