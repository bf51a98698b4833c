#include "run/server_under_test.hpp"

#include <csignal>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <volley/http/url.hpp>

#include "run/path_beside.hpp"

namespace volley::run {
namespace asio = boost::asio;

namespace {

int signal_number(const std::string& name) {
    if (name == "INT") return SIGINT;
    if (name == "QUIT") return SIGQUIT;
    if (name == "HUP") return SIGHUP;
    if (name == "KILL") return SIGKILL;
    if (name == "USR1") return SIGUSR1;
    if (name == "USR2") return SIGUSR2;
    return SIGTERM;
}

}  // namespace

scenario::Variables::Scope server_scope(const std::string& name, const std::string& url) {
    scenario::Variables::Scope scope{{"server.name", name}, {"server.url", url}};
    if (const auto parsed = http::parse_url(url)) {
        scope["server.host"] = parsed->host;
        scope["server.port"] = std::to_string(parsed->port);
    }
    return scope;
}

std::optional<server::SpawnSpec> ServerUnderTest::spawn_spec(scenario::Variables& variables, report::ServerResult& result) {
    server::SpawnSpec spec;
    const auto port = server::pick_port(spec.host);
    if (!port) {
        result.message = "no free port: " + port.error().message();
        return std::nullopt;
    }
    spec.port = *port;
    std::string failed;
    const auto expand = [&](const scenario::Value& value) -> std::string {
        auto text = scenario::expand(value, variables, scenario_);
        if (const auto* error = std::get_if<SourceError>(&text)) {
            if (failed.empty()) failed = format_source_error(*error);
            return {};
        }
        return std::get<std::string>(text);
    };
    variables.push({{"port", std::to_string(spec.port)}, {"host", spec.host}});
    spec.stop_signal = signal_number(spec_.stop_signal);
    spec.stop_grace = spec_.stop_grace;
    if (spec_.kind == scenario::ServerSpec::Kind::builtin) {
        const std::string kind = expand(spec_.builtin);
        result.description = kind;
        spec.argv = server::builtin_command(kind, spec.host, spec.port);
        spec.ready.kind = server::ReadyWhen::Kind::http;
        spec.ready.path = "/ping";
    } else {
        for (const auto& word : spec_.command) {
            spec.argv.push_back(expand(word));
            result.description += (result.description.empty() ? "" : " ") + spec.argv.back();
        }
        spec.cwd = directory_of(scenario_.file);
        if (spec_.cwd) spec.cwd = path_beside(scenario_.file, expand(*spec_.cwd));
        for (const auto& [name, value] : spec_.env) spec.env.emplace_back(name, expand(value));
    }
    if (spec_.ready) {
        spec.ready.kind = static_cast<server::ReadyWhen::Kind>(spec_.ready->kind);
        if (spec_.ready->kind == scenario::Ready::Kind::http) spec.ready.path = expand(spec_.ready->get);
        if (spec_.ready->kind == scenario::Ready::Kind::log) spec.ready.log_text = expand(spec_.ready->log);
        spec.ready.status = spec_.ready->status;
        spec.ready.timeout = spec_.ready->timeout;
    }
    variables.pop();
    if (!failed.empty()) {
        result.message = failed;
        return std::nullopt;
    }
    return spec;
}

asio::awaitable<bool> ServerUnderTest::start(scenario::Variables& variables, report::ServerResult& result) {
    result.name = spec_.name;
    if (spec_.kind == scenario::ServerSpec::Kind::url) {
        auto text = scenario::expand(spec_.url, variables, scenario_);
        if (const auto* error = std::get_if<SourceError>(&text)) {
            result.state = report::ServerState::not_started;
            result.message = format_source_error(*error);
            co_return false;
        }
        url_ = std::get<std::string>(text);
        while (url_.ends_with('/')) url_.pop_back();
        result.description = url_;
        co_return true;
    }
    result.state = report::ServerState::not_started;
    auto spec = spawn_spec(variables, result);
    if (!spec) co_return false;
    url_ = "http://" + spec->host + ":" + std::to_string(spec->port);
    Diagnostics why;
    auto process = server::spawn_server(co_await asio::this_coro::executor, std::move(*spec), why);
    if (!process) {
        result.message = why.message.empty() ? process.error().message() : why.message;
        co_return false;
    }
    process_ = std::move(*process);
    if (const auto ec = co_await process_->wait_ready(why)) {
        result.message = why.message.empty() ? ec.message() : why.message;
        result.log_tail = process_->log_tail();
        if (ec == Condition::cancelled) result.state = report::ServerState::interrupted;
        co_return false;
    }
    result.state = report::ServerState::ok;
    co_return true;
}

asio::awaitable<void> ServerUnderTest::stop() {
    if (process_) co_await process_->stop();
}

asio::awaitable<bool> ServerUnderTest::alive_after(Duration most) {
    if (!process_) co_return true;
    constexpr Duration step = std::chrono::milliseconds(5);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (const TimePoint until = Clock::now() + most; process_->alive() && Clock::now() < until;) {
        error_code cancelled;
        timer.expires_after(step);
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        if (cancelled) break;
    }
    co_return process_->alive();
}

std::optional<server::TreeSample> ServerUnderTest::sample() const {
    if (!process_ || !process_->alive()) return std::nullopt;
    return process_->sample_tree();
}

}  // namespace volley::run
