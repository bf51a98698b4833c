#include "proto/dtls/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/trim.hpp"

namespace volley::proto::dtls {
namespace {

struct Known {
    HashFunction hash;
    std::string_view name;
    std::size_t bytes;
};
constexpr std::array<Known, 3> known{
    {{HashFunction::sha_256, "sha-256", 32}, {HashFunction::sha_384, "sha-384", 48}, {HashFunction::sha_512, "sha-512", 64}}};

const Known& about(HashFunction hash) noexcept { return known[static_cast<std::size_t>(hash)]; }

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::optional<std::uint8_t> digit(char c) noexcept {
    c = lower(c);
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    return std::nullopt;
}

}  // namespace

std::string_view to_string(HashFunction hash) noexcept { return about(hash).name; }

Result<Fingerprint> parse_fingerprint(std::string_view text) {
    text = trim_space(text);
    if (text.empty()) return ParseErrc::empty;
    const std::size_t blank = std::min(text.find(' '), text.size());
    const std::string_view name = text.substr(0, blank);
    const auto* const found = std::find_if(known.begin(), known.end(), [name](const Known& k) {
        return std::equal(k.name.begin(), k.name.end(), name.begin(), name.end(), [](char a, char b) { return a == lower(b); });
    });
    if (found == known.end()) return ParseErrc::bad_unit;

    Fingerprint fingerprint{found->hash, {}};
    const std::string_view digits = trim_space(text.substr(blank));
    // Two digits and a colon each, but for the last one's colon.
    if (digits.size() != found->bytes * 3 - 1) return ParseErrc::out_of_range;
    for (std::size_t i = 0; i < digits.size(); i += 3) {
        const auto high = digit(digits[i]);
        const auto low = digit(digits[i + 1]);
        if (!high || !low || (i + 2 < digits.size() && digits[i + 2] != ':')) return ParseErrc::bad_number;
        fingerprint.digest.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
    }
    return fingerprint;
}

std::string to_string(const Fingerprint& fingerprint) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text(to_string(fingerprint.hash));
    char separator = ' ';
    for (const std::uint8_t byte : fingerprint.digest) {
        text += separator;
        text += digits[byte >> 4];
        text += digits[byte & 15];
        separator = ':';
    }
    return text;
}

}  // namespace volley::proto::dtls
