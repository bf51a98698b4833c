#include "proto/http/framing_fields.hpp"

#include <limits>

#include "proto/http/syntax.hpp"

namespace volley::proto::http {

bool FramingFields::take_candidate(std::string_view name, std::string_view value) noexcept {
    if (equals_ignoring_case(name, "content-length")) return take_length(value);
    if (equals_ignoring_case(name, "transfer-encoding")) return take_codings(value);
    if (equals_ignoring_case(name, "connection")) take_options(value);
    return true;
}

// "5, 5" is one length that something on the way has joined from two lines (RFC 9110 section 8.6). An empty element is not: the
// field is no list by its grammar.
bool FramingFields::take_length(std::string_view value) noexcept {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    if (!value.empty() && value.back() == ',') return false;
    do {
        const std::string_view element = take_element(value);
        if (element.empty()) return false;
        std::uint64_t length = 0;
        for (const char c : element) {
            if (!is_digit(c)) return false;
            const auto digit = static_cast<std::uint64_t>(c - '0');
            if (length > (most - digit) / 10) return false;
            length = length * 10 + digit;
        }
        if (has_length_ && length != length_) return false;
        length_ = length;
        has_length_ = true;
    } while (!value.empty());
    return true;
}

// Codings other than chunked are left on the body; that chunked comes last, and once, is what framing needs (RFC 9112 section 6.1).
bool FramingFields::take_codings(std::string_view value) noexcept {
    has_coding_ = true;
    while (!value.empty()) {
        const std::string_view coding = take_element(value);
        if (coding.empty()) continue;  // RFC 9110 section 5.6.1.2: a recipient ignores empty elements
        if (chunked_ || skip_token(coding, 0) != coding.size()) return false;
        chunked_ = equals_ignoring_case(coding, "chunked");
    }
    return true;
}

void FramingFields::take_options(std::string_view value) noexcept {
    while (!value.empty()) {
        const std::string_view option = take_element(value);
        close_ = close_ || equals_ignoring_case(option, "close");
        keep_alive_ = keep_alive_ || equals_ignoring_case(option, "keep-alive");
    }
}

}  // namespace volley::proto::http
