// The processes of one server ask each other about calls.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "app/call_messages.hpp"
#include "app/call_processes.hpp"
#include "net/task_group.hpp"

namespace volley::app {

/// One of the processes. What it is asked it does itself: nothing is handed on twice.
/// A question is one connection, with one answer; both have a largest size and a time.
/// Thread safety: none; all on the executor's thread. To be destroyed when that has run out of work, which follows stop().
class CallLinks {
public:
    /// @param here  what is done with a question of another process; throws nothing
    CallLinks(boost::asio::any_io_executor executor, std::shared_ptr<CallProcesses> processes, unsigned number,
              std::function<CallReply(const CallQuestion&)> here);
    CallLinks(const CallLinks&) = delete;
    CallLinks& operator=(const CallLinks&) = delete;
    ~CallLinks() = default;

    using Done = std::function<void(CallReply)>;
    /// @param done  called once, later: with the answer, or with CallRefusal 503 or 413
    void ask(unsigned process, const CallQuestion& question, Done done);
    /// The process that is to have the next call: that with the fewest, those that it has been asked for included; this one where it has no more
    /// than another.
    [[nodiscard]] unsigned least() const noexcept;
    /// Ends what is under way.
    void stop();

private:
    using Socket = boost::asio::local::stream_protocol::socket;

    boost::asio::awaitable<void> listen();
    boost::asio::awaitable<void> answer(Socket socket);
    boost::asio::awaitable<void> exchange(unsigned process, Bytes question, bool is_offer, Done done);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<CallProcesses> processes_;
    unsigned number_;
    std::function<CallReply(const CallQuestion&)> here_;
    boost::asio::local::stream_protocol::acceptor acceptor_;
    std::vector<std::size_t> offered_;  // to each process, not answered yet
    std::size_t asked_ = 0;             // the same, of all questions
    net::TaskGroup tasks_;
};

}  // namespace volley::app
