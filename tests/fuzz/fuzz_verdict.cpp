// A recorded verification from anybody: it is refused with words, or it can be judged and written again.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <volley/verdict/expect.hpp>
#include <volley/verdict/json.hpp>
#include <volley/verdict/judge.hpp>

namespace {

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_verdict: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace volley::verdict;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    (void)parse_expectation(input);
    const auto read = from_json(input);
    if (const auto* wrong = std::get_if<std::string>(&read)) {
        must(!wrong->empty(), "what is refused is said why");
        return 0;
    }
    const auto& recorded = std::get<Recorded>(read);
    const Record record = judge(recorded.seen);
    must(!record.words.empty(), "a verdict has words");
    const Step step = next_step(recorded.seen, std::chrono::seconds(10), 1);
    must(step.what == Step::What::done || (step.n >= 1 && step.n <= recorded.seen.most + 1), "a step keeps to the largest burst");
    const std::string text = to_json(recorded.seen, record);
    const auto again = from_json(text);
    must(std::holds_alternative<Recorded>(again), "what is written is read");
    must(to_json(std::get<Recorded>(again).seen, std::get<Recorded>(again).record) == text, "and is the same");
    return 0;
}
