#include "proto/sctp/usrsctp_association.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <usrsctp.h>

#include "proto/sctp/packet.hpp"
#include "proto/sctp/usrsctp_stack.hpp"

namespace volley::proto::sctp {
namespace {

// What a caller does not fetch: more than fits into both buffers at once is not being sent any more, and SCTP will send it again.
constexpr std::size_t max_waiting_packets = 4096;
// Larger than any DTLS record.
constexpr std::size_t max_incoming_packet = 16'384;

// Data that waits is sent again every 3 s at most, or a full window is asked after. usrsctp loses its timer now and then (sctplab/usrsctp
// issue 750), and then waits for ever: its packets are sent again in its place, whose acknowledgement sets it going.
constexpr Duration stall_step = std::chrono::seconds(5);
constexpr Duration stall_limit = std::chrono::seconds(30);

sockaddr_conn inner_address(std::uint16_t port) noexcept {
    sockaddr_conn address{};
    address.sconn_family = AF_CONN;
    address.sconn_port = htons(port);
    address.sconn_addr = UsrsctpStack::inner_address;
    return address;
}

// What its sockets answer to and its header leaves out (sctp.h and sctp_uio.h of its sources, the same in all versions).
constexpr int get_buffer_use = 0x00001101;
struct BufferUse {
    std::uint32_t association_id;
    std::uint32_t to_send;
    std::uint32_t received;
};

template <class T>
bool set_option(struct socket* s, int option, const T& value) noexcept {
    return usrsctp_setsockopt(s, IPPROTO_SCTP, option, &value, sizeof value) == 0;
}

// In the middle of usrsctp. The socket has no upcall any more once its association is gone.
void something_came(struct socket*, void* association, int) { static_cast<UsrsctpAssociation*>(association)->mark(); }

}  // namespace

UsrsctpAssociation::UsrsctpAssociation(UsrsctpStack& stack, AssociationConfig config, std::uint64_t tag)
    : stack_(stack), config_(config), tag_(tag), low_threshold_(config.send_buffer / 2) {}

UsrsctpAssociation::~UsrsctpAssociation() {
    stack_.assert_thread();
    close_socket();
    stack_.forget(*this);
}

// --- beginning and end -----------------------------------------------------------------------------------------------

bool UsrsctpAssociation::open_socket() {
    socket_ = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, nullptr, nullptr, 0, nullptr);
    if (socket_ == nullptr) return false;
    usrsctp_set_non_blocking(socket_, 1);

