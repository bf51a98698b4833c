#include <volley/verify.hpp>

#include <cerrno>

#include <signal.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <volley/http/base64.hpp>
#include <volley/http/url.hpp>

#include "process/proc_tree.hpp"
#include "verify/prober.hpp"

namespace volley::verify {
namespace asio = boost::asio;

std::string pid_trouble(int pid) {
    const auto stat = process::read_stat(pid);
    if (stat && !stat->dead()) return {};
    // Some systems show /proc/PID to its owner alone (proc(5), hidepid).
    if (!stat && ::kill(pid, 0) != 0 && errno == EPERM)
        return "that process belongs to somebody else, and /proc does not show it to us";
    return "there is no such process";
}

asio::awaitable<Result> run(client::DirectRequest request, Options options, std::function<void(const Progress&)> progress) {
    Prober prober(co_await asio::this_coro::executor, std::move(request), std::move(options), std::move(progress));
    co_return co_await prober.run();
}

Result url(const std::string& url, const Options& options) {
    Result result;
    const auto parsed = http::parse_url(url);
    if (!parsed) {
        result.unreachable = "not a URL: " + parsed.error().message();  // without the text, which may hold a password
        return result;
    }
    client::DirectRequest request;
    request.name = "GET " + parsed->origin() + parsed->path;
    request.target.scheme = parsed->scheme;
    request.target.host = parsed->host;
    request.target.port = parsed->port;
    request.request.target = parsed->target();
    if (parsed->has_user) {
        const std::string credentials = http::base64(parsed->user + ':' + parsed->password);
        request.request.headers.set("Authorization", "Basic " + credentials);
    }
    request.timeout = options.time;
    asio::io_context io{1};
    std::exception_ptr broken;
    auto on_end = [&](std::exception_ptr error, Result r) {
        broken = std::move(error);
        result = std::move(r);
    };
    asio::co_spawn(io, run(std::move(request), options), std::move(on_end));
    io.run();
    if (broken) std::rethrow_exception(broken);
    return result;
}

}  // namespace volley::verify
