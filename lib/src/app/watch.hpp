// Tells when files change.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <volley/error.hpp>

namespace volley::app {

/// Watches files by their folders, so that an editor that writes a new file and renames it over the old one is seen as well.
/// Source: inotify(7). Thread safety: none.
class FileWatch {
public:
    explicit FileWatch(boost::asio::any_io_executor executor);
    /// Watches these and no others. Folders that are not there are passed over. Errors: the system has no more watches.
    error_code set_files(const std::vector<std::string>& files);
    /// Waits until one of them was written, came, went or was replaced, and then until nothing has happened to them for a while.
    boost::asio::awaitable<void> wait();

private:
    bool take_events();

    boost::asio::posix::stream_descriptor notify_;
    std::map<int, std::set<std::string>> names_;  ///< by watch: the names in its folder
    error_code opened_;
};

}  // namespace volley::app
