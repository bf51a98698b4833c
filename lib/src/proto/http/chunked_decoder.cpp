#include "proto/http/chunked_decoder.hpp"

#include <algorithm>

#include "proto/http/syntax.hpp"

namespace volley::proto::http {
namespace {

constexpr int most_digits = 16;  // what fits 64 bits

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

void ChunkedDecoder::start(std::uint64_t body_bytes, std::uint32_t trailer_bytes) noexcept {
    left_ = 0;
    allowed_ = body_bytes;
    budget_ = 0;
    trailer_bytes_ = trailer_bytes;
    digits_ = 0;
    part_ = Part::size;
}

ChunkedDecoder::Step ChunkedDecoder::parse(std::string_view in) noexcept {
    std::size_t at = 0;
    while (at < in.size()) {
        const char c = in[at];
        Event event = Event::need_more;
        switch (part_) {
            case Part::size:
                event = take_digit(c);
                ++at;
                break;
            case Part::extension:
                event = skip_line(in, at, Part::size_lf);
                break;
            case Part::size_lf:
                event = c == '\n' ? end_size() : Event::bad;
                ++at;
                break;
            case Part::data: {
                const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size() - at));
                left_ -= n;
                if (left_ == 0) part_ = Part::data_cr;
                return {Event::data, at + n, in.substr(at, n)};
            }
            case Part::data_cr:
                event = c == '\r' ? Event::need_more : Event::bad;
                part_ = Part::data_lf;
                ++at;
                break;
            case Part::data_lf:
                event = c == '\n' ? Event::need_more : Event::bad;
                part_ = Part::size;
                ++at;
                break;
            case Part::field_start:
            case Part::field_name:
            case Part::field_value:
            case Part::field_lf:
            case Part::last_lf:
                event = skip_trailer(in, at);
                break;
        }
        if (event != Event::need_more) return {event, at, {}};
    }
    return {Event::need_more, at, {}};
}

ChunkedDecoder::Event ChunkedDecoder::take_digit(char c) noexcept {
    if (const int digit = hex_value(c); digit >= 0) {
        if (digits_ == most_digits) return Event::bad;
        ++digits_;
        left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
        return Event::need_more;
    }
    if (digits_ == 0) return Event::bad;
    if (c == '\r') {
        part_ = Part::size_lf;
    } else if (c == ';') {
        part_ = Part::extension;
        budget_ = extension_bytes - 1;
    } else {
        return Event::bad;
    }
    return Event::need_more;
}

ChunkedDecoder::Event ChunkedDecoder::end_size() noexcept {
    digits_ = 0;
    if (left_ == 0) {
        part_ = Part::field_start;
        budget_ = trailer_bytes_;
        return Event::need_more;
    }
    if (left_ > allowed_) return Event::body_too_long;
    allowed_ -= left_;
    part_ = Part::data;
    return Event::need_more;
}

// Text up to the CR, and the CR, within the budget.
ChunkedDecoder::Event ChunkedDecoder::skip_line(std::string_view in, std::size_t& at, Part after) noexcept {
    const std::string_view text = in.substr(at, budget_);
    std::size_t n = skip_text(text, 0);
    if (n < text.size()) {
        if (text[n] != '\r') return Event::bad;
        ++n;
        part_ = after;
    }
    at += n;
    budget_ -= static_cast<std::uint32_t>(n);
    return part_ != after && budget_ == 0 ? Event::framing_too_long : Event::need_more;
}

// One step within the trailer section. Bytes are counted before they are judged, so that the limit acts at the same byte however
// the input is split.
ChunkedDecoder::Event ChunkedDecoder::skip_trailer(std::string_view in, std::size_t& at) noexcept {
    if (budget_ == 0) return Event::framing_too_long;
    const char c = in[at];
    switch (part_) {
        case Part::field_value:
            return skip_line(in, at, Part::field_lf);
        case Part::field_start:
            if (c == '\r')
                part_ = Part::last_lf;
            else if (is_token_char(c))
                part_ = Part::field_name;
            else
                return Event::bad;
            break;
        case Part::field_name:
            if (c == ':')
                part_ = Part::field_value;
            else if (!is_token_char(c))
                return Event::bad;
            break;
        case Part::field_lf:
            if (c != '\n') return Event::bad;
            part_ = Part::field_start;
            break;
        default:  // last_lf
            if (c != '\n') return Event::bad;
            ++at;
            return Event::done;
    }
    ++at;
    --budget_;
    return budget_ == 0 ? Event::framing_too_long : Event::need_more;
}

}  // namespace volley::proto::http