    bool done = true;
    const linger no_linger{.l_onoff = 1, .l_linger = 0};  // close() aborts, and leaves nothing behind that waits
    done &= usrsctp_setsockopt(socket_, SOL_SOCKET, SO_LINGER, &no_linger, sizeof no_linger) == 0;
    const int send_buffer = static_cast<int>(config_.send_buffer);
    const int receive_buffer = static_cast<int>(config_.receive_buffer);
    done &= usrsctp_setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer) == 0;
    done &= usrsctp_setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer) == 0;
    done &= set_option(socket_, SCTP_NODELAY, 1);
    done &= set_option(socket_, SCTP_RECVRCVINFO, 1);
    done &= set_option(socket_, SCTP_FRAGMENT_INTERLEAVE, 0);
    for (const int type : {SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT, SCTP_STREAM_CHANGE_EVENT, SCTP_PARTIAL_DELIVERY_EVENT}) {
        sctp_event event{};
        event.se_assoc_id = SCTP_FUTURE_ASSOC;
        event.se_type = static_cast<std::uint16_t>(type);
        event.se_on = 1;
        done &= set_option(socket_, SCTP_EVENT, event);
    }
    sctp_initmsg init{};
    init.sinit_num_ostreams = config_.outgoing_streams;
    init.sinit_max_instreams = config_.incoming_streams;
    init.sinit_max_init_timeo = 3000;
    init.sinit_max_attempts = 12;
    done &= set_option(socket_, SCTP_INITMSG, init);
    sctp_assoc_value resets{};
    resets.assoc_id = SCTP_FUTURE_ASSOC;
    resets.assoc_value = SCTP_ENABLE_RESET_STREAM_REQ | SCTP_ENABLE_CHANGE_ASSOC_REQ;
    done &= set_option(socket_, SCTP_ENABLE_STREAM_RESET, resets);
    // RFC 9260 section 16 has 1 s for the shortest RTO; what is measured here are round trips of a millisecond, and 200 ms is Linux' for TCP.
    sctp_rtoinfo rto{};
    rto.srto_assoc_id = SCTP_FUTURE_ASSOC;
    rto.srto_initial = 1000;
    rto.srto_min = 200;
    rto.srto_max = 3000;  // of 60 s: whoever tests does not wait for a minute when a path comes back
    done &= set_option(socket_, SCTP_RTOINFO, rto);
    // The only path must outlive the association: usrsctp sends nothing more on one that it takes for dead, and what would revive it are
    // heartbeats, which are switched off.
    constexpr std::uint16_t max_retransmissions = 20;  // about a minute in which nothing gets through
    sctp_assocparams parameters{};
    parameters.sasoc_asocmaxrxt = max_retransmissions;
    done &= set_option(socket_, SCTP_ASSOCINFO, parameters);
    sctp_paddrparams path{};
    path.spp_pathmaxrxt = max_retransmissions + 1;
    path.spp_flags = SPP_PMTUD_DISABLE | SPP_HB_DISABLE;
    path.spp_pathmtu =
        static_cast<std::uint32_t>((config_.max_packet_bytes - header_bytes) & ~std::size_t{3});  // without the common header
    done &= set_option(socket_, SCTP_PEER_ADDR_PARAMS, path);
    if (!done) return false;

    // Ports of sockets that are not quite gone are still taken.
    for (int attempts = 0; attempts < 65'535; ++attempts) {
        inner_port_ = stack_.next_port();
        sockaddr_conn local = inner_address(inner_port_);
        if (usrsctp_bind(socket_, reinterpret_cast<sockaddr*>(&local), sizeof local) == 0) return true;
        if (errno != EADDRINUSE) return false;
    }
    return false;
}

void UsrsctpAssociation::connect(TimePoint now) {
    give_up_at_ = now + config_.connect_timeout;
    if (!open_socket()) {
        end(State::failed, Errc::exhausted, std::string("no SCTP association can be made: ") + std::strerror(errno));
        return;
    }
    stack_.remember(*this);
    usrsctp_set_upcall(socket_, something_came, this);
    // The peer has our number inside: it is the one that packets are looked up by, and theirs is put over it on the way out.
    sockaddr_conn remote = inner_address(inner_port_);
    if (usrsctp_connect(socket_, reinterpret_cast<sockaddr*>(&remote), sizeof remote) != 0 && errno != EINPROGRESS) {
        end(State::failed, Errc::exhausted, std::string("no SCTP association can be begun: ") + std::strerror(errno));
    }
}

void UsrsctpAssociation::close_socket() {
    if (socket_ == nullptr) return;
    usrsctp_set_upcall(socket_, nullptr, nullptr);
    usrsctp_close(std::exchange(socket_, nullptr));
}

void UsrsctpAssociation::end(State state, error_code error, std::string reason) {
    close_socket();
    state_ = state;
    waits_for_room_ = false;
    assembled_ = {};
    Event event;
    event.kind = state == State::failed ? Event::Kind::failed : Event::Kind::closed;
    event.error = error;
    event.reason = std::move(reason);
    events_.push_back(std::move(event));
}

void UsrsctpAssociation::shutdown(TimePoint) {
    stack_.assert_thread();
    if (!alive()) return;
    if (state_ != State::open) {
        if (state_ == State::connecting) end(State::closed, {}, "closed before it was open");
        return;
    }
    state_ = State::closing;
    usrsctp_shutdown(socket_, SHUT_WR);
    take_what_came();
}

void UsrsctpAssociation::abort(TimePoint) {
    stack_.assert_thread();
    if (alive()) end(State::closed, {}, "aborted");
}

