#include "scenario/json_path.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace volley::scenario {
namespace {

std::string found(std::string_view path, std::string_view json) {
    auto parsed = parse_json_path(path);
    if (const auto* bad = std::get_if<JsonPathError>(&parsed)) return std::to_string(bad->offset) + ' ' + bad->text;
    const auto value = follow(std::get<JsonPath>(parsed), boost::json::parse({json.data(), json.size()}));
    return value ? boost::json::serialize(*value) : "nowhere";
}

TEST(JsonPath, follows_members_and_elements) {
    const char* json = R"({"a": {"b c": [10, 20, {"d": null}]}, "t": "h\u00e9", "$": 1})";
    EXPECT_EQ(found(".a.\"b c\"[1]", json), "20");
    EXPECT_EQ(found(".[\"a\"][\"b c\"][-1].d", json), "null");
    EXPECT_EQ(found(".a[\"b c\"] | length", json), "3");
    EXPECT_EQ(found(".a.\"b c\"|length", json), "3");
    EXPECT_EQ(found(".t | length", json), "2");
    EXPECT_EQ(found(". | length", json), "3");
    EXPECT_EQ(found(".", "[1]"), "[1]");
    EXPECT_EQ(found(".[0]", "[1]"), "1");
    EXPECT_EQ(found(" .a ", R"({"a":1})"), "1");
}

TEST(JsonPath, leads_nowhere_rather_than_to_null) {
    EXPECT_EQ(found(".x", "{}"), "nowhere");
    EXPECT_EQ(found(".x.y", R"({"x": 1})"), "nowhere");
    EXPECT_EQ(found(".[0]", R"({"x": 1})"), "nowhere");
    EXPECT_EQ(found(".[2]", "[1, 2]"), "nowhere");
    EXPECT_EQ(found(".[-3]", "[1, 2]"), "nowhere");
    EXPECT_EQ(found(".x", "[1]"), "nowhere");
    EXPECT_EQ(found(". | length", "true"), "nowhere");
    EXPECT_EQ(found(".x", R"({"x": null})"), "null");
}

TEST(JsonPath, refuses_the_rest_of_jq) {
    EXPECT_EQ(found("", "1"), "0 a path begins with `.`");
    EXPECT_EQ(found("a", "1"), "0 a path begins with `.`");
    EXPECT_EQ(found(".a | map(.b)", "1"), "5 only paths are supported, not the whole of jq");
    EXPECT_EQ(found(".a | length | floor", "1"), "12 only paths are supported, not the whole of jq");
    EXPECT_EQ(found(".[]", "1"), "2 only paths are supported: an index is a number or a name in quotes");
    EXPECT_EQ(found(".a[1:2]", "1"), "4 a `[` in a path is not closed");
    EXPECT_EQ(found("..", "1"), "1 only paths are supported, not the whole of jq");
    EXPECT_EQ(found(".a.", "1"), "3 a name is missing behind `.`");
    EXPECT_EQ(found(".a..b", "1"), "3 a name is missing behind `.`");
    EXPECT_EQ(found(".a b", "1"), "3 only paths are supported, not the whole of jq");
    EXPECT_EQ(found(".[99999999999999999999]", "1"), "2 only paths are supported: an index is a number or a name in quotes");
    std::string deep;
    for (int i = 0; i < 100; ++i) deep += ".a";
    EXPECT_EQ(found(deep, "1").substr(4), "a path with too many parts");
}

TEST(JsonNumber, is_rfc_8259) {
    for (const char* good : {"0", "-0", "1", "10.5", "1e3", "1E-3", "-1.5e+10"}) EXPECT_TRUE(is_json_number(good)) << good;
    for (const char* bad : {"", "-", "01", "08", "1.", ".5", "+1", "1e", "0x1", "nan", "inf", "1 ", "1,5", "--1", "-01"})
        EXPECT_FALSE(is_json_number(bad)) << bad;
}

}  // namespace
}  // namespace volley::scenario
