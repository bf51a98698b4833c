#include "call/turn_stream.hpp"

#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "net/asio_address.hpp"
#include "proto/turn/framing.hpp"

namespace volley::call {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

struct TurnStream::State : std::enable_shared_from_this<State> {
    State(const asio::any_io_executor& executor, Frame the_frame, Ended the_ended)
        : socket(executor), timer(executor), frame(std::move(the_frame)), ended(std::move(the_ended)) {}

    void connect(const tcp::endpoint& server) {
        timer.expires_after(connect_limit);
        timer.async_wait([self = shared_from_this()](error_code error) {
            if (!error && !self->connected) self->end("not connected within 10 s");
        });
        socket.async_connect(server, [self = shared_from_this()](error_code error) {
            if (self->closed) return;
            if (error) return self->end(error.message());
            self->connected = true;
            self->timer.cancel();
            error_code ignored;
            self->socket.set_option(tcp::no_delay(true), ignored);
            self->read();
            self->write();
        });
    }

    void read() {
        socket.async_read_some(asio::buffer(in), [self = shared_from_this()](error_code error, std::size_t size) {
            if (self->closed) return;
            if (error) return self->end(error == asio::error::eof ? "the server has closed the connection" : error.message());
            const TimePoint at = Clock::now();
            self->framer.push({self->in.data(), size});
            while (const auto next = self->framer.next()) {
                self->frame(at, *next);
                if (self->closed) return;
            }
            if (self->framer.broken()) return self->end("the server speaks no TURN");
            self->read();
        });
    }

    void write() {
        if (!connected || writing || unsent.empty()) return;
        writing = true;
        going = std::exchange(unsent, {});
        asio::async_write(socket, asio::buffer(going), [self = shared_from_this()](error_code error, std::size_t) {
            self->writing = false;
            if (self->closed) return;
            if (error) return self->end(error.message());
            self->write();
        });
    }

    void close() noexcept {
        closed = true;
        error_code ignored;
        socket.close(ignored);
        timer.cancel();
    }

    void end(std::string reason) {
        if (closed) return;
        close();
        ended(std::move(reason));
    }

    tcp::socket socket;
    asio::steady_timer timer;
    Frame frame;
    Ended ended;
    proto::turn::StreamFramer framer;
    std::array<std::uint8_t, 16 * 1024> in{};
    Bytes unsent;
    Bytes going;
    bool connected = false;
    bool writing = false;
    bool closed = false;
};

TurnStream::TurnStream(const asio::any_io_executor& executor, const Endpoint& server, Frame frame, Ended ended)
    : state_(std::make_shared<State>(executor, std::move(frame), std::move(ended))) {
    state_->connect({net::to_asio(server.address), server.port});
}

TurnStream::~TurnStream() { state_->close(); }

void TurnStream::send(BytesView bytes) {
    // Whole frames or none, or the stream would be of no more use.
    if (state_->closed || state_->unsent.size() + bytes.size() > most_unsent) return;
    state_->unsent.insert(state_->unsent.end(), bytes.begin(), bytes.end());
    state_->write();
}

}  // namespace volley::call