void UsrsctpAssociation::handle_timeout(TimePoint now) {
    stack_.assert_thread();
    if (state_ == State::connecting && now >= give_up_at_) {
        end(State::failed, Errc::connect_timed_out, "no SCTP association within " + format_duration(config_.connect_timeout));
    }
    if (alive() && stall_at_ && now >= *stall_at_) look_for_stall(now);
}

void UsrsctpAssociation::look_for_stall(TimePoint now) {
    stall_at_.reset();
    if (buffered() == 0) {
        unacknowledged_.clear();
        return;
    }
    if (now < last_packet_at_ + stall_step) {
        stall_at_ = last_packet_at_ + stall_step;
        return;
    }
    if (now < last_packet_at_ + stall_limit) {
        send_again();
        stall_at_ = std::min(now + stall_step, last_packet_at_ + stall_limit);
        return;
    }
    end(State::failed, Errc::path_lost, "SCTP has had data to send for " + format_duration(stall_limit) + " and sent nothing");
}

void UsrsctpAssociation::send_again() {
    for (const auto& one : unacknowledged_.packets()) packets_.push_back(one.bytes);
    mark();
}

std::optional<TimePoint> UsrsctpAssociation::next_timeout() const {
    return state_ == State::connecting ? std::optional<TimePoint>(give_up_at_) : alive() ? stall_at_ : std::nullopt;
}

// --- packets ---------------------------------------------------------------------------------------------------------

void UsrsctpAssociation::handle_packet(TimePoint now, BytesView packet) {
    stack_.assert_thread();
    stack_.set_now(now);
    if (!alive() || packet.size() > max_incoming_packet) return;
    const auto ports = ports_of_sound(packet);
    if (ports != Ports{config_.remote_port, config_.local_port}) return;
    if (!is_well_formed(packet, state_ == State::connecting ? Phase::connecting : Phase::connected)) return;
    unacknowledged_.received(packet);
    auto& inner = stack_.scratch();
    std::copy(packet.begin(), packet.end(), inner.begin());
    inner[0] = inner[2] = static_cast<std::uint8_t>(inner_port_ >> 8);
    inner[1] = inner[3] = static_cast<std::uint8_t>(inner_port_);
    usrsctp_conninput(UsrsctpStack::inner_address, inner.data(), packet.size(), 0);
    take_what_came();
}

void UsrsctpAssociation::take_packet(BytesView packet) {
    if (packet.size() < header_bytes || packets_.size() >= max_waiting_packets) return;
    Bytes out(packet.begin(), packet.end());
    address(out, {config_.local_port, config_.remote_port});
    unacknowledged_.sent(out);
    packets_.push_back(std::move(out));
    last_packet_at_ = stack_.now();
}

std::optional<Bytes> UsrsctpAssociation::poll_packet() {
    if (packets_.empty()) return std::nullopt;
    Bytes packet = std::move(packets_.front());
    packets_.pop_front();
    return packet;
}

void UsrsctpAssociation::mark() { stack_.mark(*this); }

// --- what comes ------------------------------------------------------------------------------------------------------

void UsrsctpAssociation::take_what_came() {
    read_all();
    check_writable();
}

