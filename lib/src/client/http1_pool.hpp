// The connections of one thread to one origin: who has a request to send gets one, old or new.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/intrusive/list.hpp>

#include <volley/client/transport.hpp>

#include "client/call.hpp"
#include "client/http1_connection.hpp"
#include "client/resolve.hpp"

namespace volley::client {

/// Carries calls over HTTP/1.1, each on an idle connection or on one that it opens, so that no call ever waits for another's answer.
/// Thread safety: none; all calls on the executor's thread, the destructor too.
class Http1Pool final : public Carrier, private Http1Connection::Owner {
public:
    /// @param watch_idle  see Http1Surroundings; costs nothing where the event loop is kept running anyway.
    Http1Pool(const boost::asio::any_io_executor& executor, Target target, bool watch_idle);
    ~Http1Pool() override;

    /// A repeatable request is sent once more where a server closed an idle connection just as it was used (RFC 9110 section 9.2.2).
    void fire(Call& call) override;
    void cancel(Call& call) override;

    /// 128 connects at a time.
    void prepare(std::size_t n, TimePoint deadline, std::function<void(Prepared)> done) override;
    void cancel_preparation() override;
    [[nodiscard]] std::uint64_t opened() const noexcept override { return around_.opened; }

    [[nodiscard]] std::size_t open_connections() const noexcept { return all_.size() - opening_; }
    [[nodiscard]] const Target& target() const noexcept { return around_.target; }
    void close_idle() noexcept;

private:
    using IdleList = boost::intrusive::list<
        Http1Connection,
        boost::intrusive::member_hook<
            Http1Connection, boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>,
            &Http1Connection::idle_hook>,
        boost::intrusive::constant_time_size<false>>;
    struct Preparation;

    void on_connected(Http1Connection& connection, error_code error) override;
    void on_finished(Http1Connection& connection, Call& call, error_code error) override;
    void on_lost(Http1Connection& connection) override;

    void open(Call* call, TimePoint deadline);
    void look_up();
    void take_addresses(Result<Endpoints> found);
    void drop(Http1Connection& connection);
    [[nodiscard]] Http1ConnectionPtr take_idle();
    void put_idle(Http1Connection& connection);
    void prepared_one(Http1Connection& connection, error_code error);
    void end_preparation();
    void rest_if_quiet();
    static void end(Call& call, error_code error);

    Http1Surroundings around_;
    std::vector<Http1ConnectionPtr> all_;
    IdleList idle_;  // after all_: it must be empty before connections die
    std::size_t idle_count_ = 0;
    std::size_t opening_ = 0;
    std::size_t busy_ = 0;
    std::vector<Http1ConnectionPtr> without_address_;
    std::shared_ptr<const Endpoints> endpoints_;
    std::unique_ptr<Lookup> lookup_;
    std::unique_ptr<Preparation> preparation_;
    std::uint32_t next_id_ = 0;
};

}  // namespace volley::client
