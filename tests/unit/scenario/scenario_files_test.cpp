// The scenarios that come with volley can be read. That they hold is shown by running them, elsewhere.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "unit/scenario/support.hpp"

namespace volley::scenario::test {
namespace {

TEST(ScenarioFiles, can_all_be_read) {
    std::size_t seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator(VOLLEY_SCENARIOS)) {
        if (entry.path().extension() != ".yaml") continue;
        ++seen;
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
        const auto loaded = load_scenario(text, entry.path().filename());
        EXPECT_EQ(to_lines(loaded.errors), std::vector<std::string>{}) << entry.path();
        Variables variables;
        EXPECT_EQ(to_lines(resolve_variables(loaded.scenario, {}, {}, variables)), std::vector<std::string>{}) << entry.path();
    }
    EXPECT_GE(seen, 2U);
}

TEST(ScenarioFiles, the_manuals_examples_can_be_read) {
    std::ifstream in(VOLLEY_MANUAL, std::ios::binary);
    std::string line, example;
    bool inside = false;
    std::size_t seen = 0;
    while (std::getline(in, line)) {
        if (line.starts_with(".Bd -literal")) {
            inside = true;
            example.clear();
        } else if (line.starts_with(".Ed") && inside) {
            inside = false;
            ++seen;
            for (std::size_t at; (at = example.find("\\(dq")) != std::string::npos;) example.replace(at, 4, "\"");
            const auto loaded = load_scenario(example, "manual");
            EXPECT_EQ(to_lines(loaded.errors), std::vector<std::string>{}) << example;
            Variables variables;
            EXPECT_EQ(to_lines(resolve_variables(loaded.scenario, {}, {}, variables)), std::vector<std::string>{}) << example;
        } else if (inside) {
            example += line + '\n';
        }
    }
    EXPECT_EQ(seen, 5U);
}

}  // namespace
}  // namespace volley::scenario::test
