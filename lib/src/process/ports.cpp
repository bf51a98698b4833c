#include "process/ports.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <set>

#include <dirent.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <volley/server/spawn.hpp>

#include "process/proc_tree.hpp"

namespace volley {
namespace process {
namespace {
namespace ip = boost::asio::ip;

/// An address as 16 bytes, an IPv4 one mapped, so that both tables compare alike.
using Address = std::array<unsigned char, 16>;

Address to_bytes(const ip::address& a) {
    if (a.is_v6()) return a.to_v6().to_bytes();
    return ip::make_address_v6(ip::v4_mapped, a.to_v4()).to_bytes();
}

struct Entry {
    Address address{};
    std::string inode;
};

/// `0100007F` is 127.0.0.1: each group of eight digits is one 32-bit word of the address in this machine's byte order.
std::optional<Address> read_address(std::string_view hex) {
    if (hex.size() != 8 && hex.size() != 32) return std::nullopt;
    Address out{};
    std::size_t at = 0;
    if (hex.size() == 8) {
        out[10] = out[11] = 0xff;
        at = 12;
    }
    for (; !hex.empty(); hex.remove_prefix(8), at += 4) {
        std::uint32_t word = 0;
        if (std::from_chars(hex.data(), hex.data() + 8, word, 16).ec != std::errc{}) return std::nullopt;
        std::memcpy(out.data() + at, &word, sizeof word);
    }
    return out;
}

/// The next word of `line`, which it leaves.
std::string_view take_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const auto end = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, end);
    line.remove_prefix(end);
    return word;
}

/// Calls `each(address in hex, port, inode)` with the local side of every socket in that state. Source: proc(5), net/tcp.
/// A busy machine has thousands, and this is read beside measurements: lines in other states cost no more than being found.
template <class Each>
void each_socket(std::string_view wanted_state, Each each) {
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream in(table);
        std::string line;
        std::getline(in, line);  // the headings
        while (std::getline(in, line)) {
            std::string_view rest = line;
            take_word(rest);  // slot
            const auto local = take_word(rest);
            take_word(rest);  // remote
            const auto colon = local.find(':');
            if (take_word(rest) != wanted_state || colon == std::string_view::npos) continue;
            for (int skipped = 0; skipped < 5; ++skipped) take_word(rest);  // queues, timer, retransmits, uid, timeout
            unsigned number = 0;
            std::from_chars(local.data() + colon + 1, local.data() + local.size(), number, 16);
            each(local.substr(0, colon), number, std::string(take_word(rest)));
        }
    }
}

constexpr std::string_view listening = "0A";    // TCP_LISTEN
constexpr std::string_view established = "01";  // TCP_ESTABLISHED

std::vector<Entry> listeners_on(std::uint16_t port) {
    std::vector<Entry> out;
    each_socket(listening, [&](std::string_view local, unsigned number, const std::string& inode) {
        if (number != port) return;
        if (const auto address = read_address(local)) out.push_back({*address, inode});
    });
    return out;
}

/// Inodes of the sockets that a process holds. nullopt: we may not look.
std::optional<std::set<std::string>> sockets_of(int pid) {
    const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), [](DIR* d) { return ::closedir(d); });
    if (!dir) return std::nullopt;
    std::set<std::string> out;
    while (const dirent* entry = ::readdir(dir.get())) {
        std::array<char, 64> target{};
        const auto n = ::readlink((folder + '/' + entry->d_name).c_str(), target.data(), target.size());
        const std::string_view text(target.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
        if (text.starts_with("socket:[") && text.ends_with(']')) out.emplace(text.substr(8, text.size() - 9));
    }
    return out;
}

bool is_wildcard(const Address& a) { return a == to_bytes(ip::address_v4::any()) || a == to_bytes(ip::address_v6::any()); }

/// Listening sockets that take connections to that host and port.
std::vector<Entry> listeners_at(const std::string& host, std::uint16_t port) {
    const auto where = endpoints_of(host, port);
    std::vector<Entry> out = listeners_on(port);
    std::erase_if(out, [&](const Entry& e) {
        if (is_wildcard(e.address) || !where) return false;
        return std::none_of(where->begin(), where->end(),
                            [&](const auto& w) { return to_bytes(w.address()) == e.address || w.address().is_unspecified(); });
    });
    return out;
}

bool holds(const std::optional<std::set<std::string>>& sockets, const Entry& e) { return sockets && sockets->contains(e.inode); }

error_code last_error() { return {errno, boost::system::system_category()}; }

}  // namespace

