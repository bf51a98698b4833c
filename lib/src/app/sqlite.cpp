#include "app/sqlite.hpp"

#include <atomic>
#include <condition_variable>
#include <stdexcept>

#include <sqlite3.h>

namespace volley::app {
namespace {

[[noreturn]] void fail(sqlite3* connection, const char* what) {
    throw std::runtime_error(std::string("SQLite, ") + what + ": " + sqlite3_errmsg(connection));
}

/// `volley_hold(ms)`: waits so long, then is the same number; an error when it is told to stop.
void hold(sqlite3_context* context, int /*count*/, sqlite3_value** arguments) {
    const auto& stop = *static_cast<const std::stop_token*>(sqlite3_user_data(context));
    const std::int64_t ms = sqlite3_value_int64(arguments[0]);
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, std::chrono::milliseconds(ms), [] { return false; });
    if (stop.stop_requested()) {
        sqlite3_result_error(context, "nobody waits for this query any more", -1);
    } else {
        sqlite3_result_int64(context, ms);
    }
}

}  // namespace

void CloseSqlite::operator()(sqlite3* connection) const noexcept { sqlite3_close(connection); }
void OfferConnection::Finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

OfferDatabase::OfferDatabase()
    : uri_([] {
          static std::atomic<unsigned> made = 0;
          // Not `mode=memory&cache=shared`: connections that share a cache take turns for the whole of a statement. The memdb VFS
          // lets readers in together. (sqlite.org, "Shared-Cache Mode"; `memdb` since 3.36)
          return "file:/volley-" + std::to_string(made++) + "?vfs=memdb";
      }()) {}

SqliteHandle OfferDatabase::connect() {
    const auto open = [this] {
        sqlite3* raw = nullptr;
        // No mutex of SQLite's: a connection is with one thread at a time.
        const int rc = sqlite3_open_v2(
            uri_.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
        SqliteHandle handle(raw);
        if (rc != SQLITE_OK) fail(raw, "opening the database");
        return handle;
    };
    std::call_once(seeded_, [&] {
        SqliteHandle handle = open();
        constexpr const char* seed =
            "CREATE TABLE offers(id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL);"
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)"
            " INSERT INTO offers(name, price) SELECT 'offer ' || i, (i * 7919 % 1000) / 10.0 FROM n;"
            "CREATE INDEX by_price ON offers(price);";
        if (sqlite3_exec(handle.get(), seed, nullptr, nullptr, nullptr) != SQLITE_OK) fail(handle.get(), "filling the database");
        keeper_ = std::move(handle);
    });
    return open();
}

void OfferConnection::open() {
    SqliteHandle handle = database_->connect();
    if (sqlite3_create_function_v2(handle.get(), "volley_hold", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, &stop_, &hold, nullptr,
                                   nullptr, nullptr) != SQLITE_OK)
        fail(handle.get(), "adding a function");
    // A scalar subquery that refers to nothing outside is evaluated once, not for each row.
    constexpr const char* text =
        "SELECT id, name, price FROM offers WHERE price < ?1 AND (SELECT volley_hold(?2)) IS NOT NULL ORDER BY price, id LIMIT 100";
    sqlite3_stmt* raw = nullptr;
    const int rc = sqlite3_prepare_v3(handle.get(), text, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (rc != SQLITE_OK) fail(handle.get(), "preparing the query");
    handle_ = std::move(handle);
    statement_.reset(raw);
}

std::vector<OfferConnection::Offer> OfferConnection::cheaper_than(double price, std::chrono::milliseconds hold,
                                                                  const std::stop_token& stop) {
    if (!statement_) open();
    stop_ = stop;
    sqlite3_stmt* statement = statement_.get();
    sqlite3_bind_double(statement, 1, price);
    sqlite3_bind_int64(statement, 2, hold.count());
    std::vector<Offer> offers;
    int step = SQLITE_ROW;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        const auto* name = reinterpret_cast<const char*>(sqlite3_column_text(statement, 1));
        offers.push_back({sqlite3_column_int64(statement, 0), name != nullptr ? name : "", sqlite3_column_double(statement, 2)});
    }
    stop_ = {};
    if (step == SQLITE_DONE) {
        sqlite3_reset(statement);
        return offers;
    }
    const std::string words = sqlite3_errmsg(handle_.get());  // before the reset
    sqlite3_reset(statement);
    throw std::runtime_error("SQLite, querying: " + words);
}

}  // namespace volley::app
