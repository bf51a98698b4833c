// Reads one HTTP/1.x answer from bytes, in whatever pieces they come. Pure; allocates nothing while heads come in one piece.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <volley/error.hpp>

namespace volley::proto::http {

/// One field line of a head or a trailer. Borrowed from the bytes that were parsed.
struct Field {
    std::string_view name;
    std::string_view value;  ///< without the blanks around it
};

/// What the client will take.
struct ResponseLimits {
    std::size_t head_bytes = 64 * 1024;  ///< status line and fields of the answer and of all interim ones before it; trailers apart
    std::uint64_t body_bytes = std::numeric_limits<std::uint64_t>::max();  ///< decoded
};

/// Reads one answer to one request. Source: RFC 9112 sections 2 to 7 and 9.3; RFC 9110 sections 6.4.1, 15.2.
/// Strict where an answer could be read in two ways: content lengths that differ, a length beside a transfer coding, a coding
/// other than chunked at the end, chunk sizes with blanks or signs, bare CR, obs-fold, blanks before the colon. A bare LF ends a
/// line of the head (section 2.2 lets a recipient do so), never one of the chunked framing.
/// Throws: nothing, for any input but for what std::string throws when memory ends. Thread safety: as a plain value.
class ResponseParser {
public:
    /// What the last call of parse() met. At most one per call.
    enum class Event : std::uint8_t {
        need_more,  ///< all of the input is taken (or kept inside); read more
        interim,    ///< a 1xx head other than 101; the views are valid until the next call
        head,       ///< the head of the answer; the views are valid until the next call
        body,       ///< a piece of the body, decoded, in `body`; borrowed from the input
        done,       ///< the answer is complete; what is left of the input is not its
        error       ///< see error()
    };
    struct Step {
        Event event = Event::need_more;
        std::size_t consumed = 0;  ///< bytes of the input that are done with
        std::string_view body;
    };

    /// Begins anew. @param to_head  the request was HEAD: the answer has no body whatever its fields say.
    void start(bool to_head, const ResponseLimits& limits = {}) noexcept;

    /// Takes bytes from the front of `in`. Call it again with the rest until it says need_more (then everything was consumed), done or
    /// error. An incomplete line is kept inside, so that `in` may be a buffer that others use meanwhile.
    [[nodiscard]] Step parse(std::string_view in);

    /// The peer has closed. Nothing where that ends the answer properly, else NetErrc::truncated_body, or closed_before_answer where
    /// not one byte had come.
    [[nodiscard]] error_code finish() noexcept;

    [[nodiscard]] error_code error() const noexcept { return error_; }  ///< NetErrc::bad_answer, header_too_large, body_too_large

    /// Of the newest head. Views into it are valid until the next call of parse(); numbers stay.
    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] int version() const noexcept { return version_; }  ///< 10 or 11
    [[nodiscard]] std::string_view reason() const noexcept { return reason_; }
    /// Walks over the head's fields: begins with nullopt-free state after Event::head or interim, nothing at their end.
    [[nodiscard]] std::optional<Field> next_field() noexcept;

    /// The connection may carry another request once the answer is done (RFC 9112 section 9.3): both sides' versions and `Connection`
    /// fields allow it, the body's end did not need a close, and it is not a 101.
    [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }
    /// The head was seen whole.
    [[nodiscard]] bool head_done() const noexcept { return head_done_; }

private:
    error_code error_;
    int status_ = 0;
    int version_ = 11;
    std::string_view reason_;
    bool keep_alive_ = false;
    bool head_done_ = false;
};

}  // namespace volley::proto::http
