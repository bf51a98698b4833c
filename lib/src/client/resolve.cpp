#include "client/resolve.hpp"

#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

namespace volley::client {
namespace asio = boost::asio;
using asio::ip::tcp;

Endpoints known_endpoints(const std::string& host, std::uint16_t port) {
    if (host == "localhost" || host.ends_with(".localhost"))
        return {tcp::endpoint(asio::ip::address_v6::loopback(), port), tcp::endpoint(asio::ip::address_v4::loopback(), port)};
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(host, ec);
    if (ec) return {};
    return {tcp::endpoint(address, port)};
}

namespace {

Result<Endpoints> ask_system(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return NetErrc::not_resolved;
    Endpoints found;
    for (const auto* entry = list; entry != nullptr; entry = entry->ai_next) {
        tcp::endpoint endpoint;
        if (entry->ai_addrlen > endpoint.capacity()) continue;
        std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
        endpoint.resize(entry->ai_addrlen);
        endpoint.port(port);
        found.push_back(endpoint);
    }
    ::freeaddrinfo(list);
    if (found.empty()) return NetErrc::not_resolved;
    return found;
}

}  // namespace

/// What the thread and the lookup share. `tell` is empty once nobody wants the answer; the executor, which may be gone soon after, is
/// then let go as well.
struct Lookup::Question {
    std::mutex mutex;
    Answer tell;
    asio::any_io_executor loop;  // not kept running for the answer: those who wait for it do that

    void answer(Result<Endpoints> found, const std::shared_ptr<Question>& self) {
        const std::scoped_lock lock(mutex);
        if (!tell) return;
        // The asker may go until this runs, but only on the loop's own thread.
        asio::post(loop, [self, found = std::move(found)]() mutable {
            if (const Answer told = std::exchange(self->tell, {})) told(std::move(found));
        });
        loop = {};
    }
    void drop() {
        const std::scoped_lock lock(mutex);
        tell = {};
        loop = {};
    }
};

Lookup::Lookup(const asio::any_io_executor& executor, const std::string& host, std::uint16_t port, Answer answer)
    : question_(std::make_shared<Question>()) {
    question_->tell = std::move(answer);
    question_->loop = executor;
    try {
        // No join: nobody can say how long getaddrinfo takes (tests/lint/layering.cmake knows of this one).
        std::thread([question = question_, host, port] { question->answer(ask_system(host, port), question); }).detach();
    } catch (const std::system_error&) {
        question_->answer(error_code(EAGAIN, boost::system::system_category()), question_);  // no thread to be had
    }
}

Lookup::~Lookup() { question_->drop(); }

}  // namespace volley::client
