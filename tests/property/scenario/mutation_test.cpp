// Any text may be handed to the reader: files that were good once, then damaged in seeded random ways. Nothing may throw or crash, every
// error must stand inside the file and print harmlessly, and no file may take long. A failure names its seed.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <gtest/gtest.h>

#include "unit/scenario/support.hpp"

namespace volley::scenario::test {
namespace {

using Random = std::mt19937_64;

std::vector<std::string> seeds() {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(VOLLEY_SCENARIOS)) {
        if (entry.path().extension() != ".yaml") continue;
        std::ifstream in(entry.path(), std::ios::binary);
        out.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    std::sort(out.begin(), out.end());
    out.push_back(with_step(
        "{ post: /x, items: [\"a=b\", \"n:=[1]\", \"q==v\", \"H:v\"], checks: [\"jq '.a.b[0] | length' > 1\", body matches /x+/] }"));
    out.push_back(with_server(
        "{ command: [x, \"{{ port }}\"], cwd: d, env: { A: b }, ready: { get: /, status: 200, timeout: 1s }, stop: { signal: TERM, grace: 1s } }"));
    out.push_back(with_threshold("{ expr: \"steady.latency p99.9 < {{ t | default('4ms') }} @ server=ours\" }"));
    out.push_back(with_phase("name: p, scenario: s, rate: 1/s, ramp_to: 5/s, for: 1s, arrivals: poisson"));
    out.push_back(with_phase("name: p, scenario: s, steps: [1/s, 2/s], for: 1s, max_users: 3"));
    out.push_back(with_phase("name: p, scenario: t, users: 2, for: 1s, think: { uniform: [1ms, 2ms] }"));
    out.push_back("version: 1\nx: &a { b: &b [1, *b2], <<: *a }\n---\n? !!str y\n: |\n  text\n");
    return out;
}

std::size_t below(Random& random, std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); }

std::string mutate(const std::string& seed, const std::vector<std::string>& all, Random& random) {
    static const std::vector<std::string> tokens = {"{{",
                                                    "}}",
                                                    "{",
                                                    "}",
                                                    "[",
                                                    "]",
                                                    ": ",
                                                    "- ",
                                                    "\n",
                                                    "\n  ",
                                                    "\t",
                                                    "&a ",
                                                    "*a",
                                                    "<<: ",
                                                    "\"",
                                                    "'",
                                                    "#",
                                                    "|",
                                                    ">",
                                                    "%",
                                                    "@",
                                                    "!!int ",
                                                    "? ",
                                                    "---\n",
                                                    "...\n",
                                                    "\\",
                                                    "\xC3",
                                                    "\xEF\xBB\xBF",
                                                    "\x1b[31m",
                                                    "\r\n",
                                                    "99999999999999999999",
                                                    "-1",
                                                    "0",
                                                    "~",
                                                    "1e999",
                                                    "p99",
                                                    "== ",
                                                    "\xE2\x80\xA8"};
    std::string text = seed;
    const std::size_t times = 1 + below(random, 6);
    for (std::size_t i = 0; i < times; ++i) {
        const auto at = below(random, text.size() + 1);
        switch (below(random, 7)) {
            case 0:
                text.insert(at, tokens[below(random, tokens.size())]);
                break;
            case 1:
                text.erase(at, 1 + below(random, 12));
                break;
            case 2:
                if (at < text.size()) text[at] = static_cast<char>(below(random, 256));
                break;
            case 3:
                text.insert(at, text.substr(below(random, text.size() + 1), 1 + below(random, 60)));
                break;
            case 4:
                text.resize(at);
                break;
            case 5: {
                const auto& other = all[below(random, all.size())];
                text.insert(at, other.substr(below(random, other.size() + 1), 1 + below(random, 80)));
                break;
            }
            default: {
                const auto& token = tokens[below(random, tokens.size())];
                for (std::size_t k = below(random, 100); k > 0; --k) text.insert(at, token);
            }
        }
    }
    return text;
}

void expect_sound(const LoadResult& loaded, const std::vector<SourceError>& more) {
    SourcePos last;
    for (const auto& e : loaded.errors) {
        EXPECT_FALSE(e.text.empty());
        EXPECT_LE(e.pos.line, static_cast<int>(loaded.scenario.lines.size()) + 1) << e.text;
        if (e.pos.line > 0) {
            EXPECT_LE(last, e.pos) << "in the order of lines";
            last = e.pos;
        }
    }
    for (const auto* errors : {&loaded.errors, &more})
        for (const auto& e : *errors)
            for (const char c : format_source_error(e))
                EXPECT_TRUE(c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= 0x20) << e.text;
}

TEST(Mutation, no_file_breaks_the_reader) {
    const auto all = seeds();
    std::size_t good = 0;
    for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Random random(seed);
        const auto text = mutate(all[below(random, all.size())], all, random);
        const auto loaded = load_scenario(text, "f.yaml", {{"HOME", "/root"}}, {{"sleep", "0.1"}});
        Variables variables;
        const auto more = resolve_variables(loaded.scenario, {}, {}, variables);
        expect_sound(loaded, more);
        if (!loaded.errors.empty()) continue;
        ++good;
        // What was accepted must be fit to run.
        for (const auto& body : loaded.scenario.scenarios)
            for (const auto& step : body.steps) {
                EXPECT_FALSE(step.method.empty());
                EXPECT_FALSE(step.url.text.empty());
                if (step.json) (void)to_json_text(*step.json, variables, loaded.scenario);
                for (const auto& check : step.checks)
                    (void)failed_check(check, check.value.text,
                                       {200, R"({"slept": 0.2, "a": {"b": ["x"]}})", nullptr, Duration(5)});
            }
        for (const auto& phase : loaded.scenario.phases) {
            EXPECT_EQ((phase.burst ? 1 : 0) + (phase.users ? 1 : 0) + (phase.rate ? 1 : 0) + (phase.steps.empty() ? 0 : 1), 1);
            EXPECT_TRUE(phase.burst || (phase.duration.has_value() != phase.iterations.has_value()));
            EXPECT_NE(loaded.scenario.find_scenario(phase.scenario), nullptr);
        }
        if (HasFailure()) break;
    }
    EXPECT_GT(good, 50U) << "the mutations are so rough that nothing of the good half is tried";
}

