// A call that remembers what it is told, and a loop to run it on.
#pragma once

#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "client/call.hpp"
#include "client/request_text.hpp"

namespace volley::test {

/// One request for a carrier. Must outlive its exchange.
class ProbeCall final : public client::Call {
public:
    explicit ProbeCall(const client::Target& target, http::Request request = {}) : request_(std::move(request)) {
        if (request_.method.empty()) request_.method = "GET";
        wire_ = client::render_request(request_, target).value();
    }

    /// Fires it now.
    void fire(client::Carrier& carrier, Duration limit = std::chrono::seconds(20)) {
        done = false;
        error = {};
        why = {};
        status = 0;
        body.clear();
        http::Response none;
        head = none;
        sample = {};
        sample.planned = sample.started = Clock::now();
        deadline = sample.started + limit;
        carrier.fire(*this);
    }

    bool done = false;
    int ends = 0;  ///< how often on_done was called
    error_code error;
    int status = 0;
    http::Response head;
    std::string body;
    std::uint64_t most = UINT64_MAX;  ///< of the body
    std::function<bool()> when_head;
    std::function<bool()> when_body;
    std::function<void()> when_done;

private:
    client::RequestBytes bytes() override {
        const std::string_view all = wire_;
        const auto head_size = all.size() - request_.body.size();
        return {all.substr(0, head_size), all.substr(head_size), request_.method == "HEAD",
                client::is_idempotent(request_.method)};
    }
    const http::Request& request() override { return request_; }
    [[nodiscard]] std::uint64_t longest_body() const override { return most; }
    bool on_head(const client::AnswerHead& answer) override {
        status = answer.status();
        answer.copy_to(head);
        return !when_head || when_head();
    }
    bool on_body(std::string_view piece) override {
        body += piece;
        return !when_body || when_body();
    }
    void on_done(error_code with) override {
        error = with;
        done = true;
        ++ends;
        if (when_done) when_done();
    }

    http::Request request_;
    std::string wire_;
};

/// Turns the loop until something holds; generous, because a test must not depend on speed. @return whether it did.
inline bool run_until(boost::asio::io_context& io, const std::function<bool()>& holds,
                      Duration longest = std::chrono::seconds(30)) {
    const TimePoint end = Clock::now() + longest;
    while (!holds()) {
        if (Clock::now() > end) return false;
        io.restart();
        io.run_one_for(std::chrono::milliseconds(50));
    }
    return true;
}

}  // namespace volley::test
