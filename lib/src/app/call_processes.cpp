#include "app/call_processes.hpp"

#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace volley::app {
namespace {

/// A burst of offers to one process, most of which are another's.
constexpr int backlog = 1024;

}  // namespace

CallProcesses::CallProcesses(unsigned count, const CallOptions& options)
    : ledger_(std::make_shared<call::CallLedger>(call::CallLedger::Limits{options.most, options.most_per_address})) {
    const auto fail = [this](int fd) {
        const int error = errno;
        if (fd >= 0) ::close(fd);
        close();
        throw std::system_error(error, std::generic_category(), "a socket between processes");
    };
    for (unsigned i = 0; i < count; ++i) {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        auto* const name = reinterpret_cast<sockaddr*>(&address);
        socklen_t size = sizeof(sa_family_t);  // the system makes up a name: unix(7), autobind
        if (fd < 0 || ::bind(fd, name, size) != 0 || ::listen(fd, backlog) != 0) fail(fd);
        size = sizeof address;
        if (::getsockname(fd, name, &size) != 0 || size <= offsetof(sockaddr_un, sun_path)) fail(fd);
        listeners_.push_back(fd);
        names_.emplace_back(address.sun_path, size - offsetof(sockaddr_un, sun_path));
    }
}

int CallProcesses::take_listener(unsigned process) {
    const int own = std::exchange(listeners_.at(process), -1);
    close();
    return own;
}

void CallProcesses::close() noexcept {
    for (int& fd : listeners_)
        if (fd >= 0) ::close(std::exchange(fd, -1));
}

}  // namespace volley::app
