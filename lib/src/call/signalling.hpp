// The client's half of signalling: an offer goes to a URL by HTTP, and an answer comes back.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <volley/call/offer.hpp>
#include <volley/client/transport.hpp>
#include <volley/http/message.hpp>
#include <volley/http/url.hpp>
#include <volley/time.hpp>

namespace volley::call {

/// An answer is some kilobytes; what is larger is none.
inline constexpr std::size_t most_answer_bytes = 1024UL * 1024;

/// Why there is no answer. What the peer said in it is cut short and escaped.
struct SignalError {
    std::string kind;  ///< for counting: `status`, `answer`, or a Condition's word
    std::string text;
};

/// What came back for an offer.
struct Answered {
    std::string sdp;
    std::optional<http::Url> resource;     ///< where the session can be changed and ended
    std::string etag;                      ///< of its ICE session; empty: candidates cannot follow conditionally
    std::vector<std::string> ice_servers;  ///< at most 16 URLs, at most 256 bytes each
    std::vector<std::string> notes;
};

/// The body that offers: the members of a JSON object, then ours. Errors: in words: it is no object, or it has `sdp` or `type` itself.
[[nodiscard]] std::variant<std::string, SignalError> json_offer(std::string_view object, std::string_view sdp);

/// @param from  the URL that was answered, for a relative Location.
[[nodiscard]] std::variant<Answered, SignalError> read_answer(Signal signal, const http::Response& response,
                                                              const http::Url& from);

/// The session that a server of WHIP or WHEP has made (201 Created) at its Location; nothing where that is at another server. It is there,
/// and to be ended, whatever the answer that came with it is worth.
[[nodiscard]] std::optional<http::Url> session_of(Signal signal, const http::Response& response, const http::Url& from);

/// The URLs of `Link: <stun:host>; rel="ice-server"` fields (RFC 9725 section 4.6, RFC 8288 section 3).
[[nodiscard]] std::vector<std::string> read_ice_servers(const http::Headers& headers);

/// The first words of a body as one escaped line of at most `most` bytes or so; empty where there is nothing to read in it.
[[nodiscard]] std::string first_words(std::string_view body, std::size_t most = 120);

/// The SDP with *** for each ice-pwd, so that it can be shown.
[[nodiscard]] std::string masked_sdp(std::string_view sdp);

/// Carries offers of any number of calls at once, over connections that they share. Redirects by 307 and 308 are followed, five at most.
/// Thread safety: none; every call on the executor's thread. Lifetime: not longer than its executor's context.
class Signaller {
public:
    static constexpr std::size_t most_origins = 8;
    static constexpr int most_redirects = 5;

    using Fill = std::function<void(http::Request& request, CallNumber number)>;

    /// @param use_curl  as the request verbs do; else the fast transport, for many calls.
    /// @param fill      writes what differs from one call to the next; may be empty.
    Signaller(boost::asio::any_io_executor executor, client::DirectRequest request, Signal signal, bool use_curl, Fill fill);
    Signaller(const Signaller&) = delete;
    Signaller& operator=(const Signaller&) = delete;
    ~Signaller();

    struct Outcome {
        TimePoint sent{};  ///< the first byte of the request; the epoch where none was
        TimePoint done{};
        std::variant<Answered, SignalError> answer;
        std::optional<http::Url> session;  ///< as session_of() has it, also where the answer is an error
    };
    [[nodiscard]] boost::asio::awaitable<Outcome> offer(CallNumber number, std::string sdp, TimePoint deadline);

    struct Patched {
        std::optional<SignalError> error;
        std::string fragment;  ///< of the server, may be empty
    };
    /// Sends candidates: PATCH with `application/trickle-ice-sdpfrag`. Source: RFC 9725 section 4.3.2.
    [[nodiscard]] boost::asio::awaitable<Patched> patch(CallNumber number, http::Url resource, std::string etag,
                                                        std::string fragment, TimePoint deadline);
    /// DELETE of the session. @return what went wrong, if anything.
    [[nodiscard]] boost::asio::awaitable<std::optional<SignalError>> end(CallNumber number, http::Url resource,
                                                                         TimePoint deadline);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace volley::call
