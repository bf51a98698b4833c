#include <volley/verify/self_test.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <volley/verdict/expect.hpp>

#include "verify/builtin.hpp"

namespace volley::verify {
namespace asio = boost::asio;
using verdict::Headline;
using verdict::Question;
using verdict::Reply;

namespace {

/// What one server is asked.
Options options_for(const KnownServer& server, Options options) {
    if (server.most > 0) options.most = std::min(options.most, server.most);
    const auto asks = [&](Question q) {
        return std::ranges::any_of(server.answers, [q](const auto& a) { return a.question == q; });
    };
    options.streaming = asks(Question::streaming);
    options.cancellation = asks(Question::cancellation);
    options.gauge = server.gauge;
    options.isolation = asks(Question::isolation) ? "/ping" : "";
    return options;
}

void hold_answers_against(SelfTested& tested) {
    for (const auto& truth : tested.server.answers) {
        const auto& answers = tested.result.answers;
        const auto given = std::ranges::find(answers, truth.question, &verdict::Answer::question);
        const Reply reply = given == answers.end() ? Reply::unknown : given->reply;
        if (reply == truth.reply) continue;
        const auto words = given == answers.end() ? std::string("there was no time to ask") : given->words;
        (reply == Reply::unknown ? tested.unknown : tested.wrong)
            .push_back(fmt::format("{}: {} instead of {}: {}", to_string(truth.question), to_string(reply),
                                   to_string(truth.reply), words));
    }
}

void hold_against(SelfTested& tested) {
    const auto& record = tested.result.record;
    if (!tested.result.unreachable.empty()) {
        tested.trouble = tested.result.unreachable;
        return;
    }
    if (record.headline != tested.server.headline) {
        auto& place = record.headline == Headline::inconclusive ? tested.unknown : tested.wrong;
        place.push_back(std::string(to_string(record.headline)) + " instead of " +
                        std::string(to_string(tested.server.headline)));
    }
    for (const auto& text : tested.server.truths) {
        const auto read = verdict::parse_expectation(text);
        const auto* expected = std::get_if<verdict::Expectation>(&read);
        if (expected == nullptr) {
            tested.trouble = "not an expectation: " + text;
            return;
        }
        const auto outcome = verdict::test(*expected, record);
        if (outcome.met == verdict::Met::no) tested.wrong.push_back(outcome.words);
        if (outcome.met == verdict::Met::unknown) tested.unknown.push_back(outcome.words);
    }
    hold_answers_against(tested);
}

}  // namespace

asio::awaitable<std::vector<SelfTested>> self_test(std::vector<KnownServer> servers, Options options, SelfTestObserver observer) {
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto executor = co_await asio::this_coro::executor;
    std::vector<SelfTested> out;
    for (auto& server : servers) {
        if (observer.began) observer.began(server);
        const TimePoint start = Clock::now();
        SelfTested& tested = out.emplace_back();
        std::string kind = server.kind;  // named: GCC bug 107288
        std::vector<std::string> faults = server.faults;
        Builtin builtin = co_await start_builtin(executor, std::move(kind), std::move(faults), server.service, options.time);
        tested.server = std::move(server);
        tested.trouble = builtin.trouble;
        if (builtin.process) {
            client::DirectRequest request = builtin.request;
            if (!tested.server.path.empty()) {
                request.name = "GET " + tested.server.path.substr(0, tested.server.path.find('?'));
                request.request.target = tested.server.path;
            }
            Options own = options_for(tested.server, options);
            std::function<void(const Progress&)> tell = observer.progress;
            auto result = co_await run(std::move(request), std::move(own), std::move(tell));
            tested.result = std::move(result);
            co_await builtin.process->stop();
            hold_against(tested);
        }
        tested.took = Clock::now() - start;
        const auto state = co_await asio::this_coro::cancellation_state;
        if (observer.ended) observer.ended(tested);
        if (state.cancelled() != asio::cancellation_type::none) break;
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return out;
}

}  // namespace volley::verify
