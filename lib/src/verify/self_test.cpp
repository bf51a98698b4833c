#include <volley/verify/self_test.hpp>

#include <boost/asio/this_coro.hpp>

#include <volley/verdict/expect.hpp>

#include "verify/builtin.hpp"

namespace volley::verify {
namespace asio = boost::asio;
using verdict::Headline;

namespace {

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
            Options own = options;
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
