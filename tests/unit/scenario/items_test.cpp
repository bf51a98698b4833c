#include <gtest/gtest.h>

#include "unit/scenario/support.hpp"

namespace volley::scenario::test {
namespace {

/// What a step with these items sends, or its first error.
std::string sent(const std::string& items, const std::string& more = "") {
    const auto loaded = load_scenario(with_step("{ post: /, items: [" + items + "]" + more + " }"), "f", {}, {{"n", "5"}});
    if (!loaded.errors.empty()) return to_line(loaded.errors[0]);
    const auto& s = loaded.scenario;
    Variables v;
    v.push({{"n", "5"}});
    const auto& step = s.scenarios[0].steps[0];
    std::string out;
    for (const auto& [name, value] : step.headers) out += name + ": " + value.text + "; ";
    for (const auto& [name, value] : step.query) out += '?' + name + '=' + value.text + "; ";
    for (const auto& [name, value] : step.form) out += name + '=' + value.text + "; ";
    if (step.json) out += std::get<std::string>(to_json_text(*step.json, v, s));
    return out;
}

TEST(Items, each_separator) {
    EXPECT_EQ(sent("\"a=b\", \"n:=1.50\", \"t:=true\", \"q==v\", \"X-Id: 7\", \"Empty;\""),
              R"(X-Id: 7; Empty: ; ?q=v; {"a": "b", "n": 1.50, "t": true})");
    EXPECT_EQ(sent("\"o:={\\\"x\\\": [1, \\\"y\\\"]}\""), R"({"o": {"x": [1, "y"]}})");
    EXPECT_EQ(sent("\"a=\", \"b=c=d:=e\""), R"({"a": "", "b": "c=d:=e"})");
    EXPECT_EQ(sent("'a\\=b=c', 'k\\:v=x'"), R"({"a=b": "c", "k:v": "x"})");
    EXPECT_EQ(sent("\"n={{ n }}\", \"m:={{ n }}\""), R"({"n": "5", "m": 5})");
    EXPECT_EQ(sent("\"a=1\"", ", json: { b: 2 }"), R"({"b": 2, "a": "1"})");
    EXPECT_EQ(sent("\"a=1\"", ", form: { b: 2 }"), "b=2; a=1; ");
}

TEST(Items, bad_ones) {
    EXPECT_EQ(sent("abc"), "5:26 not a request item: `abc` [write name=text, name:=json, name==query or Header:value]");
    EXPECT_EQ(sent("\"f@x\""), "5:26 items with files (@) are not supported by this version [write the value itself]");
    EXPECT_EQ(sent("\"=x\""), "5:26 an item without a name: `=x` [write a name before =]");
    EXPECT_EQ(sent("\"X:\""), "5:26 a header without a value: `X:` [write `Header:value`, or `Header;` for an empty one]");
    EXPECT_EQ(sent("\"a b:c\""), "5:26 not a header name: `a b` [letters, digits and `-`]");
    EXPECT_EQ(sent("\"n:=x\""), "5:26 not JSON behind `:=`: `x` [write name=text for a text, or name:='\"text\"']");
    EXPECT_EQ(sent("\"a[b]=x\""),
              "5:26 nested keys in items are not supported by this version: `a[b]` [write the object under `json`]");
    EXPECT_EQ(sent("\"a=1\", \"a=2\""), "5:33 the key `a` is given twice [remove one of them]");
    EXPECT_EQ(sent("\"a=1\"", ", json: [1]"),
              "5:26 an item cannot be added to `json` that is not an object [write `json` as a map]");
    EXPECT_EQ(sent("\"a:=1\"", ", form: { b: 2 }"), "5:26 `:=` is for JSON, but the request has `form` [write name=text]");
    EXPECT_EQ(sent("\"a=1\"", ", body: x"), "5:18 a request has one body, not both `body` and data items [keep one of them]");
    EXPECT_EQ(sent("X: y"), "5:26 this item reads as a map [quote it: \"Header: value\"]");
}

}  // namespace
}  // namespace volley::scenario::test
