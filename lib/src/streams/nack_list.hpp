// The packets of one stream that are missing, and when each is to be asked for again. Source: RFC 4585 section 6.2.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <volley/time.hpp>

namespace volley::streams {

/// Thread safety: as a plain value.
class NackList {
public:
    static constexpr std::size_t most_missing = 500;
    static constexpr int most_tries = 10;

    explicit NackList(Duration most_age) noexcept : most_age_(most_age) {}

    /// Numbers from `from` to below `to`, all above or all below those that are there, are missing. @return whether they are few enough; else the list is
    /// empty now, since nobody resends that much in time.
    [[nodiscard]] bool add(TimePoint now, std::uint64_t from, std::uint64_t to);
    void remove(std::uint64_t sequence);
    void remove_before(std::uint64_t sequence);
    void clear() noexcept;
    [[nodiscard]] bool contains(std::uint64_t sequence) const noexcept;
    /// When it was asked for first.
    [[nodiscard]] std::optional<TimePoint> first_asked(std::uint64_t sequence) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return missing_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return missing_.size(); }

    struct Due {
        std::vector<std::uint16_t> ask;         ///< ascending
        std::optional<std::uint64_t> given_up;  ///< the highest of those that were asked for often or long enough; they are gone
    };
    struct Pace {
        Duration wait{};      ///< before the first request: a packet that was overtaken is not asked for at once
        Duration interval{};  ///< between two requests
    };
    [[nodiscard]] Due take_due(TimePoint now, const Pace& pace);
    /// When take_due() is to be called, at the latest; it may have nothing then, where what was due first has come in between. Takes no walk, since it is
    /// asked for with every packet of every stream.
    [[nodiscard]] std::optional<TimePoint> next(const Pace& pace) const noexcept;

    /// How many entries were looked at so far, one by one: what the list costs.
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

private:
    struct Missing {
        std::uint64_t sequence;
        TimePoint since;
        TimePoint first_asked;
        TimePoint asked;
        int tries;
    };
    // The earliest of each kind, or earlier: what is removed may have been it.
    struct Earliest {
        TimePoint since = TimePoint::max();  // of all
        TimePoint fresh = TimePoint::max();  // `since` of those that were not asked for
        TimePoint asked = TimePoint::max();  // of the others
        void note(const Missing& missing) noexcept;
    };
    [[nodiscard]] TimePoint due_at(const Missing& missing, const Pace& pace) const noexcept;
    [[nodiscard]] std::deque<Missing>::const_iterator find(std::uint64_t sequence) const noexcept;
    void forget_earliest() noexcept;

    Duration most_age_;
    std::deque<Missing> missing_;  // ascending
    Earliest earliest_;
    std::uint64_t steps_ = 0;
};

}  // namespace volley::streams
