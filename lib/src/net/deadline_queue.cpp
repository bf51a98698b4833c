#include "net/deadline_queue.hpp"

namespace volley::net {

DeadlineQueue::DeadlineQueue(const boost::asio::any_io_executor& executor) : timer_(executor) {}

DeadlineQueue::~DeadlineQueue() { *alive_ = false; }

void DeadlineQueue::arm(Item& item, TimePoint when) {
    item.due_ = when;
    if (when == TimePoint::max()) return;
    if (!item.is_linked() || when < item.place_) insert(item);
    if (item.place_ < wake_) wake_at(item.place_);
}

void DeadlineQueue::insert(Item& item) {
    if (item.is_linked()) item.unlink();
    item.place_ = item.due_;
    items_.insert(item);
}

void DeadlineQueue::settle() {
    while (!items_.empty() && items_.begin()->place_ < items_.begin()->due_) {
        Item& item = *items_.begin();
        items_.erase(items_.begin());
        if (item.due_ != TimePoint::max()) insert(item);
    }
    if (!items_.empty() && wake_ < items_.begin()->place_) wake_at(items_.begin()->place_);
}

void DeadlineQueue::rest() {
    wake_ = TimePoint::max();
    timer_.cancel();
}

void DeadlineQueue::wake_at(TimePoint when) {
    wake_ = when;
    timer_.expires_at(when);
    timer_.async_wait([this, alive = alive_](boost::system::error_code ec) {
        // A wait that was over when rest() gave it up comes back all the same.
        if (!ec && *alive && wake_ != TimePoint::max()) on_timer();
    });
}

void DeadlineQueue::on_timer() {
    const auto alive = alive_;
    const TimePoint now = Clock::now();
    wake_ = TimePoint::max();
    while (!items_.empty() && items_.begin()->place_ <= now) {
        Item& item = *items_.begin();
        items_.erase(items_.begin());
        if (item.due_ == TimePoint::max()) continue;
        if (item.due_ > now) {
            insert(item);
            continue;
        }
        item.due_ = TimePoint::max();
        item.on_deadline();
        if (!*alive) return;
    }
    if (!items_.empty() && items_.begin()->place_ < wake_) wake_at(items_.begin()->place_);
}

}  // namespace volley::net
