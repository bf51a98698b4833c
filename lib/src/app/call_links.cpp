#include "app/call_links.hpp"

#include <array>
#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include "net/deadline.hpp"

namespace volley::app {
namespace asio = boost::asio;
using asio::local::stream_protocol;
namespace {

constexpr auto as_value = asio::as_tuple(asio::use_awaitable);
/// Of a question and of an answer: an offer has 128 KiB at most, a fragment what the server takes as a body.
constexpr std::size_t most_bytes = 2UL * 1024 * 1024;
/// Longer than it takes to answer a burst of offers that have come before.
constexpr Duration patience = std::chrono::seconds(30);
/// Questions under way: each takes a descriptor here and there.
constexpr std::size_t most_questions = 1024;

/// Whether the other end is this user's.
bool is_ours(stream_protocol::socket& socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

/// The length, then the bytes. @return whether that went well.
asio::awaitable<bool> send(stream_protocol::socket& socket, Bytes bytes) {
    ByteWriter size;
    size.u32(static_cast<std::uint32_t>(bytes.size()));
    const Bytes head = size.take();
    const std::array<asio::const_buffer, 2> both{asio::buffer(head), asio::buffer(bytes)};
    const auto [ec, n] = co_await asio::async_write(socket, both, as_value);
    co_return !ec && n > 0;
}

asio::awaitable<std::optional<Bytes>> receive(stream_protocol::socket& socket) {
    std::array<std::uint8_t, 4> head{};
    const auto [head_error, head_size] = co_await asio::async_read(socket, asio::buffer(head), as_value);
    if (head_error || head_size != head.size()) co_return std::nullopt;
    const std::size_t size = ByteReader(head).u32();
    if (size > most_bytes) co_return std::nullopt;
    Bytes bytes(size);
    const auto [ec, n] = co_await asio::async_read(socket, asio::buffer(bytes), as_value);
    if (ec || n != size) co_return std::nullopt;
    co_return bytes;
}

}  // namespace

CallLinks::CallLinks(asio::any_io_executor executor, std::shared_ptr<CallProcesses> processes, unsigned number,
                     std::function<CallReply(const CallQuestion&)> here)
    : executor_(std::move(executor)),
      processes_(std::move(processes)),
      number_(number),
      here_(std::move(here)),
      acceptor_(executor_, stream_protocol(), processes_->take_listener(number)),
      offered_(processes_->count()),
      tasks_(executor_) {
    tasks_.spawn(listen());
}

unsigned CallLinks::least() const noexcept {
    if (asked_ >= most_questions) return number_;
    const auto load = [this](unsigned process) { return processes_->ledger()->calls_of(process) + offered_[process]; };
    unsigned out = number_;
    for (unsigned i = 1; i < offered_.size(); ++i) {
        const unsigned other = (number_ + i) % static_cast<unsigned>(offered_.size());
        if (load(other) < load(out)) out = other;
    }
    return out;
}

void CallLinks::ask(unsigned process, const CallQuestion& question, Done done) {
    Bytes bytes = to_bytes(question);
    if (bytes.size() > most_bytes) return done(CallRefusal{413, "a fragment has at most 1 MiB"});
    if (asked_ >= most_questions) return done(CallRefusal{503, "too many requests at a time about calls of another process"});
    const bool is_offer = std::holds_alternative<OfferQuestion>(question);
    ++asked_;
    if (is_offer) ++offered_[process];
    tasks_.spawn(exchange(process, std::move(bytes), is_offer, std::move(done)));
}

asio::awaitable<void> CallLinks::exchange(unsigned process, Bytes question, bool is_offer, Done done) {
    CallReply reply = CallRefusal{503, "the process that has the call does not answer"};
    try {
        stream_protocol::socket socket(executor_);
        net::Watchdog watchdog(executor_, [&socket] {
            error_code ec;
            socket.close(ec);
        });
        watchdog.arm(Clock::now() + patience);
        const stream_protocol::endpoint there(processes_->name_of(process));
        const auto [ec] = co_await socket.async_connect(there, as_value);
        bool sent = !ec && is_ours(socket);
        if (sent) {
            auto sending = send(socket, std::move(question));
            sent = co_await std::move(sending);
        }
        if (sent) {
            auto receiving = receive(socket);
            const auto bytes = co_await std::move(receiving);
            auto read = bytes ? read_reply(*bytes) : std::nullopt;
            if (read) reply = std::move(*read);
        }
    } catch (const std::exception&) {
        // The end of this process, or of its memory.
    }
    --asked_;
    if (is_offer) --offered_[process];
    done(std::move(reply));
}

asio::awaitable<void> CallLinks::listen() {
    asio::steady_timer pause(executor_);
    for (;;) {
        auto [ec, socket] = co_await acceptor_.async_accept(as_value);
        if (ec == asio::error::operation_aborted || tasks_.cancelled()) co_return;
        if (ec) {  // out of descriptors: they come back
            pause.expires_after(std::chrono::milliseconds(50));
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        if (is_ours(socket)) tasks_.spawn(answer(std::move(socket)));
    }
}

asio::awaitable<void> CallLinks::answer(Socket socket) {
    net::Watchdog watchdog(executor_, [&socket] {
        error_code ec;
        socket.close(ec);
    });
    watchdog.arm(Clock::now() + patience);
    auto receiving = receive(socket);
    const auto bytes = co_await std::move(receiving);
    const auto question = bytes ? read_question(*bytes) : std::nullopt;
    if (!question) co_return;
    const CallReply reply = here_(*question);
    auto sending = send(socket, to_bytes(reply));
    const bool heard = co_await std::move(sending);
    if (heard) co_return;
    // Nobody has the answer.
    if (const auto* const begun = std::get_if<CallAnswer>(&reply)) (void)here_(HangUpQuestion{begun->id});
}

void CallLinks::stop() {
    error_code ec;
    acceptor_.close(ec);
    tasks_.cancel();
}

}  // namespace volley::app
