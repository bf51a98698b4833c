#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/scenario/support.hpp"

namespace volley::scenario::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string expanded(std::string_view text, const Variables& variables) {
    Scenario where;
    where.lines = {std::string(text)};
    const auto result = expand(Value{std::string(text), {1, 1}, false, true}, variables, where);
    if (const auto* bad = std::get_if<SourceError>(&result)) return "error " + to_line(*bad);
    return std::get<std::string>(result);
}

TEST(Template, replaces_names) {
    Variables v(Variables::Scope{{"HOME", "/root"}});
    v.push({{"name", "outer"}, {"n", "3"}});
    v.push({{"name", "inner"}});
    EXPECT_EQ(expanded("a {{ name }}-{{n}} b", v), "a inner-3 b");
    EXPECT_EQ(expanded("{{ env.HOME }}", v), "/root");
    EXPECT_EQ(expanded("{{ env.NOT | default('x y') }}", v), "x y");
    EXPECT_EQ(expanded("{{ missing | default(\"\") }}!", v), "!");
    EXPECT_EQ(expanded("{{ name | default('x') | string }}", v), "inner");
    EXPECT_EQ(expanded("{{ '{{' }} and }}", v), "{{ and }}");
    EXPECT_EQ(expanded("plain", v), "plain");
    v.pop();
    EXPECT_EQ(expanded("{{ name }}", v), "outer");
}

TEST(Template, says_what_is_wrong_and_where) {
    Variables v;
    v.push({{"name", "x"}, {"server.port", "1"}});
    EXPECT_EQ(expanded("ab {{ nmae }}", v), "error 1:7 undefined variable `nmae` [did you mean `name`?]");
    EXPECT_EQ(expanded("{{ other }}", v), "error 1:4 undefined variable `other` [defined here: name, server.port]");
    EXPECT_EQ(expanded("{{ env.NOT }}", v),
              "error 1:4 the environment has no variable `NOT` [set it, or give a default: {{ env.NOT | default('text') }}]");
    EXPECT_EQ(expanded("a {{ name", v), "error 1:3 this `{{` has no `}}` [close it with }}]");
    EXPECT_EQ(expanded("{{ }}", v),
              "error 1:4 a name is missing in `{{ }}` [write {{ name }}; two braces as text are {{ '{{' }}]");
    EXPECT_EQ(expanded("{{ name + 1 }}", v),
              "error 1:9 unexpected `+` in a template [write {{ name }} or {{ name | default('text') }}]");
    EXPECT_EQ(expanded("{{ name | upper }}", v), "error 1:11 unknown filter `upper` [filters: default, string]");
    EXPECT_EQ(expanded("{{ name | default(x) }}", v), "error 1:11 `default` takes one text in quotes [write default('text')]");
}

TEST(Template, numbers_of_requests_are_known_only_in_what_is_sent) {
    const auto errors = [](const std::string& text, const Variables::Scope& overrides = {}) {
        const auto loaded = load_scenario(text, "t.yaml", {}, overrides);
        EXPECT_THAT(to_lines(loaded.errors), IsEmpty()) << text;
        Variables variables;
        return to_lines(resolve_variables(loaded.scenario, {}, overrides, variables));
    };
    for (const char* step :
         {"{ get: \"/{{ iteration }}\", query: { u: \"{{ user.index }}\" }, headers: { x: \"{{ iteration }}\" } }",
          "{ post: /, json: { \"{{ user.index }}\": \"{{ iteration }}\" } }",
          "{ post: /, form: { a: \"{{ iteration | string }}\" } }", "{ post: /, body: \"a{{ iteration }}b\" }"})
        EXPECT_THAT(errors(with_step(step)), IsEmpty()) << step;
    const std::string hint = " [it may stand in the URL, query, headers, form, json and body of a step]";
    EXPECT_THAT(errors(with_step("{ get: /, checks: [\"body contains {{ iteration }}\"] }")),
                ElementsAre("5:26 `iteration` has no value here: it differs from one request to the next" + hint));
    EXPECT_THAT(errors(with_step("{ get: /, checks: [\"body contains {{ user.index | default('x') }}\"] }")),
                ElementsAre("5:26 `user.index` has no value here: it differs from one request to the next" + hint));
    EXPECT_THAT(errors(with_variables("a: \"{{ iteration }}\"")),
                ElementsAre("2:21 `iteration` has no value here: it differs from one request to the next" + hint));
    EXPECT_THAT(errors_of(with_phase("name: p, scenario: s, burst: \"{{ iteration }}\"")),
                ElementsAre("3:46 `iteration` has no value here: it differs from one request to the next" + hint));
    EXPECT_THAT(
        errors_of(with_variables("iteration: 1")),
        ElementsAre("2:14 the name `iteration` is taken [it stands for a value that volley sets itself: choose another]"));
    EXPECT_THAT(
        errors(with_step("{ get: \"/{{ iteration }}\" }"), {{"iteration", "5"}}),
        ElementsAre(
            "0:0 the name `iteration` of -e is taken [it stands for a number that differs from one request to the next]"));
}

