#include "verbs.hpp"

#include <algorithm>
#include <array>

#include "exit_code.hpp"

namespace volley::cli {
namespace {

constexpr std::string_view request_prose =
    "URL may be written short: :8000/x is http://localhost:8000/x, example.org is http://example.org/.\n"
    "Each ITEM adds to the request:\n"
    "  Header:value    a header; Header: takes one away, Header; sends it empty\n"
    "  name==value     a parameter of the URL's query\n"
    "  name=value      a field of the body, a text; name[key]=value and name[]=value nest\n"
    "  name:=json      a field of the body, JSON as written: n:=1 ok:=true list:='[1, 2]'\n"
    "  name@file       a file of a form; @file alone is the whole body\n"
    "  name=@file  name:=@file  name==@file  Header:@file    the value comes from the file\n"
    "A backslash before : ; = @ takes its meaning away.";

constexpr std::string_view request_examples =
    "volley get localhost:8000/offer s==0.5\n"
    "volley post localhost:8000/offer sleep:=1\n"
    "volley put :8000/echo X-Token:abc name=Ada tags[]=a tags[]=b -v\n"
    "volley post :8000/echo --form name=Ada photo@me.png --offline\n"
    "volley get https://example.org --check-status -h";

constexpr VerbRow request_row(std::string_view name, std::string_view summary) {
    return {name, Verb::request, "URL [ITEM...]", summary, request_prose, request_examples, &cmd_request};
}

constexpr std::array rows{
    request_row("get", "send a GET request and print the answer"),
    request_row("post", "send a POST request"),
    request_row("put", "send a PUT request"),
    request_row("patch", "send a PATCH request"),
    request_row("delete", "send a DELETE request"),
    request_row("head", "send a HEAD request"),
    request_row("options", "send an OPTIONS request"),
    VerbRow{
        "offer", Verb::offer, "URL [ITEM...]", "make WebRTC calls to a server and measure set-up and round trips",
        "Posts an offer to URL, takes the answer, opens a data channel and sends pings on it: the text `ping 1`, which the server sends back\n"
        "as it is or as `pong 1`. Shows how long each step of the set-up took, and the round trips. Headers, query, authentication, TLS and\n"
        "proxies are those of the request verbs; name=value and name:=json go beside the offer, as fields of its JSON.\n"
        "Without --count and --for a single call goes on until Ctrl-C where the output is a terminal; otherwise each sends 10 pings.\n"
        "Exit status: 0 done, and what was expected holds; 1 it does not, 2 bad usage, 3 no call worked, 4 inconclusive.",
        "volley offer localhost:8080/offer\nvolley offer :8080/offer video_transform=edges --count 10 -v\n"
        "volley offer https://example.test/whip -A bearer -a TOKEN --trickle\nvolley offer :8080/offer --every 20ms --for 10s --unordered --max-retransmits 0\n"
        "volley offer :8080/offer --calls 100 --rate 20/s --for 10s -o result.json\n"
        "volley offer :8080/offer --every 10ms --for 10s --expect 'rtt_p99 < 20ms' --expect 'loss < 0.1%' -q",
        &cmd_offer},
    VerbRow{
        "verify", Verb::verify, "[METHOD] URL [ITEM...]", "say whether an endpoint is really asynchronous, and why",
        "Sends the request alone, then many at once, each on a connection of its own, and climbs until a limit shows or none can be met.\n"
        "Says how requests overlap (asynchronous, a pool of W, a thread each, one after another), what holds them up, what usually\n"
        "causes it and what to change. For a server on this host its processes and threads are watched. Our own server, measured the\n"
        "same way, shows what the measuring itself costs. Items, headers, authentication and TLS are those of the request verbs.\n"
        "Exit status: 0 there is a verdict, and what was expected holds; 1 it does not, 2 bad usage, 3 the target never worked, 4 inconclusive.",
        "volley verify localhost:8000/offer s==0.5\nvolley verify post :8000/offer sleep:=0.3 --expect async\n"
        "volley verify :8000/report --expect 'pool>=8' --expect 'loop_stall<50ms' -q\n"
        "volley verify :8000/offer --time 20s -o verdict.json\nvolley verify --replay verdict.json",
        &cmd_verify},
    VerbRow{
        "load", Verb::load, "[METHOD] URL [ITEM...]", "put a server under load and measure: closed, open or all at once",
        "Sends one request again and again: by users who each wait for their answer (-c), at a rate whatever the answers do (--rate), or\n"
        "all at once (--burst). Items, headers, authentication and TLS are those of the request verbs.\n"
        "Exit status: 0 done, and what was expected holds; 1 it does not, 2 bad usage, 3 the target never worked, 4 inconclusive.",
        "volley load localhost:8000/offer -c 100 --for 10s\nvolley load post :8000/offer sleep:=0.1 --rate 500/s --for 30s\n"
        "volley load :8000/ping --rate 100/s..2000/s --for 1m -o result.json\nvolley load :8000/offer s==1 --burst 200\n"
        "volley load https://example.test/ -n 10000 --expect 'p99 < 50ms' --expect 'errors < 0.1%' -q",
        &cmd_load},
    VerbRow{
        "run", Verb::run, "FILE... [--server NAME] [--only SCENARIO]", "run scenarios: servers, phases, checks, thresholds",
        "Starts each server of the file in a fresh process, runs the same phases against each and shows them side by side.\n"
        "The format is described in volley-scenario(5).\n"
        "Exit status: 0 passed, 1 a check or threshold failed, 2 bad usage or scenario, 3 the target never worked, 4 inconclusive.",
        "volley run scenarios/sleep.yaml\nvolley run scenarios/sleep.yaml --server coroutine -o result.json\n"
        "volley run mine.yaml -e sleep=0.5 --seed 42 -q",
        &cmd_run},
    VerbRow{
        "serve", Verb::serve, "[APP.YAML] [--kind KIND] [--port PORT]",
        "run the included server, or the views of an application file",
        "Listens until Ctrl-C. Without a file, GET / explains every path; the format of files is described in volley-serve(5).\n"
        "A setting comes from a flag, else the environment (VOLLEY_PORT), else the file that VOLLEY_SETTINGS names, else the application file.\n"
        "All WebRTC calls of a process share one thread: --processes N serves the same address with N processes, on as many processors.",
        "volley serve\nvolley serve --kind pool:8 --port 9000 --log\nvolley serve --port 0 --fault block\nvolley serve app.yaml --reload\n"
        "volley serve app.yaml --routes\nvolley serve --processes 4 --rtc-port 5000",
        &cmd_serve},
    VerbRow{"help", Verb::work, "[VERB]", "print help on a verb", "", "volley help post", &cmd_help},
    VerbRow{
        "completion", Verb::work, "bash|zsh|fish", "print what completes volley's words in a shell",
        "The script is written from the program's own tables of verbs and flags. Packages install it; otherwise load it in the\n"
        "shell's start-up file.",
        "eval \"$(volley completion bash)\"\nsource <(volley completion zsh)\nvolley completion fish | source", &cmd_completion},
};

constexpr VerbRow bare{"",
                       Verb::request,
                       "[METHOD] URL [ITEM...]",
                       "send a request: GET, or POST where the items make a body",
                       request_prose,
                       request_examples,
                       &cmd_request};

}  // namespace

std::span<const VerbRow> all_verbs() noexcept { return rows; }
const VerbRow& bare_request() noexcept { return bare; }

const VerbRow* find_verb(std::string_view name) noexcept {
    const auto it = std::ranges::find(rows, name, &VerbRow::name);
    return it == rows.end() ? nullptr : &*it;
}

int usage_exit(Verb kind) noexcept { return kind == Verb::request ? request_exit::error : measure_exit::usage; }

}  // namespace volley::cli