Result<std::vector<ip::tcp::endpoint>> endpoints_of(const std::string& host, std::uint16_t port) {
    boost::system::error_code ec;
    const auto address = ip::make_address(host, ec);
    if (!ec) return std::vector<ip::tcp::endpoint>{{address, port}};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return NetErrc::not_resolved;
    std::vector<ip::tcp::endpoint> out;
    for (const addrinfo* a = found; a; a = a->ai_next) {
        ip::tcp::endpoint e;
        if (a->ai_addrlen > e.capacity()) continue;
        std::memcpy(e.data(), a->ai_addr, a->ai_addrlen);
        e.resize(a->ai_addrlen);
        e.port(port);
        out.push_back(e);
    }
    ::freeaddrinfo(found);
    if (out.empty()) return NetErrc::not_resolved;
    return out;
}

error_code try_listen(const ip::tcp::endpoint& where) {
    const int fd = ::socket(where.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return last_error();
    const int on = 1;
    // As servers do: old connections in TIME_WAIT are no obstacle, a listener is.
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (where.protocol() == ip::tcp::v6()) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    error_code result;
    if (::bind(fd, where.data(), static_cast<socklen_t>(where.size())) != 0 || ::listen(fd, 1) != 0) result = last_error();
    ::close(fd);
    return result;
}

Listener find_listener(int supervisor, const std::string& host, std::uint16_t port) {
    const std::vector<Entry> matching = listeners_at(host, port);
    if (matching.empty()) return {};
    bool hidden = false;
    std::vector<bool> ours(matching.size(), false);
    std::set<int> tree;
    for (const auto& p : descendants(supervisor)) {
        tree.insert(p.pid);
        if (p.dead()) continue;
        const auto sockets = sockets_of(p.pid);
        hidden = hidden || !sockets;
        for (std::size_t i = 0; i < matching.size(); ++i)
            if (holds(sockets, matching[i])) ours[i] = true;
    }
    // The kernel prefers the more specific address, so a listener of ours on the very address wins over a stranger's wildcard one; a
    // stranger on the same address (SO_REUSEPORT) takes a share of the connections.
    const Entry* stranger = nullptr;
    const Entry* own = nullptr;
    for (std::size_t i = 0; i < matching.size(); ++i) {
        const Entry*& slot = ours[i] ? own : stranger;
        if (!slot || is_wildcard(slot->address)) slot = &matching[i];
    }
    if (own && (!stranger || stranger->address != own->address)) return {Listener::Owner::tree, 0, {}};
    if (hidden && !own) return {Listener::Owner::unknown, 0, {}};
    Listener out{Listener::Owner::other, 0, {}};
    for (const auto& p : all_processes()) {
        if (tree.contains(p.pid) || !holds(sockets_of(p.pid), *stranger)) continue;
        out.pid = p.pid;
        out.name = escape_for_terminal(p.name);
        break;
    }
    return out;
}

std::vector<int> listening_processes(const std::string& host, std::uint16_t port) {
    const std::vector<Entry> matching = listeners_at(host, port);
    std::vector<int> out;
    if (matching.empty()) return out;
    for (const auto& p : all_processes()) {
        const auto sockets = sockets_of(p.pid);
        if (std::ranges::any_of(matching, [&](const Entry& e) { return holds(sockets, e); })) out.push_back(p.pid);
    }
    return out;
}

int outgoing_connections(const std::vector<int>& pids, std::uint16_t port) {
    std::set<std::string> own;
    for (const int pid : pids)
        if (auto sockets = sockets_of(pid)) own.merge(*sockets);
    int count = 0;
    each_socket(established, [&](std::string_view, unsigned number, const std::string& inode) {
        if (number != port && own.contains(inode)) ++count;
    });
    return count;
}

std::string describe(const Listener& listener) {
    if (listener.pid == 0) return "another process";
    return "process " + std::to_string(listener.pid) + " (" + listener.name + ')';
}

}  // namespace process

namespace server {

Result<std::uint16_t> pick_port(const std::string& host) {
    // Below the range from which the kernel takes ports for outgoing connections: in that range a client's connection may hold the port
    // by the time the server wants it, and one that tries to connect there before anybody listens may even meet itself.
    unsigned low = 32768;
    std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> low;
    const unsigned from = 10000;
    std::random_device random;
    error_code last = boost::system::errc::make_error_code(boost::system::errc::address_not_available);
    const auto any = process::endpoints_of(host, 0);
    if (!any) return any.error();
    for (int attempt = 0; attempt < 64; ++attempt) {
        const unsigned port = low > from + 1000 ? std::uniform_int_distribution<unsigned>(from, low - 1)(random)
                                                : std::uniform_int_distribution<unsigned>(1024, 65535)(random);
        last = {};
        for (auto where : *any) {
            where.port(static_cast<std::uint16_t>(port));
            if (!last) last = process::try_listen(where);
        }
        if (!last) return static_cast<std::uint16_t>(port);
        if (last != boost::system::errc::address_in_use) return last;  // not this machine's address, no descriptors left, ...
    }
    return last;
}

}  // namespace server
}  // namespace volley