TEST(Template, what_comes_from_outside_is_not_expanded_again) {
    Variables v(Variables::Scope{{"X", "{{ secret }}"}});
    v.push({{"secret", "s"}});
    EXPECT_EQ(expanded("{{ env.X }}", v), "{{ secret }}");
}

TEST(Template, growth_is_bounded) {
    std::string text = "version: 1\nvariables:\n  v0: 0123456789abcdef\n";
    for (int i = 1; i < 40; ++i) {
        const std::string before = "{{ v" + std::to_string(i - 1) + " }}";
        text += "  v" + std::to_string(i) + ": \"" + before + before + "\"\n";
    }
    text += "scenarios: { s: [ { get: \"http://h/\" } ] }\nphases: [ { name: p, burst: 1 } ]\n";
    const auto loaded = load_scenario(text, "f");
    Variables out;
    const auto errors = resolve_variables(loaded.scenario, {}, {}, out);
    ASSERT_FALSE(errors.empty());
    EXPECT_EQ(errors[0].text, "this text grows over 1 MiB when its templates are replaced");
}

struct Resolved {
    std::vector<std::string> errors;
    Variables variables;
};
Resolved resolve(const std::string& text, const Variables::Scope& env = {}, const Variables::Scope& overrides = {}) {
    Resolved out;
    const auto loaded = load_scenario(text, "f", env, overrides);
    out.errors = to_lines(loaded.errors);
    for (auto& line : to_lines(resolve_variables(loaded.scenario, env, overrides, out.variables))) out.errors.push_back(line);
    return out;
}

TEST(Resolve, variables_use_earlier_ones_and_the_environment) {
    const auto r = resolve(with_variables("a: 1, b: \"{{ a }}2\", c: \"{{ env.X }}\""), {{"X", "from env"}});
    EXPECT_THAT(r.errors, IsEmpty());
    EXPECT_EQ(*r.variables.find("b"), "12");
    EXPECT_EQ(*r.variables.find("c"), "from env");
    EXPECT_THAT(r.variables.secrets(), ElementsAre("from env"));
}

TEST(Resolve, overrides_win_and_reach_what_is_built_of_them) {
    const auto r = resolve(with_variables("a: 1, b: \"{{ a }}2\""), {}, {{"a", "9"}});
    EXPECT_THAT(r.errors, IsEmpty());
    EXPECT_EQ(*r.variables.find("a"), "9");
    EXPECT_EQ(*r.variables.find("b"), "92");
}

TEST(Resolve, an_override_may_define_what_the_file_uses_but_nothing_else) {
    EXPECT_THAT(resolve(with_variables("a: 1", "http://h/{{ who }}"), {}, {{"who", "me"}}).errors, IsEmpty());
    EXPECT_THAT(resolve(with_variables("delay: 1"), {}, {{"dealy", "2"}}).errors,
                ElementsAre("0:0 nothing in this scenario uses the variable `dealy` of -e [did you mean `delay`?]"));
}

