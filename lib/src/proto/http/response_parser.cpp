#include "proto/http/response_parser.hpp"

#include <algorithm>
#include <utility>

#include "proto/http/syntax.hpp"

namespace volley::proto::http {
namespace {

constexpr std::size_t most_kept_capacity = 4096;

// How many bytes the line end at `at` has: one or two. Nothing where it is a CR before something else, zero where that is to come.
std::optional<std::size_t> line_end(std::string_view text, std::size_t at) noexcept {
    if (text[at] == '\n') return 1;
    if (text[at] != '\r') return std::nullopt;
    if (at + 1 == text.size()) return 0;
    if (text[at + 1] != '\n') return std::nullopt;
    return 2;
}

bool has_no_body(int status) noexcept { return status == 204 || status == 304; }

}  // namespace

void ResponseParser::start(bool to_head, const ResponseLimits& limits) noexcept {
    // What one long head has taken is not held for the life of a connection. (Assigning an empty string would hold it.)
    if (kept_.capacity() > most_kept_capacity) std::string().swap(kept_);
    kept_.clear();
    std::string kept = std::move(kept_);
    *this = ResponseParser();
    kept_ = std::move(kept);
    to_head_ = to_head;
    body_limit_ = limits.body_bytes;
    head_limit_ = static_cast<std::uint32_t>(std::min<std::size_t>(limits.head_bytes, std::numeric_limits<std::uint32_t>::max()));
    trailer_limit_ = head_limit_;
}

ResponseParser::Step ResponseParser::parse(std::string_view in) {
    if (showing_) drop_head();
    anything_came_ = anything_came_ || !in.empty();
    switch (phase_) {
        case Phase::head:
            return parse_head(in);
        case Phase::body_of_length:
            return parse_body_of_length(in);
        case Phase::body_in_chunks:
            return parse_body_in_chunks(in);
        case Phase::body_until_close:
            return parse_body_until_close(in);
        case Phase::done:
            return {Event::done, 0, {}};
        case Phase::failed:
            break;
    }
    return {Event::error, 0, {}};
}

error_code ResponseParser::finish() noexcept {
    if (phase_ == Phase::body_until_close) phase_ = Phase::done;
    if (phase_ == Phase::done || phase_ == Phase::failed) return error();
    (void)fail(anything_came_ ? NetErrc::truncated_body : NetErrc::closed_before_answer, 0);
    return error();
}

std::optional<Field> ResponseParser::next_field() noexcept {
    if (!showing_ || field_at_ >= fields_end_) return std::nullopt;
    // The scan has seen to it that there is a colon, and an LF at the line's end.
    const std::string_view text(head_text() + field_at_, fields_end_ - field_at_);
    const std::size_t colon = text.find(':');
    const std::size_t lf = text.find('\n', colon);
    field_at_ += static_cast<std::uint32_t>(lf + 1);
    std::string_view value = text.substr(colon + 1, lf - colon - 1);
    if (value.ends_with('\r')) value.remove_suffix(1);
    return Field{text.substr(0, colon), trim_blanks(value)};
}

// The newest head is not to be looked at any longer, and its memory free for another.
void ResponseParser::drop_head() noexcept {
    showing_ = false;
    kept_.clear();
    borrowed_ = nullptr;
    reason_at_ = reason_size_ = field_at_ = fields_end_ = 0;
}

ResponseParser::Step ResponseParser::fail(NetErrc error, std::size_t consumed) noexcept {
    phase_ = Phase::failed;
    error_ = static_cast<std::uint8_t>(error);
    keep_alive_ = false;
    return {Event::error, consumed, {}};
}

// --- the head --------------------------------------------------------------------------------------------------------

ResponseParser::Step ResponseParser::parse_head(std::string_view in) {
    if (kept_.empty()) {
        const std::string_view text = in.substr(0, head_limit_);
        switch (scan_head(text)) {
            case Scan::complete:
                borrowed_ = in.data();
                return end_head(scanned_);
            case Scan::bad:
                return fail(NetErrc::bad_answer, scanned_);
            case Scan::incomplete:
                break;
        }
        if (text.size() == head_limit_) return fail(NetErrc::header_too_large, text.size());
        kept_.assign(text);
        return {Event::need_more, text.size(), {}};
    }
    // Line by line, since what comes after the head is not to be copied.
    std::size_t taken = 0;
    while (taken < in.size()) {
        std::string_view piece = in.substr(taken, head_limit_ - kept_.size());
        if (const std::size_t lf = piece.find('\n'); lf != std::string_view::npos) piece = piece.substr(0, lf + 1);
        kept_.append(piece);
        taken += piece.size();
        switch (scan_head(kept_)) {
            case Scan::complete:
                return end_head(taken);
            case Scan::bad:
                return fail(NetErrc::bad_answer, taken);
            case Scan::incomplete:
                break;
        }
        if (kept_.size() == head_limit_) return fail(NetErrc::header_too_large, taken);
    }
    return {Event::need_more, taken, {}};
}

// Goes on from scanned_, in a text that has grown at its end since. Judges each byte as early as it can be judged.
ResponseParser::Scan ResponseParser::scan_head(std::string_view text) noexcept {
    if (part_ == Part::status) {
        if (const Scan scan = scan_status(text); scan != Scan::complete) return scan;
    }
    std::size_t at = scanned_;
    const auto stop = [&](Scan scan) {
        scanned_ = static_cast<std::uint32_t>(at);
        return scan;
    };
    for (;;) {
        if (part_ == Part::line_start) {
            if (at == text.size()) return stop(Scan::incomplete);
            if (text[at] == '\r' || text[at] == '\n') {
                const auto end = line_end(text, at);
                if (!end) return stop(Scan::bad);
                if (*end == 0) return stop(Scan::incomplete);
                fields_end_ = static_cast<std::uint32_t>(at);
                at += *end;
                return stop(Scan::complete);
            }
            line_ = static_cast<std::uint32_t>(at);
            part_ = Part::field_name;
        }
        if (part_ == Part::field_name) {
            at = skip_token(text, at);
            if (at == text.size()) return stop(Scan::incomplete);
            // Also an obs-fold, an empty name, a line without a colon, a blank before it.
            if (text[at] != ':' || at == line_) return stop(Scan::bad);
            colon_ = static_cast<std::uint32_t>(at);
            ++at;
            part_ = Part::field_value;
        }
        at = skip_text(text, at);
        if (at == text.size()) return stop(Scan::incomplete);
        const auto end = line_end(text, at);
        if (!end) return stop(Scan::bad);
        if (*end == 0) return stop(Scan::incomplete);
        if (part_ == Part::reason) {
            reason_size_ = static_cast<std::uint32_t>(at) - reason_at_;
            field_at_ = static_cast<std::uint32_t>(at + *end);
        } else if (!framing_.take(text.substr(line_, colon_ - line_), trim_blanks(text.substr(colon_ + 1, at - colon_ - 1)))) {
            return stop(Scan::bad);
        }
        at += *end;
        part_ = Part::line_start;
    }
}

// `HTTP/1.x ddd`, with the blank behind it. Looked at from its first byte each time: there are 13 of them.
ResponseParser::Scan ResponseParser::scan_status(std::string_view text) noexcept {
    constexpr std::string_view protocol = "HTTP/1.";
    constexpr std::size_t blank = protocol.size() + 1;
    constexpr std::size_t code = blank + 1;
    constexpr std::size_t code_end = code + 3;

    if (empty_line_allowed_ && line_ < text.size() && (text[line_] == '\r' || text[line_] == '\n')) {
        const auto end = line_end(text, line_);
        if (!end) return Scan::bad;
        if (*end == 0) return Scan::incomplete;
        line_ += static_cast<std::uint32_t>(*end);
        empty_line_allowed_ = false;
    }
    const std::string_view line = text.substr(line_);
    if (line.substr(0, protocol.size()) != protocol.substr(0, line.size())) return Scan::bad;
    if (line.size() > protocol.size() && line[protocol.size()] != '0' && line[protocol.size()] != '1') return Scan::bad;
    if (line.size() > blank && line[blank] != ' ') return Scan::bad;
    for (std::size_t i = code; i < std::min(code_end, line.size()); ++i)
        if (!is_digit(line[i]) || (i == code && line[i] == '0')) return Scan::bad;
    if (line.size() <= code_end) return Scan::incomplete;
    const bool has_reason = line[code_end] == ' ';
    if (!has_reason && line[code_end] != '\r' && line[code_end] != '\n') return Scan::bad;

    version_ = line[protocol.size()] == '0' ? 10 : 11;
    status_ = static_cast<std::uint16_t>((line[code] - '0') * 100 + (line[code + 1] - '0') * 10 + (line[code + 2] - '0'));
    reason_at_ = static_cast<std::uint32_t>(line_ + code_end + (has_reason ? 1 : 0));
    scanned_ = reason_at_;
    part_ = Part::reason;
    return Scan::complete;
}

// RFC 9112 section 6.3: what the head says of the body.
ResponseParser::Step ResponseParser::end_head(std::size_t consumed) noexcept {
    const FramingFields framing = std::exchange(framing_, FramingFields());
    if (!framing.consistent(version_)) return fail(NetErrc::bad_answer, consumed);
    head_limit_ -= scanned_;
    showing_ = true;
    scanned_ = line_ = 0;
    part_ = Part::status;
    empty_line_allowed_ = false;
    if (status_ < 200 && status_ != 101) return {Event::interim, consumed, {}};

    head_done_ = true;
    keep_alive_ = framing.persistent(version_);
    if (status_ == 101) {
        phase_ = Phase::done;
        keep_alive_ = false;
    } else if (to_head_ || has_no_body(status_)) {
        phase_ = Phase::done;
    } else if (framing.chunked()) {
        phase_ = Phase::body_in_chunks;
        chunks_.start(body_limit_, trailer_limit_);
    } else if (framing.has_length()) {
        phase_ = Phase::body_of_length;
        body_left_ = framing.length();
    } else {
        phase_ = Phase::body_until_close;
        body_left_ = body_limit_;
        keep_alive_ = false;
    }
    ends_by_length_ = phase_ == Phase::done || phase_ == Phase::body_of_length;
    return {Event::head, consumed, {}};
}

// --- the body --------------------------------------------------------------------------------------------------------

ResponseParser::Step ResponseParser::parse_body_of_length(std::string_view in) noexcept {
    // Said with the first call after the head, since what is left only shrinks.
    if (body_left_ > body_limit_) return fail(NetErrc::body_too_large, 0);
    if (body_left_ == 0) {
        phase_ = Phase::done;
        return {Event::done, 0, {}};
    }
    if (in.empty()) return {Event::need_more, 0, {}};
    const std::string_view piece = in.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, in.size())));
    body_left_ -= piece.size();
    return {Event::body, piece.size(), piece};
}

ResponseParser::Step ResponseParser::parse_body_in_chunks(std::string_view in) noexcept {
    const ChunkedDecoder::Step step = chunks_.parse(in);
    switch (step.event) {
        case ChunkedDecoder::Event::need_more:
            return {Event::need_more, step.consumed, {}};
        case ChunkedDecoder::Event::data:
            return {Event::body, step.consumed, step.data};
        case ChunkedDecoder::Event::done:
            phase_ = Phase::done;
            return {Event::done, step.consumed, {}};
        case ChunkedDecoder::Event::bad:
            break;
        case ChunkedDecoder::Event::framing_too_long:
            return fail(NetErrc::header_too_large, step.consumed);
        case ChunkedDecoder::Event::body_too_long:
            return fail(NetErrc::body_too_large, step.consumed);
    }
    return fail(NetErrc::bad_answer, step.consumed);
}

ResponseParser::Step ResponseParser::parse_body_until_close(std::string_view in) noexcept {
    if (in.empty()) return {Event::need_more, 0, {}};
    if (body_left_ == 0) return fail(NetErrc::body_too_large, 0);
    const std::string_view piece = in.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, in.size())));
    body_left_ -= piece.size();
    return {Event::body, piece.size(), piece};
}

}  // namespace volley::proto::http
