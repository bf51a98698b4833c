// One user of a phase: sends the steps one after the other, each once the one before is answered.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/call.hpp"
#include "engine/plan.hpp"
#include "engine/recorder.hpp"
#include "engine/request_template.hpp"
#include "net/deadline_queue.hpp"

namespace volley::engine {

class User;

/// A step as a worker sends it.
struct LiveStep {
    const PreparedStep* step = nullptr;
    RequestTemplate bytes;
    bool idempotent = true;
    bool has_slots = false;
    client::Carrier* carrier = nullptr;
};

/// What the users of one worker share.
struct Surroundings {
    std::vector<LiveStep> steps;
    Recorder recorder;
    std::string scratch{};  ///< a rendered request, until the next
    std::uint64_t longest_kept_body = UINT64_MAX;
    bool keeps_answers = false;  ///< some step judges more than the status

    explicit Surroundings(std::function<void(Recorder::Batch)> samples) : recorder(std::move(samples)) {}
};

/// Its owner starts it, is told when it is through, and may start it again from within.
class User final : private client::Call, private net::DeadlineQueue::Item {
public:
    class Owner {
    public:
        virtual void iteration_ended(User& user) = 0;
        virtual void rested(User& user) = 0;

    protected:
        ~Owner() = default;
    };

    User(Surroundings& around, Owner& owner, std::uint32_t index);

    /// Sends all steps, once. @param now  the actual start. @param iteration  number of the iteration, for slots.
    void begin(TimePoint planned, TimePoint now, std::uint64_t iteration);
    /// Owner::rested at an instant.
    void rest_until(net::DeadlineQueue& timers, TimePoint when) {
        resting_ = true;
        timers.arm(*this, when);
    }
    /// Ends a rest without a word. @return whether there was one.
    bool wake(net::DeadlineQueue& timers) noexcept {
        timers.disarm(*this);
        return std::exchange(resting_, false);
    }
    /// Ends the iteration: what is under way is cancelled, and not recorded.
    void cancel();
    /// Ends a rest, or an iteration whose carrier is gone, without a word.
    void abandon(net::DeadlineQueue& timers) noexcept;

    [[nodiscard]] bool under_way() const noexcept { return under_way_; }
    [[nodiscard]] std::uint32_t index() const noexcept { return index_; }
    /// Of the last iteration, from the planned start of the first step to the end of the last; `right` if all were.
    [[nodiscard]] const metrics::Sample& whole() const noexcept { return whole_; }
    std::uint64_t iterations = 0;  ///< for the owner

private:
    void send(TimePoint planned, TimePoint now);
    client::RequestBytes bytes() override;
    const http::Request& request() override;
    [[nodiscard]] bool looks_at_status_only() const override { return !keeps_answer(); }
    [[nodiscard]] std::uint64_t longest_body() const override {
        return keeps_answer() && live().step->target.keep_body ? around_.longest_kept_body : UINT64_MAX;
    }
    bool on_head(const client::AnswerHead& head) override;
    bool on_body(std::string_view piece) override;
    void on_done(error_code error) override;
    void on_deadline() override {
        resting_ = false;
        owner_.rested(*this);
    }
    void judge(error_code error);
    void end();
    [[nodiscard]] const LiveStep& live() const noexcept { return around_.steps[step_]; }
    [[nodiscard]] bool keeps_answer() const noexcept { return live().step->judge != nullptr; }

    Surroundings& around_;
    Owner& owner_;
    metrics::Sample whole_;
    std::unique_ptr<client::Exchange> exchange_;  ///< only where the answer is judged
    std::unique_ptr<http::Request> filled_;       ///< only where a carrier renders a request with slots
    std::uint64_t iteration_ = 0;
    std::uint32_t index_;
    std::uint16_t step_ = 0;
    bool under_way_ = false;
    bool cancelled_ = false;
    bool resting_ = false;
};

}  // namespace volley::engine
