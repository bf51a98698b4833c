// Reads one HTTP/1.x answer from bytes, in whatever pieces they come. Pure; allocates nothing while heads come in one piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <volley/error.hpp>

#include "proto/http/chunked_decoder.hpp"
#include "proto/http/framing_fields.hpp"

namespace volley::proto::http {

/// One field line of a head or a trailer. Borrowed from the bytes that were parsed.
struct Field {
    std::string_view name;
    std::string_view value;  ///< without the blanks around it
};

/// What the client will take.
struct ResponseLimits {
    /// Status line and fields of the answer and of all interim ones before it, line ends counted, at most 4 GiB - 1. The trailers of a
    /// chunked body may be as long once more; for chunk extensions see ChunkedDecoder.
    std::size_t head_bytes = 64 * 1024;
    std::uint64_t body_bytes = std::numeric_limits<std::uint64_t>::max();  ///< decoded
};

/// Reads one answer to one request. Source: RFC 9112 sections 2 to 7 and 9.3; RFC 9110 sections 6.4.1, 15.2.
/// Strict where an answer could be read in two ways: content lengths that differ, a length beside a transfer coding, a coding
/// other than chunked at the end, chunk sizes with blanks or signs, bare CR, obs-fold, blanks before the colon. A bare LF ends a
/// line of the head (section 2.2 lets a recipient do so), never one of the chunked framing. One empty line may stand before the
/// status line, and the blank between a status code and an empty reason may be missing: servers do both.
/// Whatever the split of the bytes over calls, events, their order, the body and the error are the same; an answer that is none is
/// refused at the first byte that says so, without waiting for the end of its line.
/// Of several transfer codings chunked alone is taken off: a body that was `gzip, chunked` is handed out as gzip.
/// Throws: nothing, for any input but for what std::string throws when memory ends. Thread safety: as a plain value; may be copied
/// and moved at any time.
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

    /// Begins anew; a parser that was never started reads as after start(false). Memory for kept heads stays, up to a few KiB.
    /// @param to_head  the request was HEAD: the answer has no body whatever its fields say.
    void start(bool to_head, const ResponseLimits& limits = {}) noexcept;

    /// Takes bytes from the front of `in`. Call it again with the rest until it says need_more (then everything was consumed), done or
    /// error. An incomplete line is kept inside, so that `in` may be a buffer that others use meanwhile.
    [[nodiscard]] Step parse(std::string_view in);

    /// The peer has closed. Nothing where that ends the answer properly or it was complete, else NetErrc::truncated_body, or
    /// closed_before_answer where not one byte had come. After Event::error, that error again.
    [[nodiscard]] error_code finish() noexcept;

    /// NetErrc::bad_answer; header_too_large, for trailers and chunk extensions as well; body_too_large, which comes after the head
    /// where its length says so already, else with the chunk or the byte that is too much; what finish() said.
    [[nodiscard]] error_code error() const noexcept {
        return error_ == no_error ? error_code() : make_error_code(static_cast<NetErrc>(error_));
    }

    /// Of the newest head. Views into it are valid until the next call of parse(); numbers stay.
    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] int version() const noexcept { return version_; }  ///< 10 or 11
    [[nodiscard]] std::string_view reason() const noexcept {
        return showing_ ? std::string_view(head_text() + reason_at_, reason_size_) : std::string_view();
    }
    /// Walks over the head's fields: from the first one after Event::head or interim, one with each call, nothing at their end.
    [[nodiscard]] std::optional<Field> next_field() noexcept;

    /// The connection may carry another request once the answer is done (RFC 9112 section 9.3): both sides' versions and `Connection`
    /// fields allow it, the body's end did not need a close, and it is not a 101.
    [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }
    /// The answer ends where its Content-Length says, or with its head: not by chunks, nor by the close. Known from Event::head on.
    [[nodiscard]] bool ends_by_length() const noexcept { return ends_by_length_; }
    /// The head was seen whole.
    [[nodiscard]] bool head_done() const noexcept { return head_done_; }

private:
    // What is read next.
    enum class Phase : std::uint8_t { head, body_of_length, body_in_chunks, body_until_close, done, failed };
    // Of a head. A CR is looked at together with the byte behind it, and waits for that.
    enum class Part : std::uint8_t {
        status,       // the version and the code
        reason,       //
        line_start,   // of a field, or the empty line
        field_name,   //
        field_value,  // after the colon
    };
    enum class Scan : std::uint8_t { incomplete, complete, bad };

    static constexpr std::uint8_t no_error = 0;

    [[nodiscard]] Step parse_head(std::string_view in);
    [[nodiscard]] Step parse_body_of_length(std::string_view in) noexcept;
    [[nodiscard]] Step parse_body_in_chunks(std::string_view in) noexcept;
    [[nodiscard]] Step parse_body_until_close(std::string_view in) noexcept;
    [[nodiscard]] Scan scan_head(std::string_view text) noexcept;
    [[nodiscard]] Scan scan_status(std::string_view text) noexcept;
    [[nodiscard]] Step end_head(std::size_t consumed) noexcept;
    [[nodiscard]] Step fail(NetErrc error, std::size_t consumed) noexcept;
    void drop_head() noexcept;
    [[nodiscard]] const char* head_text() const noexcept { return kept_.empty() ? borrowed_ : kept_.data(); }

    // Tens of thousands of parsers are alive at once, so positions are offsets of four bytes: from head_text() on, or, while a head is
    // read, in what has come of it.
    std::string kept_;                // a head that did not come in one piece
    const char* borrowed_ = nullptr;  // one that did
    std::uint64_t body_left_ = 0;     // until the end of the body, or of what we take of it
    std::uint64_t body_limit_ = std::numeric_limits<std::uint64_t>::max();
    ChunkedDecoder chunks_;
    FramingFields framing_;
    std::uint32_t head_limit_ = 64 * 1024;  // for what is left of all heads, from the newest one's first byte on
    std::uint32_t trailer_limit_ = 64 * 1024;
    std::uint32_t scanned_ = 0;
    std::uint32_t line_ = 0;   // where the line begins that scanned_ is in
    std::uint32_t colon_ = 0;  // of that line
    std::uint32_t reason_at_ = 0;
    std::uint32_t reason_size_ = 0;
    std::uint32_t field_at_ = 0;  // what next_field() reads next
    std::uint32_t fields_end_ = 0;
    std::uint16_t status_ = 0;
    std::uint8_t version_ = 11;
    std::uint8_t error_ = no_error;  // else a NetErrc
    Phase phase_ = Phase::head;
    Part part_ = Part::status;
    bool to_head_ = false;
    bool anything_came_ = false;
    bool empty_line_allowed_ = true;
    bool showing_ = false;  // a head was reported by the last call
    bool keep_alive_ = false;
    bool head_done_ = false;
    bool ends_by_length_ = false;
};

}  // namespace volley::proto::http
