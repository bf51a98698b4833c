#include "base/endpoint.hpp"

#include <algorithm>
#include <charconv>

namespace volley {
namespace {

std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) noexcept {
    std::array<std::uint8_t, 4> out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::size_t end = i < 3 ? text.find('.') : text.size();
        if (end == std::string_view::npos || end == 0 || end > 3) return std::nullopt;
        if (end > 1 && text[0] == '0') return std::nullopt;  // octal to some, decimal to others
        const auto [rest, error] = std::from_chars(text.data(), text.data() + end, out[i]);
        if (error != std::errc() || rest != text.data() + end) return std::nullopt;
        text.remove_prefix(i < 3 ? end + 1 : end);
    }
    return out;
}

// The groups of half an address: `1:2:3`, the last of them perhaps an IPv4 address. False where it is none, or longer than `room` bytes.
bool parse_groups(std::string_view text, std::span<std::uint8_t> room, std::size_t& size) noexcept {
    size = 0;
    if (text.empty()) return true;
    for (;;) {
        const std::size_t colon = text.find(':');
        const std::string_view group = text.substr(0, colon);
        if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
            const auto v4 = parse_v4(group);
            if (!v4 || size + 4 > room.size()) return false;
            std::copy(v4->begin(), v4->end(), room.begin() + static_cast<std::ptrdiff_t>(size));
            size += 4;
            return true;
        }
        std::uint16_t value = 0;
        const char* const end = group.data() + group.size();
        const auto [rest, error] = std::from_chars(group.data(), end, value, 16);
        if (group.empty() || group.size() > 4 || error != std::errc() || rest != end || size + 2 > room.size()) return false;
        room[size++] = static_cast<std::uint8_t>(value >> 8);
        room[size++] = static_cast<std::uint8_t>(value);
        if (colon == std::string_view::npos) return true;
        text.remove_prefix(colon + 1);
    }
}

std::optional<std::array<std::uint8_t, 16>> parse_v6(std::string_view text) noexcept {
    std::array<std::uint8_t, 16> out{};
    std::size_t size = 0;
    const std::size_t gap = text.find("::");
    if (gap == std::string_view::npos) {
        if (!parse_groups(text, out, size) || size != out.size()) return std::nullopt;
        return out;
    }
    // A gap stands for one group at least, and there is no second one: an empty group within either half is refused.
    std::array<std::uint8_t, 14> tail{};
    if (!parse_groups(text.substr(0, gap), std::span(out).first(14), size)) return std::nullopt;
    if (text.substr(0, gap).find('.') != std::string_view::npos) return std::nullopt;  // an IPv4 address ends the whole
    std::size_t tail_size = 0;
    if (!parse_groups(text.substr(gap + 2), std::span(tail).first(14 - size), tail_size)) return std::nullopt;
    std::copy_n(tail.begin(), tail_size, out.end() - static_cast<std::ptrdiff_t>(tail_size));
    return out;
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) noexcept {
    IpAddress out;
    for (std::size_t i = 0; i < 4; ++i) out.bytes_[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    return out;
}

std::optional<IpAddress> IpAddress::from_bytes(BytesView bytes) noexcept {
    if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
    IpAddress out;
    out.size_ = static_cast<std::uint8_t>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
    return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept {
    if (text.find(':') == std::string_view::npos) {
        const auto v4 = parse_v4(text);
        return v4 ? from_bytes(*v4) : std::nullopt;
    }
    const auto v6 = parse_v6(text);
    return v6 ? from_bytes(*v6) : std::nullopt;
}

bool IpAddress::is_unspecified() const noexcept {
    return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_loopback() const noexcept {
    if (is_v4()) return bytes_[0] == 127;
    return bytes_[15] == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_link_local() const noexcept {
    if (is_v4()) return bytes_[0] == 169 && bytes_[1] == 254;
    return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_multicast() const noexcept {
    if (is_v6()) return bytes_[0] == 0xff;
    return (bytes_[0] & 0xf0) == 0xe0 ||
           std::all_of(bytes_.begin(), bytes_.begin() + 4, [](std::uint8_t b) { return b == 0xff; });
}

IpAddress IpAddress::unmapped() const noexcept {
    constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (!is_v6() || !std::equal(prefix.begin(), prefix.end(), bytes_.begin())) return *this;
    return *from_bytes(BytesView(bytes_).subspan(12));
}

std::string IpAddress::to_string() const {
    std::string out;
    const auto append = [&out](unsigned value, int base) {
        std::array<char, 8> digits{};
        out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr);
    };
    if (const IpAddress inner = unmapped(); inner.is_v4()) {
        if (is_v6()) out += "::ffff:";
        for (std::size_t i = 0; i < 4; ++i) {
            if (i > 0) out += '.';
            append(inner.bytes_[i], 10);
        }
        return out;
    }
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = static_cast<unsigned>(bytes_[2 * i] << 8 | bytes_[2 * i + 1]);
    // The longest run of zeros is left out, the first of several, never a single one: RFC 5952 section 4.2.
    std::size_t gap = groups.size();
    std::size_t gap_size = 1;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        std::size_t end = i;
        while (end < groups.size() && groups[end] == 0) ++end;
        if (end - i > gap_size) {
            gap = i;
            gap_size = end - i;
        }
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (i == gap) {
            out += "::";
            i += gap_size - 1;
            continue;
        }
        if (!out.empty() && out.back() != ':') out += ':';
        append(groups[i], 16);
    }
    return out;
}

std::string Endpoint::to_string() const {
    const std::string text = address.to_string();
    return (address.is_v6() ? '[' + text + ']' : text) + ':' + std::to_string(port);
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) noexcept {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = IpAddress::parse(host);
    Endpoint out;
    const auto [rest, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), out.port);
    if (!address || address->is_v6() != bracketed || error != std::errc() || rest != text.data() + text.size())
        return std::nullopt;
    out.address = *address;
    return out;
}

}  // namespace volley
