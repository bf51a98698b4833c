// profile-level-id, by which two ends agree on what of H.264 they use. Source: RFC 6184 sections 8.1 and 8.2.2, ITU-T H.264 annex A.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <volley/error.hpp>

#include "proto/h264/error.hpp"

namespace volley::proto::h264 {

/// The three bytes in question, as they stand in an SPS.
struct ProfileLevel {
    std::uint8_t profile_idc = 0;
    std::uint8_t constraints = 0;  ///< constraint_set0_flag is the upper bit
    std::uint8_t level_idc = 0;    ///< ten times the level
    bool operator==(const ProfileLevel&) const = default;
};

/// Constrained baseline, level 3.1: what every WebRTC end must know (RFC 7742 section 6.2).
inline constexpr ProfileLevel constrained_baseline_3_1{0x42, 0xe0, 0x1f};

/// What is meant where an fmtp names none (RFC 6184 section 8.1): baseline, level 1.
inline constexpr ProfileLevel unnamed_profile{0x42, 0x00, 0x0a};

enum class Profile { other, constrained_baseline, baseline, main, extended, constrained_high, high };
/// By RFC 6184 table 5: different bytes may name one profile.
[[nodiscard]] Profile profile_of(const ProfileLevel& value) noexcept;

/// Six hexadecimal digits: `42e01f`. Errors: Errc::bad_profile.
[[nodiscard]] Result<ProfileLevel> parse_profile_level_id(std::string_view digits) noexcept;
[[nodiscard]] std::string to_string(const ProfileLevel& value);

/// The same profile, whatever the levels: what an answer must have in common with the offer (section 8.2.2). A profile that is `other` is the
/// same as one of equal bytes only.
[[nodiscard]] bool same_profile(const ProfileLevel& a, const ProfileLevel& b) noexcept;

/// Which level is lower; level 1b, which is coded beside the others, stands between 1 and 1.1.
[[nodiscard]] bool level_below(const ProfileLevel& a, const ProfileLevel& b) noexcept;

/// What an answer says: the offer's profile and, where both ends said level-asymmetry-allowed, our own level; else the lower of the two.
/// Errors: Errc::bad_profile where the profiles differ.
[[nodiscard]] Result<ProfileLevel> answer_profile(const ProfileLevel& offered, const ProfileLevel& ours,
                                                  bool asymmetry_allowed) noexcept;

}  // namespace volley::proto::h264
