#include "call/frame_workers.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>

namespace volley::call {
namespace {

struct Throwing : FrameWork {
    void run() override {
        if (what.empty()) throw 7;
        throw std::runtime_error(what);
    }
    void failed(const std::string& why) override { told.set_value(why); }
    std::string what;
    std::promise<std::string> told;
};

TEST(FrameWorkers, what_work_throws_is_told_to_it_and_ends_nothing) {
    FrameWorkers workers(1);
    const auto named = std::make_shared<Throwing>();
    named->what = "too much";
    const auto nameless = std::make_shared<Throwing>();
    workers.want(named);
    workers.want(nameless);
    EXPECT_EQ(named->told.get_future().get(), "too much");
    EXPECT_NE(nameless->told.get_future().get(), "");
}

}  // namespace
}  // namespace volley::call
