// A view on a database whose library blocks: connections are few, and waiting for one blocks nobody.
#include <algorithm>

#include <fmt/format.h>

#include "app/lending_pool.hpp"
#include "app/sqlite.hpp"
#include "app/stop_at_exit.hpp"
#include "app/views.hpp"
#include "app/words.hpp"

namespace volley::app {
namespace {

using view::awaitable;
using view::Request;
using view::Response;

constexpr std::uint64_t longest_ms = 60'000;
constexpr double price_limit = 5;  // 50 of the 1,000 offers

using Pool = LendingPool<OfferConnection>;

std::shared_ptr<Pool> make_pool(unsigned connections) {
    const auto database = std::make_shared<OfferDatabase>();
    std::vector<std::unique_ptr<OfferConnection>> all;
    for (unsigned i = 0; i < std::max(connections, 1U); ++i) all.push_back(std::make_unique<OfferConnection>(database));
    return std::make_shared<Pool>(std::move(all));
}

struct Ran {
    std::size_t rows = 0;
    Duration took{};
};

class Query {
public:
    explicit Query(unsigned connections) : pool_(make_pool(connections)) {}

    awaitable<Response> get(const Request& request) {
        const auto ms = read_count(request.query_value("ms").value_or("50"));
        if (!ms || *ms > longest_ms) co_return Response::error(400, "'ms' is a number of milliseconds from 0 to 60000");
        const TimePoint came = Clock::now();
        Pool::Loan loan = co_await pool_->borrow();
        const Duration waited = Clock::now() - came;
        const std::size_t busy = loan.lent;
        const std::size_t ahead = loan.ahead;
        const StopAtExit stop;  // a query whose client has gone gives its connection back early
        auto work = [loan = std::move(loan), hold = std::chrono::milliseconds(*ms), token = stop.token()]() mutable {
            const Pool::Loan mine = std::move(loan);  // given back when the query has ended, whatever becomes of the answer
            const TimePoint begun = Clock::now();
            const std::size_t rows = mine->cheaper_than(price_limit, hold, token).size();
            return Ran{rows, Clock::now() - begun};
        };
        const Ran ran = co_await view::sync_to_async(std::move(work), view::Thread::pool);
        co_return Response::json(fmt::format(
            "{{\"rows\": {}, \"waited_ms\": {:.3f}, \"ran_ms\": {:.3f}, \"connections\": {}, \"busy\": {}, \"ahead\": {}}}\n",
            ran.rows, to_seconds(waited) * 1e3, to_seconds(ran.took) * 1e3, pool_->size(), busy, ahead));
    }

private:
    std::shared_ptr<Pool> pool_;
};

}  // namespace

void add_query(view::Routes& routes, const AppOptions& options) { routes.add("/query", Query(options.query_connections)); }

}  // namespace volley::app
