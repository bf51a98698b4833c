#include "yaml/loader.hpp"

#include <string>

#include <gtest/gtest.h>

namespace volley::yaml {
namespace {

std::string first_error(std::string_view text) {
    const auto tree = read_yaml(text);
    if (tree.errors.empty()) return "";
    const auto& e = tree.errors.front();
    return std::to_string(e.pos.line) + ':' + std::to_string(e.pos.column) + ' ' + e.text;
}

std::string nested(std::size_t depth) {
    std::string out;
    for (std::size_t i = 0; i < depth; ++i) out += '[';
    for (std::size_t i = 0; i < depth; ++i) out += ']';
    return out;
}

TEST(YamlLoader, keeps_order_places_and_quotes) {
    const auto tree = read_yaml("b: 'one'\na: {x: 08, y: [no, \"{{ t }}\"]}\n");
    ASSERT_TRUE(tree.usable);
    ASSERT_EQ(tree.root.entries.size(), 2U);
    const auto& [b, one] = tree.root.entries[0];
    EXPECT_EQ(b.text, "b");
    EXPECT_EQ(one.value.text, "one");
    EXPECT_TRUE(one.value.quoted);
    EXPECT_EQ(one.pos(), (SourcePos{1, 4}));
    const auto& map = tree.root.entries[1].value;
    EXPECT_EQ(map.entries[0].value.value.text, "08");
    EXPECT_FALSE(map.entries[0].value.value.quoted);
    EXPECT_EQ(map.entries[0].value.pos(), (SourcePos{2, 8}));
    const auto& list = map.entries[1].value;
    EXPECT_EQ(list.items[0].value.text, "no");
    EXPECT_TRUE(list.items[1].value.has_template);
    EXPECT_FALSE(list.items[0].value.has_template);
}

TEST(YamlLoader, aliases_stand_where_they_are_used) {
    const auto tree = read_yaml("a: &x 10\nb: *x\n");
    ASSERT_TRUE(tree.usable);
    EXPECT_EQ(tree.root.entries[1].value.value.text, "10");
    EXPECT_EQ(tree.root.entries[1].value.pos(), (SourcePos{2, 4}));
}

TEST(YamlLoader, merges_maps_and_own_keys_win) {
    const auto tree = read_yaml("base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nall: {<<: [*b, *m], x: 9}\n");
    ASSERT_TRUE(tree.usable);
    std::string seen;
    for (const auto& [key, value] : tree.root.entries[2].value.entries) seen += key.text + value.value.text + ' ';
    EXPECT_EQ(seen, "x9 y2 z4 ");
}

TEST(YamlLoader, names_what_is_wrong_and_where) {
    struct Case {
        const char* text;
        const char* error;
    };
    for (const Case& c : {
             Case{"a: {{ x }}\n", "1:4 `{{` without quotes is a map to YAML"},
             Case{"a: [b, {{ x }}]\n", "1:8 `{{` without quotes is a map to YAML"},
             Case{"a:\n  - {{ x }}/y\n", "2:5 `{{` without quotes is a map to YAML"},
             Case{"a: [ /x/{{ y }} ]\n", "1:9 `{{` without quotes is a map to YAML"},
             Case{"{{ x }}: 3\n", "1:1 `{{` without quotes is a map to YAML"},
             Case{"a: &x [1, *x]\n", "1:11 this alias stands inside what it refers to"},
             Case{"a: &x {b: *x}\n", "1:11 this alias stands inside what it refers to"},
             Case{"a: *none\n", "1:4 this alias has no anchor"},
             Case{"a: 1\nb: 2\na: 3\n", "3:1 duplicate key `a`"},
             Case{"a: {b: 1, b: 2}\n", "1:11 duplicate key `b`"},
             Case{"? [a]\n: b\n", "1:3 a list as a key"},
             Case{"<<: 3\n", "1:1 `<<` takes a map or a list of maps"},
             Case{"a: !!int 3\n", "1:4 the tag `tag:yaml.org,2002:int`"},
             Case{"a: 1\n---\nb: 2\n", "2:1 a second document begins"},
             Case{"a: \"x\nb: 2\n", "1:4 this quote is never closed"},
             Case{"a: ['it''s\n", "1:5 this quote is never closed"},
             Case{"a: [1, 2\n", "2:1 a `[` is not closed"},
             Case{"a: b: c\n", "1:5 a `:` where no key can be"},
             Case{"a: @x\n", "1:4 a character that cannot begin a text"},
             Case{"a: \"\\q\"\n", "1:7 an unknown escape in double quotes"},
             Case{"a: \"\\0\"\n", "1:4 a NUL character in a text"},
             Case{"a: \xff\n", "1:4 not UTF-8"},
             Case{"a: \xC0\xAF\n", "1:4 not UTF-8"},
             Case{"a: \xED\xA0\x80\n", "1:4 not UTF-8"},
             Case{"b: \xC3\xA9\na: \xC3", "2:4 not UTF-8"},
         }) {
        EXPECT_EQ(first_error(c.text), c.error) << c.text;
    }
    using namespace std::string_literals;
    EXPECT_EQ(first_error("a: b\nc\0d: e\n"s), "2:2 a NUL byte");
}

TEST(YamlLoader, limits_size_depth_and_nodes) {
    EXPECT_EQ(first_error(std::string(max_text_bytes + 1, 'a')), "0:0 the file is too large: 1048577 bytes");
    EXPECT_EQ(first_error("a: " + nested(63)), "");
    EXPECT_EQ(first_error("a: " + nested(64)), "1:67 nested too deep");
    EXPECT_NE(first_error(std::string(500'000, '[')), "");
    EXPECT_NE(first_error(std::string(500'000, '{')), "");
    std::string dashes;
    for (int i = 0; i < 200'000; ++i) dashes += "- ";
    EXPECT_NE(first_error(dashes), "");
    std::string many = "a: [";
    for (int i = 0; i < 200'000; ++i) many += "1,";
    EXPECT_NE(first_error(many + "1]").find("too many nodes"), std::string::npos);
}

TEST(YamlLoader, exploding_aliases_are_refused) {
    std::string laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c < 'm'; ++c) {
        laughs += std::string(1, c) + ": &" + c + " [";
        for (int i = 0; i < 9; ++i) laughs += std::string(i ? ",*" : "*") + static_cast<char>(c - 1);
        laughs += "]\n";
    }
    EXPECT_NE(first_error(laughs), "");
    EXPECT_FALSE(read_yaml(laughs).usable);

    // Few nodes, much text.
    std::string long_text = "a: &a \"" + std::string(500'000, 'x') + "\"\nb: [";
    for (int i = 0; i < 1000; ++i) long_text += "*a,";
    EXPECT_NE(first_error(long_text + "*a]\n").find("aliases make the file too large"), std::string::npos);

    // Deep by aliases only.
    std::string deep = "a0: &a0 [x]\n";
    for (int i = 1; i < 80; ++i)
        deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
    EXPECT_NE(first_error(deep).find("nested too deep"), std::string::npos);
}

}  // namespace
}  // namespace volley::yaml
