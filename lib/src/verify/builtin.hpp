// Our own server in a process of its own, for as long as it is asked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <volley/client/transport.hpp>
#include <volley/server/spawn.hpp>

namespace volley::verify {

struct Builtin {
    std::unique_ptr<server::SpawnedServer> process;  ///< empty: it could not be started
    client::DirectRequest request;                   ///< of its /offer, that sleeps for the service time
    std::string trouble;                             ///< why it could not
};

/// Starts it on a free port of 127.0.0.1 and waits until it answers. Whoever has it must await process->stop().
/// @param service  how long its /offer sleeps
/// @param patience  how long it may take until it answers
boost::asio::awaitable<Builtin> start_builtin(boost::asio::any_io_executor executor, std::string kind,
                                              std::vector<std::string> faults, Duration service, Duration patience);

}  // namespace volley::verify
