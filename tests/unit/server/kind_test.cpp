#include <gtest/gtest.h>

#include <volley/server/server.hpp>

namespace volley::server {
namespace {

TEST(Kind, is_read_and_printed) {
    EXPECT_EQ(*parse_kind("coroutine"), (Kind{Kind::Model::coroutine, 0}));
    EXPECT_EQ(*parse_kind("pool:4"), (Kind{Kind::Model::pool, 4}));
    EXPECT_EQ(*parse_kind("serial"), (Kind{Kind::Model::pool, 1}));
    EXPECT_EQ(*parse_kind("pool:1000"), (Kind{Kind::Model::pool, 1000}));
    for (const char* text : {"coroutine", "pool:4", "serial", "pool:1000"}) EXPECT_EQ(to_string(*parse_kind(text)), text);
}

TEST(Kind, everything_else_is_an_error) {
    const auto error = [](const char* text) { return parse_kind(text).error(); };
    EXPECT_EQ(error(""), make_error_code(ParseErrc::empty));
    EXPECT_EQ(error("pool"), make_error_code(ParseErrc::bad_unit));
    EXPECT_EQ(error("Coroutine"), make_error_code(ParseErrc::bad_unit));
    EXPECT_EQ(error("coroutine "), make_error_code(ParseErrc::bad_unit));
    EXPECT_EQ(error("pool:"), make_error_code(ParseErrc::bad_number));
    EXPECT_EQ(error("pool:x"), make_error_code(ParseErrc::bad_number));
    EXPECT_EQ(error("pool:4x"), make_error_code(ParseErrc::bad_number));
    EXPECT_EQ(error("pool:-1"), make_error_code(ParseErrc::bad_number));
    EXPECT_EQ(error("pool:0"), make_error_code(ParseErrc::out_of_range));
    EXPECT_EQ(error("pool:1001"), make_error_code(ParseErrc::out_of_range));
    EXPECT_EQ(error("pool:99999999999999"), make_error_code(ParseErrc::out_of_range));
}

}  // namespace
}  // namespace volley::server
