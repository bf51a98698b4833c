#include "app/off_loop.hpp"

#include <boost/asio/thread_pool.hpp>

namespace volley::app {

void post_off_loop(Thread thread, std::function<void()> job) {
    static boost::asio::thread_pool sensitive(1);
    static boost::asio::thread_pool pool(8);
    boost::asio::post(thread == Thread::sensitive ? sensitive : pool, std::move(job));
}

}  // namespace volley::app
