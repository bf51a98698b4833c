// Threads beside the loop for what takes milliseconds: decoding, transforming, encoding.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace volley::call {

class FrameWorkers;

/// The work of one track, done on whichever thread is free, on one at a time if it does not say otherwise. What it is given and what it makes it
/// guards itself.
class FrameWork {
public:
    FrameWork() = default;
    FrameWork(const FrameWork&) = delete;
    FrameWork& operator=(const FrameWork&) = delete;
    virtual ~FrameWork() = default;

    /// Does what there is to do now, a frame or so, and returns: others wait. What it throws ends this work alone: see fail().
    virtual void run() = 0;
    /// run() has thrown, memory that is not to be had before all: to be told as its fault, after which it does nothing more. On run()'s thread.
    virtual void fail(std::string why) = 0;
    /// What waits when all is over is to be done all the same: a file is to be closed.
    [[nodiscard]] virtual bool must_end() const { return false; }
    /// On so many threads at most it runs at a time.
    [[nodiscard]] virtual unsigned most_at_once() const { return 1; }

protected:
    /// Within run(): as FrameWorkers::want(), where workers run this.
    void want_again();

private:
    friend class FrameWorkers;
    // Written with the first want() alone.
    FrameWorkers* workers_ = nullptr;
    std::weak_ptr<FrameWork> self_;
    // FrameWorkers' lock guards these.
    bool waiting_ = false;
    bool wanted_ = false;  // while it ran as often as it may
    unsigned running_ = 0;
};

/// Fair: who has run stands behind all others that wait. Thread safety: every member from any thread; not destroyed by work of its own.
class FrameWorkers {
public:
    /// @param threads  at least 1; they start with the first work
    explicit FrameWorkers(unsigned threads);
    FrameWorkers(const FrameWorkers&) = delete;
    FrameWorkers& operator=(const FrameWorkers&) = delete;
    ~FrameWorkers();  ///< lets what runs come to its end; what waits is dropped, but for work that must_end()

    /// There is something to do: a run begins after this. Work that waits already is not counted twice; work that runs on as many threads as it
    /// may is run once more. When all is over nothing more begins, but for work that must_end(). One work is of one FrameWorkers.
    void want(const std::shared_ptr<FrameWork>& work);

    /// As many as there are processors: the loop, which has a few per cent of one to do, needs none to itself, and on a machine of two a single
    /// thread would be the limit of a transform of 40 ms.
    [[nodiscard]] static unsigned threads_for_this_machine() noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace volley::call
