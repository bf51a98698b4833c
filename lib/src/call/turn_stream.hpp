// A TCP connection to a TURN server.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"

namespace volley::call {

/// Connects at once; what is sent before that is kept. On the executor's thread; may be destroyed at any time, by its listeners too, which are
/// not called afterwards.
class TurnStream {
public:
    /// One frame, borrowed. @param at  when it was read.
    using Frame = std::function<void(TimePoint at, BytesView frame)>;
    /// The last of it. @param reason  in words.
    using Ended = std::function<void(std::string reason)>;

    static constexpr std::size_t most_unsent = 256 * 1024;  ///< bytes that wait; what is more is lost, as datagrams would be
    static constexpr Duration connect_limit = std::chrono::seconds(10);

    TurnStream(const boost::asio::any_io_executor& executor, const Endpoint& server, Frame frame, Ended ended);
    TurnStream(const TurnStream&) = delete;
    TurnStream& operator=(const TurnStream&) = delete;
    ~TurnStream();

    void send(BytesView bytes);

private:
    struct State;
    std::shared_ptr<State> state_;  // shared with what its operations wait for
};

}  // namespace volley::call
