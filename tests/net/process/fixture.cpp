#include "net/process/fixture.hpp"

#include <random>
#include <thread>

#include "process/proc_tree.hpp"

namespace volley::server::test {
using namespace std::chrono_literals;

std::vector<std::string> python(const std::string& script) { return {"/usr/bin/python3", "-c", script}; }
std::vector<std::string> shell(const std::string& script) { return {"/bin/sh", "-c", script}; }

std::vector<std::string> http_server(std::uint16_t port) {
    return python(
        "import http.server\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200 if self.path == '/' else 404)\n"
        "        self.send_header('Content-Length', '0')\n"
        "        self.end_headers()\n"
        "http.server.ThreadingHTTPServer(('127.0.0.1', " +
        std::to_string(port) + "), H).serve_forever()\n");
}

ProcessTest::ProcessTest() {
    set_helper({VOLLEY_TEST_HELPER});
    std::random_device random;
    mark_ = "VOLLEY_TEST_MARK=" + std::to_string(random()) + '-' + std::to_string(random());
}

ProcessTest::~ProcessTest() {
    // A failed test must not leave processes to the next one.
    process::kill_marked(mark_);
}

SpawnSpec ProcessTest::spec(std::vector<std::string> argv, std::uint16_t port) const {
    SpawnSpec out;
    out.argv = std::move(argv);
    const auto equals = mark_.find('=');
    out.env = {{mark_.substr(0, equals), mark_.substr(equals + 1)}, {"PYTHONDONTWRITEBYTECODE", "1"}};
    out.port = port;
    out.ready.kind = ReadyWhen::Kind::tcp;
    out.ready.timeout = 60s;
    out.stop_grace = 5s;
    return out;
}

SpawnSpec ProcessTest::log_spec(std::vector<std::string> argv, std::string text) const {
    auto out = spec(std::move(argv));
    out.ready.kind = ReadyWhen::Kind::log;
    out.ready.log_text = std::move(text);
    return out;
}

std::unique_ptr<SpawnedServer> ProcessTest::start(SpawnSpec s) {
    auto server = spawn_server(io_.get_executor(), std::move(s), why_);
    if (!server) {
        ADD_FAILURE() << server.error().message() << ": " << why_.message << '\n' << why_.remote;
        throw std::runtime_error("not started");
    }
    return std::move(*server);
}

error_code ProcessTest::wait_ready(SpawnedServer& server) { return run(server.wait_ready(why_)); }

namespace {
boost::asio::awaitable<bool> stopped(SpawnedServer& server) {
    co_await server.stop();
    co_return true;
}
}  // namespace

void ProcessTest::stop(SpawnedServer& server) { run(stopped(server)); }

std::uint16_t ProcessTest::free_port() { return pick_port("127.0.0.1").value(); }

int ProcessTest::marked() const { return static_cast<int>(process::processes_with_environment(mark_).size()); }

testing::AssertionResult ProcessTest::all_gone() const {
    std::vector<process::ProcStat> left;
    for (int i = 0; i < 1500; ++i) {
        left = process::processes_with_environment(mark_);
        if (left.empty()) return testing::AssertionSuccess();
        std::this_thread::sleep_for(20ms);
    }
    auto failure = testing::AssertionFailure() << "still there:";
    for (const auto& p : left) failure << ' ' << p.pid << " (" << p.name << ')';
    return failure;
}

}  // namespace volley::server::test
