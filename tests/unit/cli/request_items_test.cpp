#include "request_items.hpp"

#include <map>

#include <gtest/gtest.h>

#include "nested_json.hpp"

namespace volley::cli {
namespace {

using Kind = Item::Kind;

struct Split {
    const char* text;
    Kind kind;
    const char* key;
    const char* value;
};

TEST(RequestItems, the_first_separator_counts_and_at_one_place_the_longest) {
    const Split cases[] = {
        {"a=b", Kind::data, "a", "b"},         {"a=", Kind::data, "a", ""},
        {"=v", Kind::data, "", "v"},           {"a=b=c", Kind::data, "a", "b=c"},
        {"a=b:c", Kind::data, "a", "b:c"},     {"a:=1", Kind::json, "a", "1"},
        {"a:b=c", Kind::header, "a", "b=c"},   {"H:", Kind::header, "H", ""},
        {"H;", Kind::header_empty, "H", ""},   {"H:@f", Kind::header_file, "H", "f"},
        {"a==b", Kind::query, "a", "b"},       {"a===b", Kind::query, "a", "=b"},
        {"a==@f", Kind::query_file, "a", "f"}, {"a=@f", Kind::data_file, "a", "f"},
        {"a:=@f", Kind::json_file, "a", "f"},  {"a@f", Kind::upload, "a", "f"},
        {"@f=g", Kind::upload, "", "f=g"},     {"a@f;type=x/y", Kind::upload, "a", "f;type=x/y"},
        {"a[b]=c", Kind::data, "a[b]", "c"},
    };
    for (const auto& c : cases) {
        const auto item = parse_item(c.text);
        ASSERT_TRUE(item) << c.text;
        EXPECT_EQ(static_cast<int>(item->kind), static_cast<int>(c.kind)) << c.text;
        EXPECT_EQ(item->key, c.key) << c.text;
        EXPECT_EQ(item->value, c.value) << c.text;
    }
    EXPECT_FALSE(parse_item("nothing"));
    EXPECT_FALSE(parse_item(""));
    EXPECT_FALSE(parse_item("a\\=b"));
}

TEST(RequestItems, a_backslash_makes_separators_literal_and_is_one_elsewhere) {
    const Split cases[] = {
        {R"(a\=b=c)", Kind::data, "a=b", "c"},     {R"(a\:b:c)", Kind::header, "a:b", "c"},
        {R"(a\==b)", Kind::data, "a=", "b"},       {R"(a\@b=c)", Kind::data, "a@b", "c"},
        {R"(a=c:\x)", Kind::data, "a", R"(c:\x)"}, {R"(a\b=c)", Kind::data, R"(a\b)", "c"},
        {R"(a\\=b)", Kind::data, R"(a\\)", "b"},   {R"(a\;b:c)", Kind::header, "a;b", "c"},
        {"a=b\\", Kind::data, "a", "b\\"},
    };
    for (const auto& c : cases) {
        const auto item = parse_item(c.text);
        ASSERT_TRUE(item) << c.text;
        EXPECT_EQ(static_cast<int>(item->kind), static_cast<int>(c.kind)) << c.text;
        EXPECT_EQ(item->key, c.key) << c.text;
        EXPECT_EQ(item->value, c.value) << c.text;
    }
}

/// Files that are there without a disk.
FileReader files(std::map<std::string, std::string> content) {
    return [content = std::move(content)](const std::string& path) {
        const auto it = content.find(path);
        return it == content.end() ? FileText{false, "No such file or directory"} : FileText{true, it->second};
    };
}

std::string error_of(const std::vector<std::string>& texts) {
    RequestItems out;
    return read_items(texts, files({{"bad.bin", "\xff\xfe"}, {"t.json", "{\"a\": }"}}), out).value_or("");
}

TEST(RequestItems, files_give_values_and_bodies) {
    RequestItems out;
    const auto reader = files({{"v.txt", "one\r\n\n"}, {"n.json", " [1, 2.50] "}, {"d/p.png", "\x89PNG"}});
    ASSERT_FALSE(
        read_items({"H:@v.txt", "q==@v.txt", "f=@v.txt", "j:=@n.json", "up@d/p.png", "up@d/p.png;type=x/y"}, reader, out));
    EXPECT_EQ(out.headers.at(0).value, "one");
    EXPECT_EQ(out.query.at(0).second, "one");
    EXPECT_EQ(std::get<Field>(out.body.at(0)).value.text, "one\r\n\n");
    EXPECT_EQ(print_json(std::get<Field>(out.body.at(1)).value), "[1, 2.50]");
    EXPECT_EQ(std::get<Upload>(out.body.at(2)).file_name, "p.png");
    EXPECT_EQ(std::get<Upload>(out.body.at(2)).type, "image/png");
    EXPECT_EQ(std::get<Upload>(out.body.at(3)).type, "x/y");
}

TEST(RequestItems, errors_name_the_item_and_what_to_do) {
    EXPECT_EQ(error_of({"x"}).substr(0, 27), "'x' is not a valid value (r");
    EXPECT_EQ(error_of({"X;v"}), "invalid item 'X;v' (to send a header with an empty value write 'X;')");
    EXPECT_EQ(error_of({"a=@none"}), "'a=@none': No such file or directory: 'none'");
    EXPECT_EQ(error_of({"a:=bad"}), "'a:=bad': no JSON: a value is expected at character 1 (for a text write 'a=bad')");
    EXPECT_EQ(error_of({"a:=@t.json"}), "'a:=@t.json': no JSON: a value is expected at character 7");
    EXPECT_NE(error_of({"a=@bad.bin"}).find("not UTF-8"), std::string::npos);
    EXPECT_EQ(error_of({"a\x1b[2J"}).substr(0, 12), "'a\\x1b[2J' i");
}

std::string nested(const std::vector<std::pair<std::string, std::string>>& fields) {
    std::optional<Json> root;
    for (const auto& [key, json] : fields) {
        KeyPath path;
        if (auto error = parse_key_path(key, path)) return error->format();
        if (auto error = put_at(root, path, std::get<Json>(parse_json(json)))) return error->format();
    }
    return print_json(*root);
}

TEST(NestedJson, keys_make_objects_arrays_and_gaps) {
    EXPECT_EQ(nested({{"a[b][c]", "1"}, {"a[b][d]", "2"}, {"e", "3"}}), R"({"a": {"b": {"c": 1, "d": 2}}, "e": 3})");
    EXPECT_EQ(nested({{"a[]", "1"}, {"a[]", "2"}}), R"({"a": [1, 2]})");
    EXPECT_EQ(nested({{"a[2]", "1"}, {"a[0][x]", "2"}}), R"({"a": [{"x": 2}, null, 1]})");
    EXPECT_EQ(nested({{"[]", "1"}, {"[2]", "2"}}), "[1, null, 2]");
    EXPECT_EQ(nested({{"", "1"}, {"a", "2"}}), R"({"": 1, "a": 2})");
    EXPECT_EQ(nested({{"a", "1"}, {"b", "1"}, {"a", "2"}}), R"({"a": 2, "b": 1})");
}

TEST(NestedJson, what_raw_json_began_later_items_go_on_with) {
    // HTTPie loses the second item here without a word.
    EXPECT_EQ(nested({{"a", R"({"b":1})"}, {"a[c]", "2"}}), R"({"a": {"b": 1, "c": 2}})");
    EXPECT_EQ(nested({{"a[]", R"({"x":1})"}, {"a[0][y]", "2"}}), R"({"a": [{"x": 1, "y": 2}]})");
}

TEST(NestedJson, escapes_make_brackets_and_numbers_names) {
    EXPECT_EQ(nested({{R"(a\[b\])", "1"}}), R"({"a[b]": 1})");
    EXPECT_EQ(nested({{R"(a[\1])", "1"}, {R"(a[\]])", "2"}, {R"(a[\\])", "3"}}), R"({"a": {"1": 1, "]": 2, "\\": 3}})");
    EXPECT_EQ(nested({{"a[01]", "1"}, {"a[ 2 ]", "2"}, {"a[+3]", "3"}}), R"({"a": [null, 1, 2, 3]})");
    EXPECT_EQ(nested({{"a[1e3]", "1"}}), R"({"a": {"1e3": 1}})");
}

TEST(NestedJson, errors_point_at_their_place) {
    EXPECT_EQ(nested({{"a[b", "1"}}), "Syntax error: Expecting ']'\na[b\n   ^");
    EXPECT_EQ(nested({{"a]", "1"}}), "Syntax error: Expecting '['\na]\n ^");
    EXPECT_EQ(nested({{"a[b]c", "1"}}), "Syntax error: Expecting '['\na[b]c\n    ^");
    EXPECT_EQ(nested({{"a[", "1"}}), "Syntax error: Expecting a text, a number or ']'\na[\n  ^");
    EXPECT_EQ(nested({{"[x]", "1"}}), "Syntax error: Expecting a number or ']'\n[x]\n ^");
    EXPECT_EQ(nested({{"\u00fc[-1]", "1"}}), "Value error: Negative indexes are not supported.\n\u00fc[-1]\n  ^^");
    EXPECT_EQ(nested({{"a[99999999999999999999]", "1"}}).substr(0, 52), "Value error: Indexes above 100000 are not supported.");
    EXPECT_EQ(
        nested({{"a", "\"x\""}, {"a[b]", "2"}}),
        "Type error: Cannot perform 'key' based access on 'a' which has a type of 'string' but this operation requires a type of "
        "'object'.\na[b]\n ^^^");
    EXPECT_EQ(
        nested({{"a[x][]", "1"}, {"a[x][y]", "2"}}),
        "Type error: Cannot perform 'key' based access on 'a[x]' which has a type of 'array' but this operation requires a type of "
        "'object'.\na[x][y]\n    ^^^");
    EXPECT_EQ(
        nested({{"a", "1"}, {"[]", "2"}}),
        "Type error: Cannot perform 'append' based access on '' which has a type of 'object' but this operation requires a type of "
        "'array'.\n[]\n^^");
}

}  // namespace
}  // namespace volley::cli
