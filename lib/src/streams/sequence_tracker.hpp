// The sequence numbers of one source: rollovers counted, what came twice found, and losses as reports state them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace volley::streams {

/// The whole number nearest to `near` that ends in these 16 bits. @param near  65536 or more.
[[nodiscard]] constexpr std::uint64_t unwrapped(std::uint16_t number, std::uint64_t near) noexcept {
    const auto distance = static_cast<std::int16_t>(static_cast<std::uint16_t>(number - static_cast<std::uint16_t>(near)));
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(near) + distance);
}

enum class Arrival : std::uint8_t {
    fresh,      ///< was not there before
    duplicate,  ///< was, or is too old to say
    restart,    ///< fresh, and the first one of a numbering that begins anew
    stray       ///< far from all others: it is dropped, unless the next one follows it
};

/// Source: RFC 3550 section 6.4.1, appendices A.1 and A.3. Thread safety: as a plain value.
class SequenceTracker {
public:
    static constexpr std::uint64_t window = 4096;  ///< numbers back from the highest of which is known whether they came

    struct Numbered {
        std::uint64_t sequence = 0;  ///< 65536 or more
        Arrival arrival = Arrival::fresh;
    };
    /// A packet that came as it was sent first.
    [[nodiscard]] Numbered take(std::uint16_t number) noexcept;
    /// One that came by way of RTX, which reports do not count (RFC 4588 section 6.3); nothing before the first one of the other kind.
    [[nodiscard]] std::optional<Numbered> take_resent(std::uint16_t number) noexcept;

    [[nodiscard]] bool started() const noexcept { return started_; }
    [[nodiscard]] std::uint64_t highest() const noexcept { return highest_; }
    /// Expected and not received; below zero where packets came twice.
    [[nodiscard]] std::int64_t lost() const noexcept;

    /// Expected and never seen, be it by way of RTX.
    [[nodiscard]] std::uint64_t missing() const noexcept;

    /// Of 256, since the last call.
    [[nodiscard]] std::uint8_t take_fraction_lost() noexcept;

private:
    void begin(std::uint64_t sequence) noexcept;
    [[nodiscard]] Arrival mark(std::uint64_t sequence) noexcept;

    bool started_ = false;
    std::uint64_t base_ = 0;
    std::uint64_t highest_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t fresh_ = 0;           // of those expected, the ones that came in whatever way
    std::int64_t lost_before_ = 0;      // a restart
    std::uint64_t missing_before_ = 0;  // likewise
    std::uint64_t expected_prior_ = 0;
    std::uint64_t received_prior_ = 0;
    std::optional<std::uint16_t> stray_next_;
    std::array<std::uint64_t, window / 64> seen_{};
};

}  // namespace volley::streams
