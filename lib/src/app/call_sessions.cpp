#include "app/call_sessions.hpp"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "files/conditional.hpp"

namespace volley::app {
namespace {

/// RFC 9110 section 13.1.1; WHIP writes the wildcard in quotes (RFC 9725 section 4.3.3).
bool matches_tag(std::string_view if_match, std::string_view etag) {
    using files::TagComparison;
    return files::names_tag(if_match, "\"*\"", TagComparison::strong) ||
           files::names_tag(if_match, fmt::format("\"{}\"", etag), TagComparison::strong);
}

}  // namespace

/// Has a name as long as its call lasts.
class CallSessions::Named final : public call::CallHandler {
public:
    Named(std::unique_ptr<call::CallHandler> inner, Sessions& sessions, std::string id)
        : inner_(std::move(inner)), sessions_(sessions), id_(std::move(id)) {
        sessions_.emplace(id_, Session());
    }
    Named(const Named&) = delete;
    Named& operator=(const Named&) = delete;
    ~Named() override { sessions_.erase(id_); }
    void handle(call::ServerCall& call, TimePoint at, webrtc::PeerEvent& event) override { inner_->handle(call, at, event); }
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override { return inner_->next_timeout(); }
    void handle_timeout(call::ServerCall& call, TimePoint now) override { inner_->handle_timeout(call, now); }

private:
    std::unique_ptr<call::CallHandler> inner_;
    Sessions& sessions_;
    std::string id_;
};

CallSessions::CallSessions(call::Loop& loop, call::ServerPortConfig config, std::string mark)
    : limits_(config.ledger ? config.ledger->limits() : config.limits), mark_(std::move(mark)), port_(loop, std::move(config)) {}

CallRefusal CallSessions::refusal_of(const call::ServerPort::Failure& failure) const {
    if (failure.error == call::AcceptErrc::too_many_calls)
        return {503, fmt::format("too many calls: this server takes {} at a time", limits_.calls)};
    if (failure.error == call::AcceptErrc::too_many_of_address)
        return {429, fmt::format("too many calls from this address: it may have {} at a time", limits_.calls_per_address)};
    if (failure.error == call::AcceptErrc::no_such_call) return {404, "there is no such call; it may have ended"};
    if (failure.error == call::AcceptErrc::bad_offer) return {400, failure.detail.text, failure.detail.hint, failure.detail.pos};
    return {500, failure.error.message()};
}

std::variant<CallAnswer, CallRefusal> CallSessions::answer(const std::string& offer, const IpAddress& from,
                                                           std::unique_ptr<call::CallHandler> handler,
                                                           std::vector<proto::sdp::LocalMedia> media) {
    const std::string id = mark_ + random_.text(session_name_size, session_alphabet);
    // The handler is gone with the call, be it within accept().
    auto accepted = port_.accept(offer, from, std::make_unique<Named>(std::move(handler), sessions_, id), std::move(media));
    if (!accepted) return refusal_of(accepted.error());
    if (const auto at = sessions_.find(id); at != sessions_.end()) at->second = {accepted->id, accepted->ice_ufrag};
    return CallAnswer{id, std::move(accepted->answer), accepted->ice_ufrag};
}

std::variant<CallPatched, CallRefusal> CallSessions::patch(const std::string& id, const std::optional<std::string>& if_match,
                                                           const std::string& fragment) {
    const auto at = sessions_.find(id);
    if (at == sessions_.end()) return CallRefusal{404, "there is no such call; it may have ended"};
    if (!if_match) return CallRefusal{428, "If-Match is missing", "send the ETag of the session, or \"*\" to restart ICE"};
    if (!matches_tag(*if_match, at->second.etag))
        return CallRefusal{412, "the session has another ETag by now", "ICE was restarted; send its new ETag"};
    std::string etag = at->second.etag;
    auto patched = port_.patch(at->second.call, fragment);
    if (!patched) return refusal_of(patched.error());
    if (!*patched) return CallPatched{std::nullopt, etag};
    const proto::sdp::Fragment& ours = **patched;
    if (ours.ice) etag = ours.ice->ufrag;
    for (const auto& section : ours.media)
        if (section.ice) etag = section.ice->ufrag;
    // The call, and with it its name, may have ended meanwhile.
    if (const auto still = sessions_.find(id); still != sessions_.end()) still->second.etag = etag;
    return CallPatched{print(ours), etag};
}

bool CallSessions::hang_up(std::string_view id) {
    const auto at = sessions_.find(id);
    return at != sessions_.end() && port_.hang_up(at->second.call);
}

}  // namespace volley::app
