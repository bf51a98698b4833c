#include "client/http1_pool.hpp"

#include <algorithm>
#include <utility>

namespace volley::client {

namespace {

/// So many connects run at once: more would overrun a small backlog and time its SYN retransmits instead of the server.
constexpr std::size_t connects_at_once = 128;

}  // namespace

struct Http1Pool::Preparation {
    std::size_t left = 0;
    std::size_t under_way = 0;
    TimePoint deadline;
    Prepared result;
    std::vector<Http1ConnectionPtr> made;
    std::function<void(Prepared)> done;
};

Http1Pool::Http1Pool(const boost::asio::any_io_executor& executor, Target target, bool watch_idle)
    : around_(executor, std::move(target)) {
    around_.watch_idle = watch_idle;
}

Http1Pool::~Http1Pool() {
    lookup_.reset();
    idle_.clear();
    for (auto& connection : all_) connection->close();
}

// --- calls ------------------------------------------------------------------------------------------------------------

void Http1Pool::fire(Call& call) {
    call.sample.repeated = false;
    if (const Http1ConnectionPtr connection = take_idle()) {
        call.sample.connected = call.sample.started;
        ++busy_;
        around_.readiness.resume();
        return connection->exchange(call, call.sample.started);
    }
    open(&call, call.deadline);
}

void Http1Pool::cancel(Call& call) {
    if (call.connection_ != nullptr) call.connection_->cancel();
}

void Http1Pool::end(Call& call, error_code error) {
    call.connection_ = nullptr;
    if (error || call.sample.done == TimePoint{}) call.sample.done = Clock::now();
    call.on_done(error);
}

void Http1Pool::on_finished(Http1Connection& connection, Call& call, error_code error) {
    --busy_;
    const bool stays = around_.target.reuse_connections && connection.reusable() && idle_count_ < around_.target.max_idle;
    // A server may close an idle connection just as we use it.
    const bool lost = error == Condition::reset && call.sample.first_byte == TimePoint{} && connection.requests() > 1;
    if (stays)
        put_idle(connection);
    else
        drop(connection);
    if (lost && !call.sample.repeated && call.bytes().repeatable) {
        call.sample.repeated = true;
        return open(&call, call.deadline);
    }
    rest_if_quiet();
    end(call, error);
}

// --- connections ------------------------------------------------------------------------------------------------------

void Http1Pool::open(Call* call, TimePoint deadline) {
    const Http1ConnectionPtr connection(new Http1Connection(around_, *this, next_id_++));
    connection->place = all_.size();
    connection->waiting_call = call;
    all_.push_back(connection);
    ++opening_;
    around_.readiness.resume();
    if (call != nullptr) call->connection_ = connection.get();
    connection->open_until(std::min(deadline, Clock::now() + around_.target.connect_timeout));
    if (around_.tls != nullptr && !around_.tls->trouble().empty()) {
        connection->why.message = around_.tls->trouble();
        return connection->fail_to_open(NetErrc::tls_failed);
    }
    if (!endpoints_) {
        auto known = known_endpoints(around_.target.host, around_.target.port);
        if (!known.empty()) endpoints_ = std::make_shared<const Endpoints>(std::move(known));
    }
    if (endpoints_) return connection->connect(endpoints_);
    without_address_.push_back(connection);
    look_up();
}

void Http1Pool::look_up() {
    if (lookup_) return;
    lookup_ = std::make_unique<Lookup>(around_.executor, around_.target.host, around_.target.port,
                                       [this](Result<Endpoints> found) { take_addresses(std::move(found)); });
}

void Http1Pool::take_addresses(Result<Endpoints> found) {
    // An answer is used once, by all who wait for it.
    lookup_.reset();
    const auto waiting = std::exchange(without_address_, {});
    if (found) endpoints_ = std::make_shared<const Endpoints>(std::move(*found));
    const auto endpoints = endpoints_;  // a connect that fails at once forgets them
    for (const auto& connection : waiting) {
        if (endpoints)
            connection->connect(endpoints);
        else
            connection->fail_to_open(found.error());
    }
}

void Http1Pool::on_connected(Http1Connection& connection, error_code error) {
    const Http1ConnectionPtr keep(&connection);
    --opening_;
    Call* const call = std::exchange(connection.waiting_call, nullptr);
    std::erase(without_address_, keep);
    // Others may have found out more since this one was given its addresses.
    const bool newest = connection.endpoints() == endpoints_;
    if (error) {
        if (newest) endpoints_.reset();  // the host may have moved: whoever asks next asks for its name again
        drop(connection);
    } else if (newest && connection.used_endpoint() > 0) {
        // The one that worked goes first from now on.
        Endpoints reordered = *endpoints_;
        const auto worked = reordered.begin() + static_cast<std::ptrdiff_t>(connection.used_endpoint());
        std::rotate(reordered.begin(), worked, worked + 1);
        endpoints_ = std::make_shared<const Endpoints>(std::move(reordered));
    }
    if (call == nullptr) return prepared_one(connection, error);
    auto& sample = call->sample;
    if (error) {
        call->why = connection.why;
        rest_if_quiet();
        return end(*call, error);
    }
    const TimePoint connected = around_.tls != nullptr ? Clock::now() : connection.tcp;
    if (!sample.repeated) {
        sample.resolved = connection.resolved;
        sample.tcp = connection.tcp;
        sample.connected = connected;
    }
    ++busy_;
    connection.exchange(*call, connected);
}

void Http1Pool::on_lost(Http1Connection& connection) {
    if (connection.idle_hook.is_linked()) --idle_count_;
    drop(connection);
}

void Http1Pool::drop(Http1Connection& connection) {
    connection.idle_hook.unlink();
    connection.close();
    const std::size_t place = connection.place;
    std::swap(all_[place], all_.back());
    all_[place]->place = place;
    all_.pop_back();  // maybe the last reference
}

Http1ConnectionPtr Http1Pool::take_idle() {
    while (!idle_.empty()) {
        Http1ConnectionPtr connection(&idle_.front());
        idle_.pop_front();
        --idle_count_;
        // Where idle ones are watched the loop tells of a close, and this would be one read more for each request.
        if (around_.watch_idle || connection->still_quiet()) return connection;
        drop(*connection);
    }
    return nullptr;
}

void Http1Pool::put_idle(Http1Connection& connection) {
    idle_.push_back(connection);
    ++idle_count_;
}

void Http1Pool::close_idle() noexcept {
    while (!idle_.empty()) {
        Http1Connection& connection = idle_.front();
        idle_.pop_front();
        --idle_count_;
        drop(connection);
    }
}

void Http1Pool::rest_if_quiet() {
    if (around_.watch_idle || busy_ > 0 || opening_ > 0) return;
    around_.deadlines.rest();
    around_.readiness.rest();
}

// --- preparation ------------------------------------------------------------------------------------------------------

void Http1Pool::prepare(std::size_t n, TimePoint deadline, std::function<void(Prepared)> done) {
    preparation_ = std::make_unique<Preparation>();
    preparation_->left = n;
    preparation_->deadline = deadline;
    preparation_->done = std::move(done);
    preparation_->made.reserve(n);
    preparation_->under_way = 1;  // ours, so that it does not end while it begins
    for (std::size_t lane = 0; lane < std::min(n, connects_at_once) && preparation_->left > 0; ++lane) {
        --preparation_->left;
        ++preparation_->under_way;
        open(nullptr, deadline);
    }
    if (--preparation_->under_way == 0) end_preparation();
}

void Http1Pool::cancel_preparation() {
    if (!preparation_) return;
    preparation_->left = 0;
    std::vector<Http1ConnectionPtr> opening;
    for (const auto& connection : all_)
        if (connection->waiting_call == nullptr && !connection->idle_hook.is_linked()) opening.push_back(connection);
    for (const auto& connection : opening) connection->fail_to_open(NetErrc::cancelled);
}

void Http1Pool::prepared_one(Http1Connection& connection, error_code error) {
    auto& result = preparation_->result;
    if (error) {
        if (!result.error) {
            result.error = error;
            result.why = connection.why;
        }
        preparation_->left = 0;
    } else {
        put_idle(connection);
        preparation_->made.emplace_back(&connection);
    }
    if (preparation_->left > 0) {
        --preparation_->left;
        return open(nullptr, preparation_->deadline);
    }
    if (--preparation_->under_way == 0) end_preparation();
}

void Http1Pool::end_preparation() {
    const auto preparation = std::move(preparation_);
    // A server that is overrun may take a connection only to close it.
    bool lost = false;
    for (auto next = idle_.begin(); next != idle_.end();) {
        Http1Connection& connection = *next++;
        if (connection.still_quiet()) continue;
        lost = true;
        --idle_count_;
        drop(connection);
    }
    preparation->result.held = idle_count_;
    for (const auto& connection : preparation->made)
        if (!connection->idle_hook.is_linked() && connection->requests() == 0) lost = true;  // while the others were opened
    if (lost && !preparation->result.error) preparation->result.error = NetErrc::closed_before_answer;
    rest_if_quiet();
    preparation->done(std::move(preparation->result));
}

std::unique_ptr<Carrier> make_fast_carrier(const boost::asio::any_io_executor& executor, Target target) {
    return std::make_unique<Http1Pool>(executor, std::move(target), true);
}

}  // namespace volley::client
