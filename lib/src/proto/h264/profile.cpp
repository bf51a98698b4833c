#include "proto/h264/profile.hpp"

#include <array>
#include <charconv>

namespace volley::proto::h264 {
namespace {

constexpr std::uint8_t baseline_idc = 66;
constexpr std::uint8_t main_idc = 77;
constexpr std::uint8_t extended_idc = 88;
constexpr std::uint8_t high_idc = 100;
constexpr std::uint8_t level_1b_flag = 0x10;  // constraint_set3_flag
constexpr std::uint8_t level_1b_idc = 9;      // where it has a number of its own
constexpr std::uint8_t level_1_1_idc = 11;

// RFC 6184 table 5: the bits of `mask` must be those of `value`, the others may be anything.
struct Pattern {
    std::uint8_t profile_idc;
    std::uint8_t mask;
    std::uint8_t value;
    Profile profile;
};
constexpr std::array<Pattern, 9> patterns{{
    {baseline_idc, 0x4f, 0x40, Profile::constrained_baseline},
    {main_idc, 0x8f, 0x80, Profile::constrained_baseline},
    {extended_idc, 0xcf, 0xc0, Profile::constrained_baseline},
    {baseline_idc, 0x4f, 0x00, Profile::baseline},
    {extended_idc, 0xcf, 0x80, Profile::baseline},
    {main_idc, 0xaf, 0x00, Profile::main},
    {extended_idc, 0xcf, 0x00, Profile::extended},
    {high_idc, 0xff, 0x00, Profile::high},
    {high_idc, 0xff, 0x0c, Profile::constrained_high},
}};

// Constraint set 3 means level 1b in these (annex A.3.1), and something else in the others.
bool codes_1b_by_flag(const ProfileLevel& value) noexcept {
    return value.profile_idc == baseline_idc || value.profile_idc == main_idc || value.profile_idc == extended_idc;
}

bool is_1b(const ProfileLevel& value) noexcept {
    if (value.level_idc == level_1b_idc) return true;
    return codes_1b_by_flag(value) && value.level_idc == level_1_1_idc && (value.constraints & level_1b_flag) != 0;
}

// Twice the level's number, so that 1b finds a place behind 1.
unsigned rank(const ProfileLevel& value) noexcept { return is_1b(value) ? 21U : 2U * value.level_idc; }

void set_level(ProfileLevel& value, const ProfileLevel& from) noexcept {
    if (codes_1b_by_flag(value)) {
        value.constraints = static_cast<std::uint8_t>(value.constraints & ~level_1b_flag);
        if (is_1b(from)) value.constraints |= level_1b_flag;
        value.level_idc = is_1b(from) ? level_1_1_idc : from.level_idc;
    } else {
        value.level_idc = is_1b(from) ? level_1b_idc : from.level_idc;
    }
}

}  // namespace

Profile profile_of(const ProfileLevel& value) noexcept {
    for (const Pattern& pattern : patterns)
        if (pattern.profile_idc == value.profile_idc && (value.constraints & pattern.mask) == pattern.value)
            return pattern.profile;
    return Profile::other;
}

Result<ProfileLevel> parse_profile_level_id(std::string_view digits) noexcept {
    constexpr std::size_t size = 6;
    constexpr int hexadecimal = 16;
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, hexadecimal);
    if (digits.size() != size || error != std::errc() || end != digits.data() + size) return Errc::bad_profile;
    return ProfileLevel{static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8),
                        static_cast<std::uint8_t>(number)};
}

std::string to_string(const ProfileLevel& value) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const unsigned byte : {value.profile_idc, value.constraints, value.level_idc}) {
        out += digits[byte >> 4];
        out += digits[byte & 0xfU];
    }
    return out;
}

bool same_profile(const ProfileLevel& a, const ProfileLevel& b) noexcept {
    const Profile profile = profile_of(a);
    if (profile != profile_of(b)) return false;
    return profile != Profile::other || (a.profile_idc == b.profile_idc && a.constraints == b.constraints);
}

bool level_below(const ProfileLevel& a, const ProfileLevel& b) noexcept { return rank(a) < rank(b); }

Result<ProfileLevel> answer_profile(const ProfileLevel& offered, const ProfileLevel& ours, bool asymmetry_allowed) noexcept {
    if (!same_profile(offered, ours)) return Errc::bad_profile;
    ProfileLevel out = offered;
    if (asymmetry_allowed || level_below(ours, offered)) set_level(out, ours);
    return out;
}

}  // namespace volley::proto::h264
