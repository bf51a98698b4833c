// One thread of load with everything that is its own: an event loop, connections, users, figures. Nothing is shared with the others.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "engine/plan.hpp"
#include "engine/turns.hpp"
#include "engine/user.hpp"

namespace volley::engine {

/// Runs its share of a phase: of n workers the one numbered i has every n-th user and arrival.
/// Thread safety: post() and counts() from any thread, everything else on its own loop.
class Worker final : private User::Owner {
public:
    /// @param samples  takes batches of samples, on the worker's thread; may be empty.
    Worker(const PhasePlan& plan, unsigned index, unsigned workers, std::function<void(Recorder::Batch)> samples);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker();

    /// Runs `what` on the loop.
    template <class What>
    void post(What what) {
        boost::asio::post(io_, std::move(what));
    }
    /// The loop: returns after finish(). What is thrown on it ends all that this worker does, as fail() does.
    void run();
    /// Ends everything, for good: nothing starts any more, what is under way hears no more, and who waits for a reply gets it.
    /// @param what  the reason, for PhaseOutcome::trouble.
    void fail(const char* what) noexcept;

    /// Closed and open phases: begins, and says when all has ended. What time ends goes on until then, whatever there is to do; what a count
    /// of iterations ends is over with its last answer.
    /// @param over  given the instant of the last answer, or the end of the time where that came later.
    void begin(TimePoint start, std::function<void(TimePoint last)> over);

    /// What came of preparing a burst: sockets held, and why not all.
    struct Ready {
        std::size_t held = 0;
        std::size_t wanted = 0;
        error_code error;
        std::string why;
    };
    /// Opens new sockets for its users of a burst. A server with a small backlog takes only some of many at once: as long as it takes any,
    /// the others are tried again, for the time that a connect may take.
    void prepare_burst(std::function<void(Ready)> ready);
    /// Fires them at one instant; the samples are those of whole iterations.
    void fire_burst(TimePoint planned, std::function<void(std::vector<metrics::Sample>)> over);

    /// Ends early: nothing starts any more, and what is under way is cancelled.
    void stop();
    /// Runs on for so much longer. @return false where the end is past already. True where all iterations are made, for
    /// which there is nothing to run on.
    bool extend(Duration more);
    /// A copy of what there is so far.
    [[nodiscard]] PhaseOutcome so_far() const;
    [[nodiscard]] Recorder::Glance take_glance() { return around_.recorder.take_glance(Clock::now()); }
    [[nodiscard]] Recorder::Counts counts() const noexcept { return around_.recorder.counts(); }

    /// Closes everything and hands over the figures; run() returns then.
    [[nodiscard]] PhaseOutcome finish();

private:
    void break_off();
    void make_carriers();
    void watch_timer();

    // closed
    void begin_closed();
    void next_iteration(User& user);
    void wait_for_end();
    // open
    void arrivals(bool with_answer = false);
    void arrivals_with_answer();
    void arrive(TimePoint planned, TimePoint now);
    [[nodiscard]] bool full() const noexcept { return active_ >= most_users_; }
    void wait_for_arrival(TimePoint when);
    void give_up_some_arrivals();
    // bursts
    void prepare_rest();
    void prepared();

    void iteration_ended(User& user) override;
    void rested(User& user) override;
    [[nodiscard]] bool ended_by_count() const noexcept;
    void end_load(TimePoint at);
    void note_end_of_load();
    void end_rests();
    void end_if_over();
    User& make_user();
    /// This worker's part of a number that all share.
    [[nodiscard]] std::uint64_t share(std::uint64_t of_all) const noexcept;
    void sleep_on(boost::asio::steady_timer& timer, TimePoint until, std::function<void()> then);

    enum class Kind : std::uint8_t { burst, closed, open };

    const PhasePlan& plan_;
    const unsigned index_;
    const unsigned workers_;
    const Kind kind_;
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    Surroundings around_;
    net::DeadlineQueue timers_;
    std::map<std::string, std::unique_ptr<client::Carrier>> carriers_;
    std::deque<User> users_;  // their addresses stay
    std::vector<User*> free_;
    std::size_t active_ = 0;
    bool stopped_ = false;
    bool load_over_ = false;  ///< nothing is to start any more, because of the time or because it was stopped
    bool ended_ = false;
    bool fired_ = false;     ///< the burst has begun
    bool finished_ = false;  ///< the loop is to end
    std::function<void(TimePoint)> over_;
    TimePoint start_{};
    TimePoint end_ = TimePoint::max();
    TimePoint last_{};  ///< of the answers

    std::uint64_t iterations_left_ = UINT64_MAX;
    std::uint64_t next_iteration_ = 0;

    std::optional<load::Striped> schedule_;
    std::optional<Duration> next_arrival_;
    boost::asio::steady_timer arrival_timer_;
    std::uint64_t arrivals_passed_ = 0;
    std::size_t most_users_ = 0;
    TimePoint next_look_{};
    Turns starts_;
    TimePoint arrival_timer_at_ = TimePoint::max();  ///< max: not set
    bool arrivals_rest_ = false;                     ///< until the timer, or an answer
    TimePoint excused_{};                            ///< until then what cannot start is our doing
    int turns_ = 0;

    Ready ready_;
    TimePoint prepare_until_{};
    std::size_t prepared_first_ = 0;  ///< the origin that is prepared
    std::size_t prepared_held_ = 0;   ///< of its connections, when last looked at
    std::function<void(Ready)> on_ready_;
    std::function<void(std::vector<metrics::Sample>)> on_burst_;

    boost::asio::steady_timer tick_;
    std::uint64_t opened_ = 0;  ///< by carriers that are gone
    Duration cpu_before_{};
    TimePoint began_{};
    /// What the load took of the processor until when.
    struct Spent {
        Duration cpu{};
        TimePoint until{};
    };
    std::optional<Spent> spent_;
};

}  // namespace volley::engine
