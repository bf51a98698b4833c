// What the manual shows can be read.
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "appfile/model.hpp"

namespace volley::appfile {
namespace {

TEST(Manual, its_example_can_be_read) {
    std::ifstream in(VOLLEY_MANUAL, std::ios::binary);
    std::string line, example;
    bool inside = false;
    while (std::getline(in, line)) {
        if (line.starts_with(".Bd -literal"))
            inside = true;
        else if (line.starts_with(".Ed"))
            inside = false;
        else if (inside)
            example += line + '\n';
    }
    for (std::size_t at; (at = example.find("\\(dq")) != std::string::npos;) example.replace(at, 4, "\"");
    const auto loaded = load_application(example, "manual");
    for (const auto& e : loaded.errors) ADD_FAILURE() << format_source_error(e);
    EXPECT_EQ(loaded.application.routes.size(), 8U);
}

}  // namespace
}  // namespace volley::appfile
