// One address that several processes serve.
#pragma once

#include <functional>

#include <volley/server/server.hpp>

namespace volley::app {

/// What one of them is to do.
struct ProcessWork {
    unsigned number = 0;       ///< from 0
    server::Options settings;  ///< with Options::connections_from, and the port that is listened on
    /// To be called when it takes connections.
    std::function<void()> ready;
};

/// Listens, prints the line of server::run(), and starts `count` processes, among which it deals the connections out in turn: each has as
/// many as the others also where there are few, which neither SO_REUSEPORT (it hashes addresses) nor a common listener (whoever wakes
/// first takes all) has. Until SIGINT or SIGTERM, or until one of them ends by itself: then all end, for the calls and counts of that one are
/// lost. To be called before this process has a second thread. They die with this one, however it ends.
/// @param work   runs in each of them; returns its exit code. One starts when the one before it is ready.
/// @param forked  in this process, when all are started
/// @return an exit code: 0 after a signal, 3 when it cannot listen, that of one which cannot start, 1 when one has ended by itself. In each
/// of the started processes this function returns what `work` has returned.
int run_processes(const server::Options& settings, unsigned count, const std::function<int(ProcessWork)>& work,
                  const std::function<void()>& forked);

}  // namespace volley::app
