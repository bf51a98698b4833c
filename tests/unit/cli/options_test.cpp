#include "options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "raw_args.hpp"

namespace volley::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

RequestOptions options_of(const std::vector<std::string>& args, Terminal terminal = {}, std::string* error = nullptr) {
    RequestOptions out;
    const auto wrong = read_request_options(parse_args(Verb::request, args), "", Program{}, terminal, out);
    if (error != nullptr)
        *error = wrong.value_or("");
    else
        EXPECT_EQ(wrong.value_or(""), "");
    return out;
}
std::string error_of(const std::vector<std::string>& args) {
    std::string error;
    options_of(args, {}, &error);
    return error;
}

TEST(RawArgs, flags_stand_anywhere_and_two_dashes_end_them) {
    const auto raw = parse_args(Verb::request, {"GET", "--verify=no", ":/x", "-v", "a=b", "-c", "--", "-d=e", "--bogus"});
    EXPECT_EQ(raw.error, "unrecognized arguments: -c");
    const auto right = parse_args(Verb::request, {"GET", "--verify=no", ":/x", "-v", "a=b", "--", "-d=e", "--bogus", "--"});
    EXPECT_EQ(right.error, "");
    EXPECT_THAT(right.positionals, ElementsAre("GET", ":/x", "a=b", "-d=e", "--bogus", "--"));
}

TEST(RawArgs, values_follow_in_every_spelling) {
    for (const auto& args : std::vector<std::vector<std::string>>{
             {"-p", "hB"}, {"-phB"}, {"-p=hB"}, {"--print", "hB"}, {"--print=hB"}, {"-vFphB"}}) {
        const auto raw = parse_args(Verb::request, args);
        EXPECT_EQ(raw.error, "") << args[0];
        ASSERT_FALSE(raw.flags.empty()) << args[0];
        EXPECT_EQ(raw.flags.back().value, "hB") << args[0];
    }
    // CLI11 on its own would lose an empty value, split one in brackets, and take the mark away.
    EXPECT_EQ(parse_args(Verb::request, {"--raw="}).flags.at(0).value, "");
    EXPECT_EQ(parse_args(Verb::request, {"--raw", "[1,2]"}).flags.at(0).value, "[1,2]");
    EXPECT_EQ(parse_args(Verb::request, {"--raw", "--row=x"}).flags.at(0).value, "--row=x");
    EXPECT_THAT(parse_args(Verb::request, {"[0][x]=1,2", "[::1]:80", "", "-"}).positionals,
                ElementsAre("[0][x]=1,2", "[::1]:80", "", "-"));
}

TEST(RawArgs, what_is_unknown_is_named_with_a_guess) {
    EXPECT_EQ(parse_args(Verb::request, {"--bogus", ":"}).error, "unrecognized arguments: --bogus");
    EXPECT_EQ(parse_args(Verb::request, {"--timeuot=3", ":"}).error,
              "unrecognized arguments: --timeuot=3 (did you mean --timeout?)");
    EXPECT_EQ(parse_args(Verb::request, {"--follow=1", ":"}).error, "--follow takes no value");
    EXPECT_EQ(parse_args(Verb::request, {":", "--timeout"}).error, "--timeout needs a value");
    EXPECT_EQ(parse_args(Verb::offer, {":", "--video", "--for", "1s"}).error,
              "--video needs a value, not a flag (if it is one: --video=--for)");
    EXPECT_EQ(parse_args(Verb::request, {":", "--raw", "--no-verify=1"}).error,
              "--raw needs a value, not a flag (if it is one: --raw=--no-verify=1)");
    EXPECT_EQ(parse_args(Verb::request, {":", "--raw=--form"}).error, "");
    EXPECT_EQ(parse_args(Verb::request, {":", "--raw", "--unheard"}).error, "");
    EXPECT_THAT(parse_args(Verb::serve, {"--print=b"}).error, HasSubstr("unrecognized arguments: --print=b"));
}

TEST(RawArgs, help_has_its_short_name_only_where_h_is_not_the_headers) {
    EXPECT_FALSE(parse_args(Verb::request, {"-h"}).has(FlagId::help));
    EXPECT_TRUE(parse_args(Verb::serve, {"-h"}).has(FlagId::help));
}

TEST(FlagTable, names_are_unique_within_a_verb) {
    for (const Verb verb : {Verb::request, Verb::serve, Verb::run, Verb::verify, Verb::load, Verb::offer, Verb::work}) {
        std::string seen = ",";
        std::string letters;
        for (const Flag* flag : flags_of(verb)) {
            EXPECT_EQ(seen.find(',' + std::string(flag->name) + ','), std::string::npos) << flag->name;
            seen += std::string(flag->name) + ',';
            if (flag->short_name == 0) continue;
            EXPECT_EQ(letters.find(flag->short_name), std::string::npos) << flag->name;
            letters += flag->short_name;
        }
    }
}

