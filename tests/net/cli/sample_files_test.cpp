#include "sample_files.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace volley::cli {
namespace {
using namespace std::chrono_literals;

/// A named pipe whose both ends are open, so that nobody waits for anybody to open it.
class Pipe {
public:
    Pipe() {
        char folder[] = "/tmp/volley-pipe-XXXXXX";
        folder_ = ::mkdtemp(folder);
        path = folder_ + "/samples.csv";
        EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
        reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
        EXPECT_NE(reader, -1);
    }
    ~Pipe() {
        ::close(reader);
        std::filesystem::remove_all(folder_);
    }
    std::string path;
    int reader = -1;

private:
    std::string folder_;
};

void feed(run::Observer& observer, std::uint64_t n) {
    metrics::Sample sample;
    sample.planned = sample.done = TimePoint(1s);
    for (std::uint64_t i = 0; i < n; ++i) observer.sample(sample);
}

TEST(SampleFiles, wait_for_nobody_who_does_not_read_and_say_how_many_are_missing) {
    // The run waited for the reader, and so did the end of the program.
    const Pipe pipe;
    SampleFiles files;
    ASSERT_EQ(files.open(pipe.path, ""), "");
    run::Observer observer;
    files.start(observer);
    observer.phase_began("s", "p", TimePoint(1s));
    constexpr std::uint64_t n = 500'000;  // more than are kept
    feed(observer, n);
    const auto failures = files.finish();
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].path, pipe.path);
    EXPECT_NE(failures[0].why.find("of 500000 samples are missing"), std::string::npos) << failures[0].why;
    EXPECT_GT(failures[0].missing, n / 2) << "a pipe takes 64 KiB";
    EXPECT_LE(failures[0].missing, n);
}

TEST(SampleFiles, keep_every_sample_for_a_reader_that_is_slow_and_one_file_for_the_fast_beside_it) {
    const Pipe pipe;
    const auto plain = pipe.path + ".other";
    SampleFiles files;
    ASSERT_EQ(files.open(pipe.path, ""), "");
    ASSERT_EQ(files.open(plain, "s"), "");
    ASSERT_EQ(files.open(plain + "2", "another"), "");
    run::Observer observer;
    files.start(observer);
    observer.phase_began("s", "p", TimePoint(1s));
    constexpr std::uint64_t n = 10'000;
    feed(observer, n);
    std::string slow;
    std::thread reader([&] {
        std::this_thread::sleep_for(300ms);  // the pipe is full long before
        char some[65536];
        for (;;) {
            const auto got = ::read(pipe.reader, some, sizeof some);
            if (got == 0) return;
            if (got > 0)
                slow.append(some, static_cast<std::size_t>(got));
            else
                std::this_thread::sleep_for(1ms);
        }
    });
    const auto failures = files.finish();
    reader.join();
    EXPECT_TRUE(failures.empty()) << failures.front().why;
    std::stringstream fast;
    fast << std::ifstream(plain).rdbuf();
    EXPECT_EQ(std::ranges::count(slow, '\n'), n + 1);
    EXPECT_EQ(slow, fast.str());
    std::stringstream none;
    none << std::ifstream(plain + "2").rdbuf();
    EXPECT_EQ(std::ranges::count(none.str(), '\n'), 1);
}

}  // namespace
}  // namespace volley::cli