void UsrsctpAssociation::read_all() {
    auto& buffer = stack_.scratch();
    while (alive()) {
        // What nobody polls stays in usrsctp, whose window tells the peer.
        reading_paused_ = event_bytes_ >= config_.receive_buffer;
        if (reading_paused_) return;
        sctp_rcvinfo info{};
        socklen_t info_size = sizeof info;
        unsigned info_type = 0;
        int flags = 0;
        socklen_t no_address = 0;
        const ssize_t size =
            usrsctp_recvv(socket_, buffer.data(), buffer.size(), nullptr, &no_address, &info, &info_size, &info_type, &flags);
        if (size < 0) {
            if (errno == EWOULDBLOCK || errno == EAGAIN || errno == EINTR) return;
            // An association that never came about has no notification in every version: the socket's error says it.
            if (errno == ENOTCONN && state_ == State::connecting) return;
            end(State::failed, errno == ECONNREFUSED || errno == ECONNRESET ? Errc::aborted_by_peer : Errc::path_lost,
                std::string("SCTP ended: ") + std::strerror(errno));
            return;
        }
        if (size == 0) {
            if (state_ != State::connecting) end(State::closed, {}, "the peer shut SCTP down");
            return;
        }
        const BytesView piece = BytesView(buffer).first(static_cast<std::size_t>(size));
        if ((flags & MSG_NOTIFICATION) != 0) {
            // Copied, since a buffer of bytes has no alignment to speak of; none of those asked for is larger.
            std::vector<std::uint64_t> aligned((piece.size() + 7) / 8 + sizeof(sctp_notification) / 8 + 1);
            std::memcpy(aligned.data(), piece.data(), piece.size());
            take_notification(*reinterpret_cast<const sctp_notification*>(aligned.data()), piece.size());
        } else {
            take_piece(piece, info.rcv_sid, ntohl(info.rcv_ppid), (flags & MSG_EOR) != 0);
        }
    }
}

void UsrsctpAssociation::take_piece(BytesView piece, std::uint16_t stream, std::uint32_t ppid, bool ends) {
    if (assembled_.size() + piece.size() > config_.max_receive_message) {
        end(State::failed, Errc::peer_too_large,
            "the peer sent a message over " + std::to_string(config_.max_receive_message) +
                " bytes, which it was told is the largest");
        return;
    }
    assembled_.insert(assembled_.end(), piece.begin(), piece.end());
    if (!ends) return;
    Event event;
    event.kind = Event::Kind::message;
    event.stream = stream;
    event.ppid = ppid;
    event.data = std::exchange(assembled_, {});
    event_bytes_ += event.data.size() + sizeof(Event);
    events_.push_back(std::move(event));
}

void UsrsctpAssociation::take_notification(const sctp_notification& notification, std::size_t size) {
    if (size < sizeof notification.sn_header) return;
    switch (notification.sn_header.sn_type) {
        case SCTP_ASSOC_CHANGE:
            if (size < sizeof notification.sn_assoc_change) return;
            switch (notification.sn_assoc_change.sac_state) {
                case SCTP_COMM_UP:
                    streams_ = streams_asked_for_ = notification.sn_assoc_change.sac_outbound_streams;
                    if (state_ == State::connecting) {
                        state_ = State::open;
                        events_.emplace_back();
                    }
                    return;
                case SCTP_COMM_LOST:
                    // With the peer's ABORT comes the chunk itself.
                    if (notification.sn_assoc_change.sac_length > sizeof notification.sn_assoc_change) {
                        end(State::failed, Errc::aborted_by_peer, "the peer aborted the SCTP association");
                    } else {
                        end(State::failed, Errc::path_lost, "the peer no longer acknowledges what SCTP sends");
                    }
                    return;
                case SCTP_CANT_STR_ASSOC:
                    end(State::failed, Errc::connect_timed_out, "the peer did not agree to an SCTP association");
                    return;
                case SCTP_SHUTDOWN_COMP:
                    end(State::closed, {}, "SCTP was shut down");
                    return;
                case SCTP_RESTART:
                    // Numbers of messages and channels begin anew on the other side only: nothing that stood before is true any more.
                    end(State::failed, Errc::peer_restarted, "the peer began the SCTP association anew");
                    return;
                default:
                    return;
            }
        case SCTP_PARTIAL_DELIVERY_EVENT:
            assembled_.clear();
            return;
        case SCTP_STREAM_RESET_EVENT:
            take_stream_resets(notification, size);
            return;
        case SCTP_STREAM_CHANGE_EVENT: {
            if (size < sizeof notification.sn_strchange_event) return;
            const auto& change = notification.sn_strchange_event;
            if ((change.strchange_flags & (SCTP_STREAM_CHANGE_DENIED | SCTP_STREAM_CHANGE_FAILED)) != 0) {
                more_streams_refused_ = streams_asked_for_ > streams_;
                streams_asked_for_ = streams_;
            } else if (change.strchange_outstrms != 0) {
                streams_ = std::max(streams_, change.strchange_outstrms);
            }
            if (waits_for_room_) {
                waits_for_room_ = false;
                events_.emplace_back().kind = Event::Kind::writable;
            }
            return;
        }
        default:
            return;
    }
}