TEST(Mutation, large_hostile_texts_take_bounded_time) {
    for (const char* piece : {"[",
                              "{",
                              "- ",
                              "? ",
                              "a: ",
                              "[{",
                              "{{",
                              "\"",
                              "'",
                              "&a ",
                              "*a ",
                              "!!x ",
                              "\n",
                              "\r",
                              "|\n",
                              "#",
                              "a",
                              "a:\n",
                              "{a: ",
                              ",",
                              "[],",
                              "a\n",
                              "'' ",
                              "\xC3\xA9",
                              "- - \n",
                              "\\",
                              "%",
                              "---\n",
                              "a: 1\n",
                              "? a\n",
                              "k: &x [*x]\n",
                              "{{ a }}",
                              "\"{{ a }}\": 1\n",
                              "<<: {}\n",
                              "[a]: b\n"}) {
        std::string text = "version: 1\nx: ";
        while (text.size() < 300'000) text += piece;
        const auto begin = std::chrono::steady_clock::now();
        const auto loaded = load_scenario(text, "f.yaml");
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        EXPECT_FALSE(loaded.errors.empty()) << piece;
        EXPECT_LT(took.count(), 20) << piece;
        RecordProperty("seconds", std::to_string(took.count()));
        if (took.count() > 0.5) std::printf("%s: %.2f s\n", escape_for_terminal(piece).c_str(), took.count());
    }
}

}  // namespace
}  // namespace volley::scenario::test
