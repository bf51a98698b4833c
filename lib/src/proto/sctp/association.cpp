#include "proto/sctp/association.hpp"

namespace volley::proto::sctp {
namespace {

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.sctp"; }
    std::string message(int v) const override {
        switch (static_cast<Errc>(v)) {
            case Errc::would_block:
                return "the send buffer is full";
            case Errc::not_open:
                return "the SCTP association is not open yet";
            case Errc::closed:
                return "the SCTP association is closed";
            case Errc::message_too_large:
                return "the message is larger than the peer takes";
            case Errc::message_empty:
                return "SCTP has no empty messages";
            case Errc::no_such_stream:
                return "the peer has no such SCTP stream";
            case Errc::connect_timed_out:
                return "the SCTP association did not come about in time";
            case Errc::aborted_by_peer:
                return "the peer aborted the SCTP association";
            case Errc::path_lost:
                return "the peer no longer acknowledges SCTP data";
            case Errc::peer_restarted:
                return "the peer began the SCTP association anew";
            case Errc::peer_too_large:
                return "the peer sent a larger message than it was told to";
            case Errc::exhausted:
                return "no room for another SCTP association";
        }
        return "unknown error";
    }
    boost::system::error_condition default_error_condition(int v) const noexcept override {
        switch (static_cast<Errc>(v)) {
            case Errc::would_block:
            case Errc::exhausted:
                return make_error_condition(Condition::exhausted);
            case Errc::message_too_large:
            case Errc::peer_too_large:
                return make_error_condition(Condition::too_large);
            case Errc::connect_timed_out:
            case Errc::path_lost:
                return make_error_condition(Condition::timeout);
            case Errc::not_open:
            case Errc::closed:
            case Errc::aborted_by_peer:
            case Errc::peer_restarted:
                return make_error_condition(Condition::reset);
            case Errc::message_empty:
            case Errc::no_such_stream:
                return make_error_condition(Condition::protocol);
        }
        return make_error_condition(Condition::protocol);
    }
};

}  // namespace

const boost::system::error_category& category() noexcept {
    static const Category c;
    return c;
}

}  // namespace volley::proto::sctp