void UsrsctpAssociation::take_stream_resets(const sctp_notification& notification, std::size_t size) {
    const auto& reset = notification.sn_strreset_event;
    constexpr std::size_t list_at = sizeof(sctp_stream_reset_event);
    if (size < list_at) return;
    const std::size_t count = (std::min<std::size_t>(reset.strreset_length, size) - list_at) / sizeof(std::uint16_t);
    const bool refused = (reset.strreset_flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED)) != 0;
    const auto say = [this](Event::Kind kind, std::uint16_t stream) {
        Event event;
        event.kind = kind;
        event.stream = stream;
        event_bytes_ += sizeof(Event);
        events_.push_back(std::move(event));
    };
    if ((reset.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) != 0 && !refused) {
        if (count == 0) {  // all of them
            for (std::uint16_t stream = 0; stream < config_.incoming_streams; ++stream) say(Event::Kind::reset_by_peer, stream);
        }
        for (std::size_t i = 0; i < count; ++i) say(Event::Kind::reset_by_peer, reset.strreset_stream_list[i]);
    }
    if ((reset.strreset_flags & SCTP_STREAM_RESET_OUTGOING_SSN) != 0) {
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint16_t stream = reset.strreset_stream_list[i];
            if (resetting_.erase(stream) != 0) say(refused ? Event::Kind::reset_refused : Event::Kind::reset_done, stream);
        }
    }
}

std::optional<Event> UsrsctpAssociation::poll_event() {
    if (events_.empty()) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    if (event.kind == Event::Kind::message) event_bytes_ -= event.data.size() + sizeof(Event);
    if (event.kind == Event::Kind::reset_by_peer || event.kind == Event::Kind::reset_done ||
        event.kind == Event::Kind::reset_refused)
        event_bytes_ -= sizeof(Event);
    if (reading_paused_ && event_bytes_ < config_.receive_buffer / 2) {
        stack_.assert_thread();
        read_all();
    }
    return event;
}

// --- what goes -------------------------------------------------------------------------------------------------------

error_code UsrsctpAssociation::send(TimePoint now, std::uint16_t stream, std::uint32_t ppid, BytesView data,
                                    const Reliability& reliability) {
    stack_.assert_thread();
    if (state_ == State::connecting) return Errc::not_open;
    if (state_ != State::open) return Errc::closed;
    if (data.empty()) return Errc::message_empty;
    if (data.size() > config_.send_buffer || (config_.max_send_message != 0 && data.size() > config_.max_send_message))
        return Errc::message_too_large;
    if (stream >= streams_) {
        if (stream >= config_.max_outgoing_streams || more_streams_refused_) return Errc::no_such_stream;
        request_streams(static_cast<std::uint16_t>(stream + 1));
        if (more_streams_refused_) return Errc::no_such_stream;
        waits_for_room_ = true;
        return Errc::would_block;
    }
    if (resetting_.contains(stream)) {
        waits_for_room_ = true;
        return Errc::would_block;
    }
    stack_.set_now(now);
    sctp_sendv_spa spa{};
    spa.sendv_flags = SCTP_SEND_SNDINFO_VALID;
    spa.sendv_sndinfo.snd_sid = stream;
    spa.sendv_sndinfo.snd_ppid = htonl(ppid);
    spa.sendv_sndinfo.snd_flags = static_cast<std::uint16_t>(SCTP_EOR | (reliability.ordered ? 0 : SCTP_UNORDERED));
    if (reliability.max_retransmits || reliability.max_lifetime) {
        spa.sendv_flags |= SCTP_SEND_PRINFO_VALID;
        if (reliability.max_retransmits) {
            spa.sendv_prinfo.pr_policy = SCTP_PR_SCTP_RTX;
            spa.sendv_prinfo.pr_value = *reliability.max_retransmits;
        } else {
            spa.sendv_prinfo.pr_policy = SCTP_PR_SCTP_TTL;
            spa.sendv_prinfo.pr_value = static_cast<std::uint32_t>(std::clamp<std::int64_t>(
                std::chrono::duration_cast<std::chrono::milliseconds>(*reliability.max_lifetime).count(), 1, 0x7fffffff));
        }
    }
    const ssize_t sent = usrsctp_sendv(socket_, data.data(), data.size(), nullptr, 0, &spa, sizeof spa, SCTP_SENDV_SPA, 0);
    if (sent < 0) {
        const int why = errno;
        take_what_came();
        if (!alive()) return Errc::closed;
        switch (why) {
            case EAGAIN:
            case ENOBUFS:
            case ENOMEM:
                waits_for_room_ = true;
                return Errc::would_block;
            case EMSGSIZE:
                return Errc::message_too_large;
            case EINVAL:
                return Errc::no_such_stream;
            default:
                return Errc::closed;
        }
    }
    if (buffered() > low_threshold_) waits_for_room_ = true;
    if (!stall_at_) stall_at_ = now + stall_step;
    return {};
}

