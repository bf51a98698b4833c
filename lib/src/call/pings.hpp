// A series of pings on a data channel, and which answer belongs to which. Pure: `now` in; texts, a deadline and samples out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <volley/call/offer.hpp>
#include <volley/metrics/sample.hpp>
#include <volley/time.hpp>

namespace volley::call {

/// A ping that is to be sent now.
struct Ping {
    std::uint64_t sequence = 0;  ///< from 1
    TimePoint planned;
    std::string text;
};

/// What an incoming message was.
enum class Answer : std::uint8_t {
    pong,       ///< of a ping that waited for it
    late,       ///< of one that was given up
    repeated,   ///< once more
    withdrawn,  ///< of one that is no longer asked for
    strange,    ///< of none
};

/// `ping 1`, `ping 2`, ..., with dots behind up to a size, at planned instants whatever becomes of the others. An answer is the same text,
/// or the same with `pong` for `ping`. What is planned and could not begin for a second and more is missed, not made up for in a heap. Back to
/// back (PingPlan::every is zero) a ping is planned when the one before is answered or lost, and none is missed.
/// Thread safety: as a plain value.
class PingSeries {
public:
    static constexpr std::size_t most_under_way = 65'536;
    static constexpr Duration most_late = std::chrono::seconds(1);

    /// @param start  of the first ping.
    PingSeries(const PingPlan& plan, TimePoint start);

    /// The next ping whose instant has come; the caller says sent() and sends it before it asks again.
    [[nodiscard]] std::optional<Ping> poll(TimePoint now);
    void sent(TimePoint at);
    /// The channel did not take what sent() told of.
    void refused();

    /// @return  what it was; for a pong, take it with last().
    Answer handle_message(TimePoint at, std::string_view data);
    /// The ping of the newest pong.
    struct Round {
        std::uint64_t sequence = 0;
        bool out_of_order = false;
        metrics::Sample sample;
    };
    [[nodiscard]] const Round& last() const noexcept { return last_; }

    /// The oldest ping whose time is over at `now`; it is lost from then on.
    [[nodiscard]] std::optional<Round> expire(TimePoint now);
    /// There will be no answer any more: as if the time of all that are under way were over.
    [[nodiscard]] std::optional<Round> give_up(TimePoint now);
    /// Those that are under way are asked for no longer: they are neither answered nor lost, as if they had not been sent.
    /// @return  how many they are.
    std::uint64_t withdraw();
    /// None is planned any longer.
    void stop() noexcept { stopped_ = true; }

    /// None is planned any longer, none is under way.
    [[nodiscard]] bool done() const noexcept;
    [[nodiscard]] std::optional<TimePoint> next_timeout() const;

    [[nodiscard]] std::uint64_t planned() const noexcept { return next_ - 1; }  ///< whose instant has come
    [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }     ///< too late for them, by our own fault
    [[nodiscard]] std::uint64_t saturated() const noexcept {
        return saturated_;
    }  ///< not taken by the channel, or too many under way
    [[nodiscard]] std::uint64_t under_way() const noexcept { return under_way_; }
    /// When the first of those was sent.
    [[nodiscard]] std::optional<TimePoint> oldest_under_way() const;

private:
    enum class Fate : std::uint8_t { waiting, answered, lost, unsent, withdrawn };
    struct Slot {
        TimePoint planned;
        TimePoint sent;
        Fate fate;
    };
    [[nodiscard]] TimePoint due(std::uint64_t sequence) const noexcept;
    [[nodiscard]] bool all_planned() const noexcept;
    [[nodiscard]] bool back_to_back() const noexcept { return plan_.every == Duration::zero(); }
    void push(Slot slot);
    [[nodiscard]] std::string_view tail(std::uint64_t sequence);
    [[nodiscard]] Round round_of(std::uint64_t sequence, const Slot& slot) const;
    [[nodiscard]] Round lose(std::uint64_t sequence, Slot& slot, TimePoint now);

    PingPlan plan_;
    TimePoint start_;
    TimePoint ready_;  // back to back: when the one before was over
    bool stopped_ = false;
    std::uint64_t next_ = 1;     // to be planned
    std::uint64_t first_ = 1;    // of slots_
    std::uint64_t oldest_ = 1;   // none before it waits
    std::uint64_t highest_ = 0;  // answered
    std::deque<Slot> slots_;
    std::uint64_t under_way_ = 0;
    std::uint64_t missed_ = 0;
    std::uint64_t saturated_ = 0;
    Round last_;
    std::string text_;
};

}  // namespace volley::call