TEST(Options, the_method_is_guessed_but_a_host_before_an_item_is_no_method) {
    EXPECT_EQ(options_of({"put", ":/x"}).method, "PUT");
    EXPECT_EQ(options_of({"AHOY", ":/x", "a=b"}).method, "AHOY");
    EXPECT_EQ(options_of({"AHOY", "example.org:80/x"}).method, "AHOY");
    EXPECT_EQ(options_of({"ahoy", "http://h/"}).method, "AHOY");
    EXPECT_EQ(options_of({"localhost", "a=b"}).url, "localhost");
    EXPECT_EQ(options_of({"localhost", "X-Count:5"}).url, "localhost");
    EXPECT_EQ(options_of({"localhost", "q==v"}).method, "");
    EXPECT_EQ(options_of({"get"}).url, "get");
    EXPECT_EQ(error_of({}), "the URL is missing");
    EXPECT_EQ(error_of({"-v"}), "the URL is missing");
}

TEST(Options, a_terminal_gets_everything_a_pipe_the_body_as_it_is) {
    const Terminal terminal{true, true, true};
    const auto on_terminal = options_of({":"}, terminal);
    EXPECT_EQ(on_terminal.print, "hb");
    EXPECT_TRUE(on_terminal.format && on_terminal.colour && on_terminal.to_terminal);
    const auto piped = options_of({":"});
    EXPECT_EQ(piped.print, "b");
    EXPECT_FALSE(piped.format || piped.colour || piped.to_terminal);
    const auto file = options_of({":", "-o", "f"}, terminal);
    EXPECT_EQ(file.print, "b");
    EXPECT_FALSE(file.format || file.to_terminal);
    const auto plain = options_of({":"}, Terminal{true, true, false});
    EXPECT_TRUE(plain.format);
    EXPECT_FALSE(plain.colour);
    EXPECT_TRUE(options_of({":", "--pretty=all"}, Terminal{true, true, false}).colour);
}

TEST(Options, of_the_printing_flags_the_last_one_counts) {
    EXPECT_EQ(options_of({":", "-v"}).print, "HBhb");
    EXPECT_EQ(options_of({":", "-vv"}).print, "HBhbm");
    EXPECT_EQ(options_of({":", "-b", "-h"}).print, "h");
    EXPECT_EQ(options_of({":", "-h", "-pHB"}).print, "HB");
    EXPECT_EQ(options_of({":", "-vpB"}).print, "B");
    EXPECT_EQ(options_of({":", "-v", "--no-verbose"}).print, "b");
    EXPECT_EQ(options_of({":", "--offline"}).print, "HB");
    EXPECT_EQ(options_of({":", "-q", "-v"}).print, "");
}

TEST(Options, bad_values_say_what_is_expected) {
    EXPECT_THAT(error_of({":", "--print=Z"}), HasSubstr("--print=Z: letters of HBhbm"));
    EXPECT_THAT(error_of({":", "--pretty=bogus"}), HasSubstr("all, colors, format or none"));
    for (const char* bad : {"x", "-1", "nan", "inf", "", "1x"})
        EXPECT_THAT(error_of({":", std::string("--timeout=") + bad}), HasSubstr("seconds"));
    EXPECT_THAT(error_of({":", "--max-redirects=-1"}), HasSubstr("whole number"));
    EXPECT_THAT(error_of({":", "-A", "basic"}), HasSubstr("--auth required"));
    EXPECT_THAT(error_of({":", "--proxy=http://p"}), HasSubstr("SCHEME:URL"));
    EXPECT_THAT(error_of({":", "--boundary=a\r\nb"}), HasSubstr("--boundary"));
}

TEST(Options, seconds_may_have_decimals_or_a_unit) {
    EXPECT_EQ(parse_seconds("0.5"), std::chrono::milliseconds(500));
    EXPECT_EQ(parse_seconds("2"), std::chrono::seconds(2));
    EXPECT_EQ(parse_seconds("30ms"), std::chrono::milliseconds(30));
    EXPECT_EQ(parse_seconds("0"), Duration{});
}

TEST(Nearest, finds_a_slip_and_no_more) {
    const std::vector<std::string> verbs{"get", "post", "serve", "delete"};
    EXPECT_EQ(nearest("psot", verbs), "post");
    EXPECT_EQ(nearest("srve", verbs), "serve");
    EXPECT_EQ(nearest("deleet", verbs), "delete");
    EXPECT_FALSE(nearest("ahoy", verbs));
}

}  // namespace
}  // namespace volley::cli