void UsrsctpAssociation::request_streams(std::uint16_t at_least) {
    if (streams_asked_for_ >= at_least) return;
    // In steps, since each is a round trip.
    const std::uint16_t wanted =
        static_cast<std::uint16_t>(std::min<unsigned>(std::max<unsigned>(at_least, 2U * streams_), config_.max_outgoing_streams));
    sctp_add_streams add{};
    add.sas_outstrms = static_cast<std::uint16_t>(wanted - streams_);
    if (set_option(socket_, SCTP_ADD_STREAMS, add)) {
        streams_asked_for_ = wanted;
    } else if (errno != EBUSY && errno != EALREADY) {
        more_streams_refused_ = true;
    }
}

error_code UsrsctpAssociation::reset(TimePoint, std::uint16_t stream) {
    stack_.assert_thread();
    if (state_ == State::connecting) return Errc::not_open;
    if (state_ != State::open) return Errc::closed;
    if (stream >= streams_) return Errc::no_such_stream;
    if (!resetting_.insert(stream).second) return {};
    // One stream and the head, whose last member has no size of its own.
    alignas(sctp_reset_streams) std::array<std::uint8_t, sizeof(sctp_reset_streams) + sizeof(std::uint16_t)> bytes{};
    auto* const request = reinterpret_cast<sctp_reset_streams*>(bytes.data());
    request->srs_flags = SCTP_STREAM_RESET_OUTGOING;
    request->srs_number_streams = 1;
    std::memcpy(bytes.data() + sizeof(sctp_reset_streams), &stream, sizeof stream);
    if (usrsctp_setsockopt(socket_, IPPROTO_SCTP, SCTP_RESET_STREAMS, bytes.data(), static_cast<socklen_t>(bytes.size())) != 0) {
        resetting_.erase(stream);
        Event event;
        event.kind = Event::Kind::reset_refused;
        event.stream = stream;
        event_bytes_ += sizeof(Event);
        events_.push_back(std::move(event));
    }
    take_what_came();
    return {};
}

std::size_t UsrsctpAssociation::buffered() const {
    if (socket_ == nullptr) return 0;
    BufferUse use{};
    socklen_t size = sizeof use;
    return usrsctp_getsockopt(socket_, IPPROTO_SCTP, get_buffer_use, &use, &size) == 0 ? use.to_send : 0;
}

void UsrsctpAssociation::set_low_threshold(std::size_t bytes) {
    stack_.assert_thread();
    low_threshold_ = bytes;
    if (alive() && buffered() > low_threshold_) waits_for_room_ = true;
}

void UsrsctpAssociation::check_writable() {
    if (!waits_for_room_ || state_ != State::open || buffered() > low_threshold_) return;
    if (streams_asked_for_ > streams_) return;
    waits_for_room_ = false;
    events_.emplace_back().kind = Event::Kind::writable;
}

}  // namespace volley::proto::sctp
