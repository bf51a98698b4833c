// SQLite in memory, for blocking code: every call here may hold its thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

// From <sqlite3.h>, which stays out of headers.
struct sqlite3;
struct sqlite3_stmt;

namespace volley::app {

struct CloseSqlite {
    void operator()(sqlite3* connection) const noexcept;
};
using SqliteHandle = std::unique_ptr<sqlite3, CloseSqlite>;

/// A database of its own in memory, `offers(id, name, price)` with 1,000 rows at prices from 0 to 99.9; made on first use.
/// Thread safety: every member may be called from any thread.
class OfferDatabase {
public:
    OfferDatabase();
    /// A new connection. Throws: std::runtime_error with SQLite's words.
    [[nodiscard]] SqliteHandle connect();

private:
    const std::string uri_;
    std::once_flag seeded_;
    SqliteHandle keeper_;  // the database lives as long as somebody is connected
};

/// One connection, opened on first use.
/// Thread safety: one call at a time, from any thread.
class OfferConnection {
public:
    explicit OfferConnection(std::shared_ptr<OfferDatabase> database) : database_(std::move(database)) {}

    struct Offer {
        std::int64_t id = 0;
        std::string name;
        double price = 0;
    };
    /// The offers below a price, cheapest first, 100 at most, from a statement that takes at least `hold`: it waits in an SQL function, as a
    /// query waits for locks, disks or a server elsewhere.
    /// @param stop  ends the wait, and with it the statement, early
    /// Throws: std::runtime_error with SQLite's words.
    [[nodiscard]] std::vector<Offer> cheaper_than(double price, std::chrono::milliseconds hold, const std::stop_token& stop);

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    void open();

    std::shared_ptr<OfferDatabase> database_;
    SqliteHandle handle_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;  // after its connection, so that it goes first
    std::stop_token stop_;
};

}  // namespace volley::app