TEST(Resolve, finds_every_unknown_name_before_the_run) {
    EXPECT_THAT(resolve(with_variables("a: \"{{ b }}\", b: 1")).errors,
                ElementsAre("2:21 `b` is used before it is defined [move it up]"));
    EXPECT_THAT(resolve(with_variables("name: 1", "http://h/{{ nam }}?{{ server.port }}")).errors,
                ElementsAre("3:39 undefined variable `nam` [did you mean `name`?]"));
    EXPECT_THAT(
        resolve(with_variables("a: 1", "http://h/{{ port }}")).errors,
        ElementsAre(
            "3:39 undefined variable `port` [defined here: a, iteration, server.host, server.name, server.port, server.url, user.index]"));
    EXPECT_THAT(resolve(with_server("{ command: [x, \"{{ port }}\", \"{{ host }}\", \"{{ prot }}\"] }")).errors,
                ElementsAre("2:62 undefined variable `prot` [did you mean `port`?]"));
    EXPECT_THAT(
        resolve(
            with_step(
                "{ post: /, json: { a: [ { b: \"{{ x1 }}\" } ] }, headers: { h: \"{{ x2 }}\" }, checks: [\"body contains {{ x3 }}\"] }"))
            .errors.size(),
        3U);
}

TEST(Resolve, short_values_are_no_secrets) {
    Variables v;
    v.add_secret("abc");
    v.add_secret("longer-secret");
    v.add_secret("the-longest-secret");
    v.add_secret("longer-secret");
    EXPECT_THAT(v.secrets(), ElementsAre("the-longest-secret", "longer-secret"));
}

std::string json_of(const std::string& json, const std::string& variables = "a: 1", const Variables::Scope& overrides = {}) {
    const auto text = "version: 1\nvariables: { " + variables + " }\nscenarios: { s: [ { post: \"http://h/\", json: " + json +
                      " } ] }\nphases: [ { name: p, burst: 1 } ]\n";
    const auto loaded = load_scenario(text, "f");
    if (!loaded.errors.empty()) return to_line(loaded.errors[0]);
    Variables v;
    const auto errors = resolve_variables(loaded.scenario, {}, overrides, v);
    if (!errors.empty()) return to_line(errors[0]);
    const auto result = to_json_text(*loaded.scenario.scenarios[0].steps[0].json, v, loaded.scenario);
    return std::get<std::string>(result);
}

TEST(JsonText, unquoted_scalars_are_typed_as_json_has_it) {
    EXPECT_EQ(json_of("{ a: 1, b: 1.50, c: 1e3, d: -0, e: true, f: null, g: ~ }"),
              R"({"a": 1, "b": 1.50, "c": 1e3, "d": -0, "e": true, "f": null, "g": null})");
    EXPECT_EQ(json_of("[ 08, no, +1, .5, 0x10, 1_000, 22:22, True, nan ]"),
              R"(["08", "no", "+1", ".5", "0x10", "1_000", "22:22", "True", "nan"])");
    EXPECT_EQ(json_of("[ \"1\", 'true', \"q\\\"\\n\", \"\" ]"), R"(["1", "true", "q\"\n", ""])");
    EXPECT_EQ(json_of("{ a: , b: {}, c: [] }"), R"({"a": null, "b": {}, "c": []})");
    EXPECT_EQ(json_of("12345678901234567890123"), "12345678901234567890123");
}

TEST(JsonText, a_template_alone_keeps_the_type_of_what_it_yields) {
    EXPECT_EQ(json_of("{ d: \"{{ a }}\", e: \"x{{ a }}\", f: \"{{ a | string }}\" }", "a: 0.2"),
              R"({"d": 0.2, "e": "x0.2", "f": "0.2"})");
    EXPECT_EQ(json_of("{ d: \"{{ a }}\", \"{{ a }}\": 1 }", "a: \"007\""), R"({"d": "007", "007": 1})");
    EXPECT_EQ(json_of("\"{{ a }}\"", "a: \"12\""), R"("12")");
    EXPECT_EQ(json_of("\"{{ b }}\"", "a: \"12\", b: \"{{ a }}\""), R"("12")");
    EXPECT_EQ(json_of("\"{{ b }}\"", "a: 12, b: \"{{ a }}\""), "12");
    EXPECT_EQ(json_of("\"{{ a }}\"", "a: 1", {{"a", "2.5"}}), "2.5");
    EXPECT_EQ(json_of("\"{{ a }}\"", "a: 'x'", {{"a", "2.5"}}), R"("2.5")");
    // A value cannot break out of its text.
    EXPECT_EQ(json_of("{ d: \"{{ a }}\" }", "a: 1", {{"a", "1, \"admin\": true"}}), R"({"d": "1, \"admin\": true"})");
}

}  // namespace
}  // namespace volley::scenario::test
