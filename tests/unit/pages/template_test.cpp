// What a page says, and what is said about a page that cannot be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pages/escape.hpp"
#include "pages/template.hpp"

namespace volley::pages {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;

Value text(std::string s) { return {std::move(s)}; }

Value some_values() {
    return {
        Map{{"title", text("About <us>")},
            {"hidden", text("false")},
            {"markup", text("<b>bold</b>")},
            {"names", {List{text("Ada"), text("<Bob>")}}},
            {"none", {List{}}},
            {"links", {List{{Map{{"to", text("/a")}, {"label", text("A")}}}, {Map{{"to", text("/b")}, {"label", text("B")}}}}}},
            {"owner", {Map{{"name", text("Eve")}, {"tags", {List{text("x")}}}}}}}};
}

const Fields query{{"q", "<script>alert(1)</script>"}, {"a", "1"}, {"empty", ""}};
const Fields params{{"id", "7"}};
const Fields headers{{"User-Agent", "curl/8 \"x\""}};

std::string page(std::string_view source) {
    auto parsed = parse_template(source, "page.html", some_values());
    for (const auto& e : parsed.errors) ADD_FAILURE() << format_source_error(e);
    if (!parsed.errors.empty()) return {};
    auto result = render(parsed.page, {"GET", "/about", &query, &params, &headers});
    if (const auto* e = std::get_if<SourceError>(&result)) return "ERROR " + e->text;
    return std::get<std::string>(result);
}

std::vector<std::string> errors(std::string_view source) {
    std::vector<std::string> out;
    for (const auto& e : parse_template(source, "page.html", some_values()).errors)
        out.push_back(std::to_string(e.pos.line) + ':' + std::to_string(e.pos.column) + ' ' + e.text +
                      (e.hint.empty() ? "" : " [" + e.hint + ']'));
    return out;
}

TEST(Page, names_stand_for_escaped_values) {
    EXPECT_EQ(page("<h1>{{ title }}</h1>{{owner.name}}"), "<h1>About &lt;us&gt;</h1>Eve");
    EXPECT_EQ(page("{{ method }} {{ path }} {{ params.id }} {{ headers.user-agent }}"), "GET /about 7 curl/8 &quot;x&quot;");
    EXPECT_EQ(page("<p>{{ query.q }}"), "<p>&lt;script&gt;alert(1)&lt;/script&gt;");
    EXPECT_EQ(page("{{ query.none }}|{{ query.none | default('no one') }}|{{ query.empty | default(\"}}\") }}"), "|no one|}}");
    EXPECT_EQ(page("{{ markup }}{{ markup | safe }}"), "&lt;b&gt;bold&lt;/b&gt;<b>bold</b>");
    EXPECT_EQ(page("a{# {{ nothing }} #}b{{ '{{' }}c"), "ab{{c");
    EXPECT_EQ(page("{{ query.none | default('<i>') }}"), "&lt;i&gt;");
}

TEST(Page, conditions) {
    EXPECT_EQ(page("{% if title %}yes{% else %}no{% endif %}"), "yes");
    EXPECT_EQ(page("{% if hidden %}yes{% else %}no{% endif %}"), "no");
    EXPECT_EQ(page("{% if none %}yes{% endif %}."), ".");
    EXPECT_EQ(page("{% if not query.x %}no x{% endif %}"), "no x");
    EXPECT_EQ(page("{% if query %}some{% endif %}{% if owner %}{% if query.a %}a{% endif %}{% endif %}"), "somea");
}

TEST(Page, loops) {
    EXPECT_EQ(page("{% for n in names %}[{{ n }}]{% endfor %}"), "[Ada][&lt;Bob&gt;]");
    EXPECT_EQ(page("{% for l in links %}<a href=\"{{ l.to }}\">{{ l.label }}</a>{% endfor %}"),
              "<a href=\"/a\">A</a><a href=\"/b\">B</a>");
    EXPECT_EQ(page("{% for n in none %}x{% else %}nobody{% endfor %}"), "nobody");
    EXPECT_EQ(page("{% for f in query %}{{ f.name }}={{ f.value }};{% endfor %}"),
              "q=&lt;script&gt;alert(1)&lt;/script&gt;;a=1;empty=;");
    EXPECT_EQ(page("{% for a in names %}{% for b in owner.tags %}{{ a }}{{ b }} {% endfor %}{% endfor %}"), "Adax &lt;Bob&gt;x ");
}

TEST(Page, what_a_client_sends_is_never_a_template_nor_markup) {
    EXPECT_EQ(escape_html("<script>&'\""), "&lt;script&gt;&amp;&#39;&quot;");
    EXPECT_EQ(escape_html("{{ title }}{% if %}"), "{{ title }}{% if %}");
    EXPECT_EQ(escape_html("a\0b\x01\x7f"s), "a\xef\xbf\xbd"s + "b\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(escape_html("\xff<\xc0\xaf\xed\xa0\x80."),
              "\xef\xbf\xbd&lt;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd.");
    EXPECT_EQ(escape_html("caf\xc3\xa9\n\t"), "caf\xc3\xa9\n\t");
}

TEST(Page, a_value_stands_only_where_escaping_protects) {
    EXPECT_EQ(page("<a title='{{ query.q }}' href=\"/s?q={{ query.a }}\">"),
              "<a title='&lt;script&gt;alert(1)&lt;/script&gt;' href=\"/s?q=1\">");
    EXPECT_THAT(errors("<script>var x = '{{ query.q }}';</script>"),
                ElementsAre("1:21 `query.q` stands in <script>, where escaping is no protection [put it into an attribute, "
                            "data-value=\"{{ ... }}\", and read that]"));
    EXPECT_THAT(errors("<p class={{ query.q }}>"),
                ElementsAre("1:13 `query.q` stands in an attribute without quotes [put quotes around the whole value]"));
    EXPECT_THAT(errors("<p {{ query.q }}>"),
                ElementsAre("1:7 `query.q` stands in the midst of a tag [write it as the value of an attribute, in quotes]"));
    EXPECT_THAT(errors("<a href=\"{{ query.q }}\">"), ElementsAre(HasSubstr("would choose where `href` leads")));
    EXPECT_THAT(errors("<a href=\"{% if query.a %}/x{% endif %}{{ query.q }}\">"), ElementsAre(HasSubstr("would choose")));
    EXPECT_THAT(errors("<a ONCLICK=\"f('{{ query.q }}')\">"), ElementsAre(HasSubstr("would be run in `onclick`")));
    EXPECT_THAT(errors("<a b=\"{% if title %}\"{% endif %}>"), ElementsAre(HasSubstr("ends within a tag")));
    EXPECT_EQ(page("<script>{{ markup | safe }}</script><p>{{ title }}"), "<script><b>bold</b></script><p>About &lt;us&gt;");
    EXPECT_EQ(page("<!-- <p {{ title }} --><p>1 < {{ title }}"), "<!-- <p About &lt;us&gt; --><p>1 < About &lt;us&gt;");
}

TEST(Page, every_mistake_has_its_sentence) {
    struct Case {
        std::string source, error;
    };
    for (
        const Case& c : {
            Case{"{{ titel }}", "1:4 nothing is called `titel` [did you mean `title`?]"},
            Case{"a\nb {{ owner.nam }}", "2:12 there is no `nam` in `owner` [did you mean `name`?]"},
            Case{"{{ }}", "1:1 a name is missing [write {{ name }}; two braces as text are {{ '{{' }}]"},
            Case{"{{ title", "1:1 this `{{` is not closed [close it with }}]"},
            Case{"{% if title", "1:1 this `{%` is not closed [close it with %}]"},
            Case{"{# if title", "1:1 this `{#` is not closed [close it with #}]"},
            Case{"{% if title %}", "1:4 this `if` has no end [close it with {% endif %}]"},
            Case{"{% endif %}", "1:4 `endif` without a beginning [remove it]"},
            Case{"{% else %}", "1:4 `else` without an `if` [remove it]"},
            Case{"{% if title %}{% endfor %}{% endif %}", "1:18 `endfor` closes an `if` [close that first: {% endif %}]"},
            Case{"{% fi title %}", "1:4 unknown tag `fi` [did you mean `if`?]"},
            Case{"{% elif title %}", "1:4 unknown tag `elif` [write another {% if %} within {% else %}]"},
            Case{"{% %}", "1:4 a word is missing behind `{%` [tags: if, else, endif, for, endfor]"},
            Case{"{{ title | defualt('x') }}", "1:12 unknown filter `defualt` [did you mean `default`?]"},
            Case{"{{ title | default(x) }}", "1:12 `default` takes one text in quotes [write default('text')]"},
            Case{"{{ title | }}", "1:12 a filter is missing behind `|` [filters: default, safe]"},
            Case{"{{ title x }}", "1:10 unexpected `x ` [write {{ name }}, {{ name | default('text') }} or {{ name | safe }}]"},
            Case{
                "{{ query.q | safe }}",
                "1:14 `safe` is for values of the file: `query.q` comes from the request [leave it out: what a client sends is always escaped]"},
            Case{
                "{% for x in query %}{{ x.value | safe }}{% endfor %}",
                "1:34 `safe` is for values of the file: `x.value` comes from the request [leave it out: what a client sends is always escaped]"},
            Case{"{{ names }}", "1:4 `names` is not a text [name one of its parts, or go through it with {% for %}]"},
            Case{"{{ query }}", "1:4 `query` is not a text [name one of its parts, or go through it with {% for %}]"},
            Case{"{% for x in title %}{% endfor %}", "1:13 `title` is not a list [a list below `with:` is written [a, b, c]]"},
            Case{"{% for in names %}{% endfor %}", "1:11 `in` is missing [write {% for item in list %}]"},
            Case{"{% for x of names %}{% endfor %}", "1:10 `in` is missing [write {% for item in list %}]"},
            Case{"{% for path in names %}{% endfor %}", "1:8 the name `path` is taken [write {% for item in list %}]"},
            Case{"{% for l in links %}{{ l.too }}{% endfor %}",
                 "1:26 no item of this list has a `too` [look at the list below `with:`]"},
            Case{
                "{% for x in names %}{% endfor %}{{ x }}",
                "1:36 nothing is called `x` [names: title, hidden, markup, names, none, links, owner, method, path, query, params, headers]"},
        })
        EXPECT_THAT(errors(c.source), ElementsAre(c.error)) << c.source;
    EXPECT_EQ(errors("{{ a }}\n{{ b }}\n{% if c %}{% endif %}").size(), 3U) << "all at once";
    EXPECT_THAT(errors("\xff"), ElementsAre(HasSubstr("not text in UTF-8")));
    std::string deep;
    for (int i = 0; i < 40; ++i) deep += "{% if title %}";
    EXPECT_THAT(errors(deep), testing::Contains(HasSubstr("nested too deep")));
}

TEST(Page, an_answer_is_bounded) {
    List many(200, text(std::string(200, 'x')));
    const auto result_of = [&](std::string_view source) {
        auto parsed = parse_template(source, "page.html", {Map{{"many", {many}}}});
        const auto result = render(parsed.page, {});
        const auto* e = std::get_if<SourceError>(&result);
        return e == nullptr ? std::string() : e->text;
    };
    EXPECT_EQ(result_of("{% for a in many %}{% for b in many %}{{ a }}{% endfor %}{% endfor %}"), "the page grows over 4 MiB");
    EXPECT_EQ(result_of("{% for a in many %}{% for b in many %}{% for c in many %}{% endfor %}{% endfor %}{% endfor %}"),
              "the loops of this page turn over 100000 times");
}

}  // namespace
}  // namespace volley::pages
