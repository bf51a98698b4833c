// Takes up changes of an application file while its server runs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include <volley/server/server.hpp>

#include "app/build.hpp"
#include "app/watch.hpp"

namespace volley::app {

/// Builds the routes anew whenever the file or what it names changes, and gives them to the server. While the file is broken the old ones
/// go on answering, and their HTML says so. Thread safety: none. Lifetime: the server's, and until run() has ended.
class Reloader {
public:
    /// @param first  what the server was started with. @param say  a line, or several, for the terminal.
    Reloader(server::Server& server, boost::asio::any_io_executor executor, const Built& first, std::shared_ptr<Notice> notice,
             std::function<void(std::string_view)> say);
    /// Watches until it is cancelled.
    boost::asio::awaitable<void> run();

private:
    /// @return whether other files than before are watched now.
    bool watch(const Built& built);
    void take(Built built);

    server::Server& server_;
    FileWatch watch_;
    std::string file_;
    std::vector<std::string> watched_;
    std::string fingerprint_;
    std::vector<std::string> settings_;  ///< as text, to notice that they changed
    std::shared_ptr<const SelfAddress> self_;
    std::shared_ptr<Calls> calls_;
    std::shared_ptr<Notice> notice_;
    std::function<void(std::string_view)> say_;
};

}  // namespace volley::app
