// A server that exists in virtual time only: what an observation of it would be, for every way in which servers fail to overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include <volley/verdict/judge.hpp>
#include <volley/verdict/observation.hpp>

namespace volley::test {

/// Seconds throughout.
struct ServerModel {
    enum class Law { constant, jittered, lognormal, exponential };
    enum class Threads { flat, pool, per_request };
    enum class Canaries { answered, behind_loop, queued };
    enum class Processor { idle, holding, shared };

    double service = 0.3;
    Law law = Law::constant;
    double spread = 0;        ///< half width, or sigma of the logarithm
    double stragglers = 0;    ///< share of requests that take 1.5 to 3 times as long
    double lost = 0;          ///< share that is never answered
    double strays = 0;        ///< share that is answered with 500
    std::size_t workers = 0;  ///< W of all processes together; 0: no limit
    double grows_every = 0;   ///< seconds after which a worker comes while requests wait; 0: none
    int processes = 1;
    double pooled = 0;     ///< seconds at the end of the service time that a worker is needed for; 0: for all of it
    double batch = 0;      ///< seconds that two or more at once take, however many; 0: no longer than one
    double transfer = 0;   ///< seconds that each body takes on a link that all share
    bool unequal = false;  ///< connections go to a process when they are accepted, by chance
    double blocked = 0;    ///< share of the service time that holds the loop
    bool convoy = false;   ///< answers are written when the loop has nothing else to do
    Processor processor = Processor::idle;  ///< holding: the blocked part is work; shared: all work, and take turns
    double run_delay = 0;                   ///< waiting for a processor, per second of work
    double cost = 0;                        ///< of each request, on the loop, not part of the service time
    std::size_t most_requests = 0;          ///< more are answered with 503
    std::size_t most_connections = 0;       ///< more, and nearly all are
    bool says_ok = false;                   ///< what is refused gets 200 and another body
    std::size_t rate = 0;                   ///< more within `rate_window` are answered with 429
    double rate_window = 30;                ///< seconds
    double paced = 0;                       ///< per second
    std::size_t backlog = 0;                ///< of connections while the loop is held; 0: enough
    bool seen = true;
    bool proxied = false;
    int threads_base = 1;
    Threads threads = Threads::flat;
    Canaries parser = Canaries::answered;
    Canaries app = Canaries::answered;
    bool parser_canaries = true;
    double hiccups = 0;       ///< share of bursts in which everything stands still for up to half a service time
    double lag = 50e-6;       ///< the generator's, in the mean
    double control_slow = 0;  ///< seconds that the control takes too long
    std::string server{};     ///< the Server field
    double given_service = 0;
};

class SimulatedServer {
public:
    SimulatedServer(ServerModel model, std::uint64_t seed) : m_(std::move(model)), random_(seed) {}
    /// @param left  the burst is cut there
    verdict::Burst fire(std::size_t n, verdict::Sockets sockets, bool canaries, double at, double left = 1e9);
    verdict::Burst control(std::size_t n, double at);
    [[nodiscard]] const ServerModel& model() const { return m_; }
    /// With what is known before the first request.
    verdict::Observation begin(double budget, std::size_t most);

private:
    struct State;
    double service_time();
    double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }
    void connect(verdict::Burst& burst, State& state);
    void answer(verdict::Burst& burst, State& state);
    void answer_sharing(verdict::Burst& burst, State& state);
    void refuse(verdict::Burst& burst, std::size_t others, double at);
    void offer_workers(State& state, double at);
    void keep_workers(const State& state);
    void transfer(verdict::Burst& burst) const;
    void write_late(verdict::Burst& burst, const State& state);
    void sing(verdict::Burst& burst, State& state);
    verdict::Process process(const verdict::Burst& burst, const State& state);

    ServerModel m_;
    std::mt19937_64 random_;
    std::size_t grown_ = 0;  ///< workers that came
    double window_ = -1e9;   ///< when the one of `rate` began
    std::size_t in_window_ = 0;
    int threads_ = 0;  ///< of a pool stay once they were started
};

/// The whole adaptive verification in virtual time.
struct Verified {
    verdict::Observation seen;
    verdict::Record record;
    double took = 0;
    std::size_t steps = 0;
};
[[nodiscard]] Verified verify(const ServerModel& model, std::uint64_t seed, double budget = 60, std::size_t most = 512);

}  // namespace volley::test
