#include "engine/user.hpp"

#include <algorithm>
#include <new>

namespace volley::engine {

namespace {
const Judgement right_answer;
}

User::User(Surroundings& around, Owner& owner, std::uint32_t index) : around_(around), owner_(owner), index_(index) {}

void User::begin(TimePoint planned, TimePoint now, std::uint64_t iteration) {
    iteration_ = iteration;
    step_ = 0;
    under_way_ = true;
    cancelled_ = false;
    around_.recorder.iteration_began();
    send(planned, now);
}

void User::send(TimePoint planned, TimePoint now) {
    const PreparedStep& step = *live().step;
    sample = {};
    sample.step = step_;
    sample.planned = planned;
    sample.started = now;
    deadline = std::max(planned, sample.started) + step.timeout;
    if (!why.message.empty()) why = {};
    if (keeps_answer()) {
        if (!exchange_) exchange_ = std::make_unique<client::Exchange>();
        exchange_->response.headers = {};
        exchange_->response.body.clear();
    }
    around_.recorder.started(sample);
    live().carrier->fire(*this);
}

client::RequestBytes User::bytes() {
    const LiveStep& step = live();
    const bool head = step.step->request.method == "HEAD";
    if (!step.has_slots) return {step.bytes.head(), step.bytes.body(), head, step.idempotent};
    step.bytes.render(index_, iteration_, around_.scratch);
    return {around_.scratch, {}, head, step.idempotent};
}

const http::Request& User::request() {
    const LiveStep& step = live();
    if (!step.has_slots) return step.step->request;
    if (!filled_) filled_ = std::make_unique<http::Request>();
    *filled_ = step.step->request;
    fill(*filled_, index_, iteration_);
    return *filled_;
}

bool User::on_head(const client::AnswerHead& head) {
    if (!keeps_answer()) return true;
    if (live().step->keeps_head)
        head.copy_to(exchange_->response);
    else
        exchange_->response.status = head.status();
    return true;
}

bool User::on_body(std::string_view piece) {
    if (keeps_answer() && live().step->target.keep_body) exchange_->response.body += piece;
    return true;
}

void User::on_done(error_code error) {
    sample.outcome = metrics::outcome_of(error);
    judge(error);
    if (step_ == 0) {
        whole_ = sample;
    } else {
        whole_.bytes += sample.bytes;
        whole_.done = sample.done;
        whole_.status = sample.status;
        whole_.outcome = sample.outcome;
        whole_.right = sample.right;
        whole_.repeated = whole_.repeated || sample.repeated;
    }
    // What follows a wrong answer would build on one that did not come.
    if (!sample.right || step_ + 1U == around_.steps.size()) return end();
    if (cancelled_) {
        whole_.outcome = metrics::Outcome::cancelled;
        return end();
    }
    ++step_;
    const TimePoint now = Clock::now();
    send(now, now);
}

void User::judge(error_code error) {
    const PreparedStep& step = *live().step;
    auto& recorder = around_.recorder;
    if (!error && !keeps_answer()) {
        sample.right = sample.status >= 200 && sample.status < 400;
        if (sample.right) return recorder.ended(sample, right_answer, step.name);
        return recorder.ended(sample, {"status", "status is " + std::to_string(sample.status)}, step.name);
    }
    Judgement judgement;
    if (error) {
        judgement.kind = metrics::to_string(sample.outcome);
        judgement.example = error.message();
        if (!why.message.empty()) judgement.example += " (" + why.message + ')';
    } else {
        exchange_->sample = sample;
        try {
            judgement = step.judge(*exchange_);
        } catch (const std::bad_alloc&) {
            throw;  // no answer's fault
        } catch (const std::exception& wrong) {
            judgement = {"check", std::string("it cannot be checked: ") + wrong.what()};
        }
    }
    sample.right = judgement.kind.empty();
    recorder.ended(sample, judgement, step.name);
}

void User::end() {
    under_way_ = false;
    around_.recorder.iteration_ended(whole_);
    owner_.iteration_ended(*this);
}

void User::cancel() {
    if (!under_way_ || cancelled_) return;
    cancelled_ = true;
    live().carrier->cancel(*this);
}

void User::abandon(net::DeadlineQueue& timers) noexcept {
    wake(timers);
    if (!std::exchange(under_way_, false)) return;
    whole_.outcome = metrics::Outcome::cancelled;
    around_.recorder.iteration_ended(whole_);
}

}  // namespace volley::engine
