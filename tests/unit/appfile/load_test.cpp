// Application files: what a good one means, and what is said about every kind of mistake, and where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "appfile/model.hpp"

namespace volley::appfile {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

std::vector<std::string> errors_of(std::string_view text) {
    std::vector<std::string> out;
    for (const auto& e : load_application(text, "app.yaml").errors)
        out.push_back(std::to_string(e.pos.line) + ':' + std::to_string(e.pos.column) + ' ' + e.text +
                      (e.hint.empty() ? "" : " [" + e.hint + ']'));
    return out;
}

/// A whole file around one route, which stands in line 3 from column 3 on.
std::string with_route(std::string_view route) { return "version: 1\nroutes:\n  " + std::string(route) + "\n"; }

TEST(Application, a_good_file_says_what_it_says) {
    const auto loaded = load_application(R"(version: 1
name: article
seed: 7
settings: { host: 127.0.0.1, port: 8000, kind: coroutine, log: true, limits: { idle: 1m } }
routes:
  /offer: { view: sleep, s: 1.5s, methods: [GET, POST], name: offer }
  /slow:  { view: sleep, s: 200ms, fault: block }
  /echo:  echo
  /about: { view: page, file: about.html, with: { title: About, list: [a, { b: c }] } }
  /static: { view: static, root: public }
  /logo:  { view: file, file: logo.png }
  /old:   { view: redirect, to: /offer, status: 308 }
  /teapot: { view: status, code: 418 }
  /blob: { view: bytes, n: 64KiB }
  /ticks: { view: ticks, n: 3, every: 50ms, fault: [buffer, limit:4, fail:0.5%] }
  /fan/{id}: { view: fanout, n: 7, path: "/offer?s=0.2" }
)",
                                         "app.yaml");
    EXPECT_TRUE(loaded.errors.empty()) << format_source_error(loaded.errors.at(0));
    const Application& app = loaded.application;
    EXPECT_EQ(app.name, "article");
    EXPECT_EQ(app.seed, 7U);
    ASSERT_EQ(app.settings.size(), 5U);
    EXPECT_EQ(app.settings[4].name, "limits.idle");
    ASSERT_EQ(app.routes.size(), 11U);
    EXPECT_EQ(app.routes[0].sleep, 1500ms);
    EXPECT_EQ(app.routes[0].name, "offer");
    EXPECT_THAT(app.routes[0].methods, ElementsAre("GET", "POST"));
    EXPECT_EQ(app.routes[1].faults.block, 1);
    EXPECT_EQ(app.routes[1].name, "/slow");
    EXPECT_NE(pages::find_member(app.routes[3].with, "title"), nullptr);
    EXPECT_EQ(app.routes[4].pattern, "/static/{path...}");
    EXPECT_EQ(app.routes[6].status, 308);
    EXPECT_EQ(app.routes[8].n, 65'536U);
    EXPECT_EQ(app.routes[9].every, 50ms);
    EXPECT_TRUE(app.routes[9].faults.buffer);
    EXPECT_EQ(app.routes[9].faults.limit, 4U);
    EXPECT_DOUBLE_EQ(app.routes[9].faults.fail, 0.005);
    EXPECT_EQ(app.routes[10].to, "/offer?s=0.2");
}

TEST(Faults, of_the_connection_take_a_share_or_a_time_or_nothing) {
    Faults bare;
    for (const char* word : {"close", "reset", "garbage", "drip", "stall"}) EXPECT_FALSE(add_fault(word, bare)) << word;
    EXPECT_EQ(bare.close, 1);
    EXPECT_EQ(bare.reset, 1);
    EXPECT_EQ(bare.garbage, 1);
    EXPECT_EQ(bare.drip, 10ms);
    EXPECT_EQ(bare.stall, 10s);
    EXPECT_EQ(bare.text, "close, reset, garbage, drip, stall");
    Faults valued;
    for (const char* word : {"close:25%", "reset:50%", "garbage:0.5%", "drip:3", "stall:2.5"})
        EXPECT_FALSE(add_fault(word, valued)) << word;
    EXPECT_DOUBLE_EQ(valued.close, 0.25);
    EXPECT_DOUBLE_EQ(valued.reset, 0.5);
    EXPECT_DOUBLE_EQ(valued.garbage, 0.005);
    EXPECT_EQ(valued.drip, 3ms);
    EXPECT_EQ(valued.stall, 2500ms);
}

TEST(Faults, that_shape_a_verdict_take_their_values) {
    Faults bare;
    for (const char* word : {"thread", "nocancel", "backlog", "pace:10"}) EXPECT_FALSE(add_fault(word, bare)) << word;
    EXPECT_EQ(bare.threads, std::uint64_t{0});
    EXPECT_TRUE(bare.nocancel);
    EXPECT_EQ(bare.backlog, 5U);
    EXPECT_EQ(bare.pace, 10U);
    Faults valued;
    for (const char* word : {"thread:40", "backlog:1"}) EXPECT_FALSE(add_fault(word, valued)) << word;
    EXPECT_EQ(valued.threads, std::uint64_t{40});
    EXPECT_EQ(valued.backlog, 1U);
    Faults share;
    EXPECT_FALSE(add_fault("block:30%", share));
    EXPECT_DOUBLE_EQ(share.block, 0.3);
    Faults convoy;
    EXPECT_FALSE(add_fault("convoy", convoy));
    EXPECT_TRUE(convoy.convoy);
}

TEST(Faults, of_several_backlogs_the_smallest_is_the_server_s) {
    const auto backlog = [](std::string_view routes) {
        return backlog_of(load_application("version: 1\nroutes:\n  " + std::string(routes), "app.yaml").application);
    };
    EXPECT_EQ(backlog("/a: { view: ping, fault: backlog }\n  /b: { view: ping, fault: \"backlog:2\" }\n  /c: ping"), 2U);
    EXPECT_EQ(backlog("/a: ping"), 0U);
}

TEST(Faults, of_several_stalls_the_shortest_is_the_server_s) {
    const auto stall = [](std::string_view routes) { return stall_of(load_application(with_route(routes), "a").application); };
    EXPECT_EQ(stall("/a: ping"), 0s);
    EXPECT_EQ(stall("/a: { view: ping, fault: stall }\n  /b: { view: ping, fault: \"stall:2\" }\n  /c: ping"), 2s);
}

TEST(Application, every_mistake_of_a_route_has_its_sentence) {
    struct Case {
        std::string route, error;
    };
    for (
        const Case& c : {
            Case{"offer: echo", "3:3 a path begins with `/`: `offer` [write /offer]"},
            Case{"/a?b: echo", "3:3 a path has no `?` and no `#`: `/a?b` [a route is chosen by the path alone]"},
            Case{"\"/a b\": echo", "3:3 a path holds no blank and no backslash: `/a b` [write %20 for a blank]"},
            Case{"/a/../b: echo", "3:3 a path does not climb: `/a/../b` [write the path itself]"},
            Case{"/a{b}: echo", "3:3 a parameter is a whole segment: `/a{b}` [write /{name}/, not a part of it]"},
            Case{"/{}: echo", "3:3 a parameter has a name: `/{}` [write {name}]"},
            Case{"/{a}/{a}: echo", "3:3 two parameters have the same name: `/{a}/{a}` [rename one of them]"},
            Case{"/{a...}/b: echo", "3:3 `{name...}` stands at the end only: `/{a...}/b` [write {name} for one segment]"},
            Case{"/a: echo\n  /a: ping", "4:3 duplicate key `/a` [first given in line 3]"},
            Case{"/a/{x}: echo\n  /a/{y}: ping", "4:3 `/a/{y}` matches the same paths as line 3 [remove one of them]"},
            Case{"/a: { view: static, root: . }\n  /a/{x...}: echo",
                 "4:3 `/a/{x...}` matches the same paths as line 3 [remove one of them]"},
            Case{"/a: { view: ping, name: n }\n  /b: { view: ping, name: n }",
                 "4:3 the name `n` is given twice [first given in line 3]"},
            Case{"/a:", "3:3 `/a` is empty [name a view: /a: echo]"},
            Case{"/a: [echo]", "3:7 a route is a view or a map, not a list [write { view: sleep, s: 1s } or echo]"},
            Case{"/a: { s: 1s }", "3:7 a route has no `view` [write { view: sleep, s: 1s }]"},
            Case{"/a: { veiw: echo }", "3:9 unknown key `veiw` in a route [did you mean `view`?]"},
            Case{"/a: slepe", "3:7 unknown view `slepe` [did you mean `sleep`?]"},
            Case{
                "/a: { view: xyzzy }",
                "3:15 unknown view `xyzzy` [views: sleep, echo, ping, inflight, page, static, file, redirect, status, bytes, ticks, fanout, whip]"},
            Case{"/a: page", "3:7 `page` needs `file` [write { view: page, file: about.html }]"},
            Case{"/a: { view: static }", "3:7 `static` needs `root` [write { view: static, root: public }]"},
            Case{"/a: { view: sleep, ms: 3 }", "3:22 unknown key `ms` in `view: sleep` [did you mean `s`?]"},
            Case{"/a: { view: sleep, s: 1 }", "3:25 `s` needs a unit: `1` [write 1s or 1ms]"},
            Case{"/a: { view: sleep, s: 2m }", "3:25 `s` is out of range: `2m` [from 0 s to 60.0 s]"},
            Case{"/a: { view: sleep, s: [1s] }", "3:25 `s` takes one value, not a list [quote the text, if it is one]"},
            Case{"/a: { view: sleep, s: }", "3:22 `s` is empty [write a value, or remove the key]"},
            Case{"/a: { view: echo, methods: [get] }", "3:31 unknown method `get` [methods are written in capitals: GET]"},
            Case{"/a: { view: echo, methods: [GTE] }", "3:31 unknown method `GTE` [did you mean `GET`?]"},
            Case{"/a: { view: echo, methods: [GET, GET] }", "3:36 the method GET is given twice [remove one of them]"},
            Case{"/a: { view: echo, methods: [] }", "3:30 `methods` is an empty list [name one, or remove the key]"},
            Case{"/a: { view: echo, name: a b }",
                 "3:27 not a name for a route: `a b` [a letter, then letters, digits, `_` and `-`, 64 at most]"},
            Case{"/a: { view: page, file: a.html, with: [x] }",
                 "3:41 `with` is a map, not a list [write with: { title: About }]"},
            Case{"/a: { view: page, file: a.html, with: { path: x } }",
                 "3:43 the name `path` is taken [it stands for a part of the request: choose another]"},
            Case{"/a: { view: page, file: a.html, with: { a.b: x } }",
                 "3:43 not a name for a page: `a.b` [a letter, then letters, digits, `_` and `-`]"},
            Case{"/a: { view: page, file: \"\" }", "3:27 `file` is an empty text [name a file]"},
            Case{"/a/{x...}: { view: static, root: . }",
                 "3:3 `static` serves all that is below its path by itself: `/a/{x...}` [leave the {...} out]"},
            Case{"/a: { view: redirect, to: there }",
                 "3:29 `to` is neither a path nor an address: `there` [begin it with / or https://]"},
            Case{"/a: { view: redirect, to: /b, status: 200 }", "3:41 200 is not a redirect [one of 301, 302, 303, 307 and 308]"},
            Case{"/a: { view: redirect, to: \"/b\\r\\nX: y\" }", "3:29 `to` holds a control character [write it on one line]"},
            Case{"/a: { view: status, code: 99 }", "3:29 `code` is out of range: `99` [from 200 to 599]"},
            Case{"/a: { view: status, code: x }", "3:29 `code` is not a whole number: `x` [write digits only]"},
            Case{"/a: { view: bytes, n: many }",
                 "3:25 `n` is not a size: `many` [write a whole number of B, KiB, MiB or GiB: 64KiB]"},
            Case{"/a: { view: bytes, n: 64KB }",
                 "3:25 `n` is not a size: `64KB` [write a whole number of B, KiB, MiB or GiB: 64KiB]"},
            Case{"/a: { view: bytes, n: 2GiB }", "3:25 `n` is out of range: `2GiB` [at most 1073741824 bytes]"},
            Case{"/a: { view: ticks, n: 0 }", "3:25 `n` is out of range: `0` [from 1 to 100000]"},
            Case{"/a: { view: whip, methods: [GET] }", "3:3 `whip` has the methods of its protocol [leave `methods` out]"},
            Case{"/a: { view: whip, fault: lock }", "3:3 `whip` takes no faults [leave `fault` out]"},
            Case{"/a/: whip", "3:3 `whip` names its sessions below its path: `/a/` [end it with a plain segment, such as /whip]"},
            Case{"/a: { view: fanout, n: 2, path: x }", "3:35 `path` is not a path: `x` [begin it with /]"},
            Case{"/a: { view: sleep, fault: blok }", "3:29 unknown fault `blok` [did you mean `block`?]"},
            Case{"/a: { view: sleep, fault: semaphore }",
                 "3:29 `semaphore` needs a number: `semaphore` [write semaphore:4, from 1 to 1000000]"},
            Case{"/a: { view: sleep, fault: \"limit:0\" }",
                 "3:29 `limit` needs a number: `limit:0` [write limit:4, from 1 to 1000000]"},
            Case{"/a: { view: sleep, fault: \"cpu:30\" }",
                 "3:29 `cpu` needs a share: `cpu:30` [write cpu:30%, above 0, at most 100%]"},
            Case{"/a: { view: sleep, fault: \"fail:101%\" }",
                 "3:29 `fail` needs a share: `fail:101%` [write fail:30%, above 0, at most 100%]"},
            Case{"/a: { view: sleep, fault: \"lock:2\" }", "3:29 `lock` takes no value: `lock:2` [write lock]"},
            Case{"/a: { view: sleep, fault: [block, thread] }",
                 "3:37 `thread` does not go together with `block` [remove one of them]"},
            Case{"/a: { view: sleep, fault: [lock, \"semaphore:2\"] }",
                 "3:36 `semaphore` does not go together with `lock` [remove one of them]"},
            Case{"/a: { view: sleep, fault: [\"fail:1%\", \"fail:2%\"] }", "3:41 `fail` is given twice [remove one of them]"},
            Case{"/a: { view: sleep, fault: [\"thread:2\", convoy] }",
                 "3:42 `convoy` does not go together with `thread` [remove one of them]"},
            Case{"/a: { view: sleep, fault: [convoy, \"cpu:5%\"] }",
                 "3:38 `cpu` does not go together with `convoy` [remove one of them]"},
            Case{"/a: { view: sleep, fault: \"thread:1001\" }",
                 "3:29 `thread` takes a number of threads: `thread:1001` [write thread or thread:40, from 1 to 1000]"},
            Case{"/a: { view: sleep, fault: \"thread:0\" }",
                 "3:29 `thread` takes a number of threads: `thread:0` [write thread or thread:40, from 1 to 1000]"},
            Case{"/a: { view: sleep, fault: \"block:0%\" }",
                 "3:29 `block` takes a share: `block:0%` [write block or block:50%, above 0, at most 100%]"},
            Case{"/a: { view: sleep, fault: \"convoy:2\" }", "3:29 `convoy` takes no value: `convoy:2` [write convoy]"},
            Case{"/a: { view: ping, fault: \"nocancel:1\" }", "3:28 `nocancel` takes no value: `nocancel:1` [write nocancel]"},
            Case{"/a: { view: ping, fault: pace }", "3:28 `pace` needs a number: `pace` [write pace:4, from 1 to 1000000]"},
            Case{"/a: { view: ping, fault: \"backlog:4097\" }",
                 "3:28 `backlog` takes a number: `backlog:4097` [write backlog or backlog:5, from 1 to 4096]"},
            Case{"/a: { view: ping, fault: [backlog, \"backlog:1\"] }", "3:38 `backlog` is given twice [remove one of them]"},
            Case{"/a: { view: ping, fault: [nocancel, nocancel] }", "3:39 `nocancel` is given twice [remove one of them]"},
            Case{"/a: { view: ping, fault: [\"pace:1\", \"pace:2\"] }", "3:39 `pace` is given twice [remove one of them]"},
            Case{"/a: { view: ping, fault: thread }",
                 "3:28 the fault `thread` is for `view: sleep` [a sleep is what it changes]"},
            Case{"/a: { view: ping, fault: convoy }",
                 "3:28 the fault `convoy` is for `view: sleep` [a sleep is what it changes]"},
            Case{"/a: { view: ping, fault: \"stall:1\" }",
                 "3:28 `stall` takes seconds: `stall:1` [write stall or stall:10, from 1.1 to 3600]"},
            Case{"/a: { view: ping, fault: \"stall:1e2\" }",
                 "3:28 `stall` takes seconds: `stall:1e2` [write stall or stall:10, from 1.1 to 3600]"},
            Case{"/a: { view: ping, fault: \"stall:nan\" }",
                 "3:28 `stall` takes seconds: `stall:nan` [write stall or stall:10, from 1.1 to 3600]"},
            Case{"/a: { view: ping, fault: \"stall:\" }",
                 "3:28 `stall` takes seconds: `stall:` [write stall or stall:10, from 1.1 to 3600]"},
            Case{"/a: { view: ping, fault: \"drip:0\" }",
                 "3:28 `drip` takes milliseconds: `drip:0` [write drip or drip:10, from 1 to 60000]"},
            Case{"/a: { view: ping, fault: \"drip:60001\" }",
                 "3:28 `drip` takes milliseconds: `drip:60001` [write drip or drip:10, from 1 to 60000]"},
            Case{"/a: { view: ping, fault: \"drip:5ms\" }",
                 "3:28 `drip` takes milliseconds: `drip:5ms` [write drip or drip:10, from 1 to 60000]"},
            Case{"/a: { view: ping, fault: \"reset:50\" }",
                 "3:28 `reset` takes a share: `reset:50` [write reset or reset:50%, above 0, at most 100%]"},
            Case{"/a: { view: ping, fault: \"garbage:0%\" }",
                 "3:28 `garbage` takes a share: `garbage:0%` [write garbage or garbage:50%, above 0, at most 100%]"},
            Case{"/a: { view: ping, fault: \"close:101%\" }",
                 "3:28 `close` takes a share: `close:101%` [write close or close:50%, above 0, at most 100%]"},
            Case{"/a: { view: ping, fault: [reset, \"reset:5%\"] }", "3:36 `reset` is given twice [remove one of them]"},
            Case{"/a: { view: ping, fault: [drip, drip] }", "3:35 `drip` is given twice [remove one of them]"},
            Case{"/a: { view: ping, fault: rest }", "3:28 unknown fault `rest` [did you mean `reset`?]"},
            Case{"/a: { view: sleep, fault: {} }", "3:29 `fault` is a list, not a map [write fault: [lock, fail:1%]]"},
            Case{"/a: { view: echo, fault: block }", "3:28 the fault `block` is for `view: sleep` [a sleep is what it changes]"},
            Case{"/a: { view: echo, fault: buffer }",
                 "3:28 the fault `buffer` is for views that stream [those are ticks, bytes, static and file]"},
            Case{"/a: { view: bytes, n: 1GiB, fault: buffer }", "3:38 `buffer` holds at most 64MiB [ask for fewer bytes]"},
        })
        EXPECT_THAT(errors_of(with_route(c.route)), ElementsAre(c.error)) << c.route;
}

TEST(Application, every_mistake_of_the_file_has_its_sentence) {
    struct Case {
        std::string text, error;
    };
    for (
        const Case& c : {
            Case{"", "0:0 the file is empty [begin with `version: 1`; see volley-serve(5)]"},
            Case{"- a\n", "1:1 an application file is a map, not a list [begin with `version: 1`; see volley-serve(5)]"},
            Case{"routes: { /a: echo }\n", "1:1 an application file has no `version` [begin the file with `version: 1`]"},
            Case{"version: 2\nroutes: { /a: echo }\n", "1:10 version `2` is not known [this program reads version 1]"},
            Case{"version: 1\n", "1:1 an application file has no `routes` [write `routes: { /ping: ping }`]"},
            Case{"version: 1\nroutes: {}\n", "2:9 `routes` is an empty map [write at least one: /ping: ping]"},
            Case{"version: 1\nroutes: [a]\n", "2:9 `routes` is a map, not a list [write routes: { /ping: ping }]"},
            Case{"version: 1\nroute: {}\nroutes: { /a: echo }\n",
                 "2:1 unknown key `route` in an application file [did you mean `routes`?]"},
            Case{"version: 1\nroutes: { /a: echo }\nphases: []\n",
                 "3:1 `phases` is not supported by this version [this is a scenario: run it with `volley run`]"},
            Case{"version: 1\nseed: x\nroutes: { /a: echo }\n", "2:7 `seed` is not a whole number: `x` [write digits only]"},
            Case{"version: 1\nsettings: { prot: 1 }\nroutes: { /a: echo }\n",
                 "2:13 unknown key `prot` in the settings [did you mean `port`?]"},
            Case{"version: 1\nsettings: { app: x }\nroutes: { /a: echo }\n",
                 "2:13 unknown key `app` in the settings [known keys: limits, calls, host, port, kind, log, threads, processes]"},
            Case{"version: 1\nsettings: { limits: { idel: 1m } }\nroutes: { /a: echo }\n",
                 "2:23 unknown key `idel` in the limits [did you mean `idle`?]"},
            Case{"version: 1\nsettings: { port: [1] }\nroutes: { /a: echo }\n",
                 "2:19 `port` takes one value, not a list [quote the text, if it is one]"},
            Case{
                "version: 1\nroutes: { /a: !!str echo }\n",
                "2:15 the tag `tag:yaml.org,2002:str` [tags are not used in application files: remove it, each key knows its own type]"},
            Case{"version: 1\nroutes: { /a: { view: redirect, to: /b?c=1 } }\n",
                 "2:39 a `?` within brackets [quote the whole text that holds it: \"/path?a=1\"]"},
            Case{"version: 1\nroutes: { /a: echo\n",
                 "3:1 a `{` is not closed [close it with `}`, and part its entries with commas]"},
        })
        EXPECT_THAT(errors_of(c.text), ElementsAre(c.error)) << c.text;
    EXPECT_EQ(errors_of(with_route("/a: slepe\n  /b: { view: status, code: 1 }\n  c: echo")).size(), 3U) << "all at once";
}

TEST(SettingsFile, is_the_settings_and_an_application) {
    const auto good = load_settings("port: 9000\napp: site/app.yaml\nlimits: { body: 5s }\n", "settings.yaml");
    EXPECT_TRUE(good.errors.empty());
    ASSERT_EQ(good.settings.size(), 3U);
    EXPECT_EQ(good.settings[1].name, "app");
    EXPECT_EQ(good.settings[1].value.pos.line, 2);
    EXPECT_EQ(load_settings("prot: 1\n", "s").errors.at(0).hint, "did you mean `port`?");
    EXPECT_EQ(load_settings("[1]\n", "s").errors.at(0).text, "`settings` is a map, not a list");
    EXPECT_TRUE(load_settings("", "s").errors.empty());
}

}  // namespace
}  // namespace volley::appfile
