#include "app/watch.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/inotify.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace volley::app {
namespace asio = boost::asio;
namespace {

/// Editors write in several steps; what comes this close together is one change.
constexpr std::chrono::milliseconds quiet{50};
/// A file that is written to without an end is looked at nevertheless.
constexpr std::chrono::seconds longest{1};

}  // namespace

FileWatch::FileWatch(asio::any_io_executor executor) : notify_(executor) {
    const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0)
        opened_ = {errno, boost::system::system_category()};
    else
        notify_.assign(fd, opened_);
}

error_code FileWatch::set_files(const std::vector<std::string>& files) {
    if (opened_) return opened_;
    std::map<int, std::set<std::string>> names;
    error_code failed;
    for (const std::string& file : files) {
        std::string path = file;
        while (path.size() > 1 && path.ends_with('/')) path.pop_back();
        const auto slash = path.rfind('/');
        const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
        // The same folder gives the same number again.
        const int watch = ::inotify_add_watch(notify_.native_handle(), folder.c_str(),
                                              IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ATTRIB);
        if (watch >= 0)
            names[watch].insert(slash == std::string::npos ? path : path.substr(slash + 1));
        else if (errno != ENOENT && errno != ENOTDIR)
            failed = {errno, boost::system::system_category()};
    }
    for (const auto& old : names_)
        if (!names.contains(old.first)) ::inotify_rm_watch(notify_.native_handle(), old.first);
    names_ = std::move(names);
    return failed;
}

/// Reads what there is. @return whether any of it is about our files.
bool FileWatch::take_events() {
    bool ours = false;
    alignas(inotify_event) std::array<char, 16 * 1024> buffer{};
    for (;;) {
        error_code ec;
        const std::size_t n = notify_.read_some(asio::buffer(buffer), ec);
        if (ec) return ours;
        for (std::size_t at = 0; at + sizeof(inotify_event) <= n;) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const char* name = buffer.data() + at + sizeof event;
            if ((event.mask & IN_Q_OVERFLOW) != 0) ours = true;
            if (const auto watch = names_.find(event.wd); watch != names_.end() && event.len > 0)
                ours = ours || watch->second.contains(std::string(name, ::strnlen(name, event.len)));
            at += sizeof event + event.len;
        }
    }
}

asio::awaitable<void> FileWatch::wait() {
    notify_.non_blocking(true);
    for (bool ours = false; !ours;) {
        co_await notify_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
        ours = take_events();
    }
    asio::steady_timer timer(notify_.get_executor());
    const auto until = asio::steady_timer::clock_type::now() + longest;
    for (bool more = true; more && asio::steady_timer::clock_type::now() < until;) {
        timer.expires_after(quiet);
        co_await timer.async_wait(asio::use_awaitable);
        more = take_events();
    }
}

}  // namespace volley::app
