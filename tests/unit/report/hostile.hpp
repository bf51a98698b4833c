// A result in which a peer has said what it should not.
#pragma once

#include <string>

#include <volley/report/result.hpp>

namespace volley::report {

/// Ends elements, cells, lines and attributes; holds controls, bytes that are no UTF-8, and characters that XML has no place for.
inline const std::string poison =
    "]]></system-out>\"'<b>|`x`\r\n::error::planted\n| a | b |\x1b[31m\x01\xff\xef\xbf\xbe\xef\xbf\xbf&amp; 100% @all http://evil.test";

inline RunResult hostile() {
    using namespace std::chrono_literals;
    RunResult r;
    r.name = "t";
    r.file = "dir, a:b/\xe9.yaml";
    r.version = "0";
    r.started_at = "2026-01-02T03:04:05Z";
    r.seed = 7;
    r.verdict = Verdict::fail;
    auto& server = r.servers.emplace_back();
    server.name = "s";
    server.description = "serve " + poison;
    server.state = ServerState::died;
    server.message = poison;
    server.log_tail = {poison};
    auto& phase = server.phases.emplace_back();
    phase.phase = "p";
    phase.elapsed = 1500ms;
    phase.inconclusive = poison;
    metrics::Sample wrong;
    phase.tally->add(wrong, "status");
    phase.wrong_examples = {poison};
    for (const auto verdict : {Verdict::pass, Verdict::fail, Verdict::inconclusive}) {
        CheckResult c;
        c.step = "GET /x";
        c.source = "body == \"" + poison + '"';
        c.pos = {9, 3};
        c.verdict = verdict;
        c.failed = verdict == Verdict::fail ? 1 : 0;
        c.message = verdict == Verdict::pass ? "" : poison;
        phase.checks.push_back(c);
    }
    for (const auto verdict : {Verdict::pass, Verdict::fail, Verdict::inconclusive}) {
        ThresholdResult t;
        t.source = "errors == 0";
        t.server = "s";
        t.phase = "p";
        t.verdict = verdict;
        t.measured = "1";
        t.message = verdict == Verdict::pass ? "" : poison;
        t.pos = verdict == Verdict::fail ? SourcePos{12, 5} : SourcePos{};
        r.thresholds.push_back(t);
    }
    return r;
}

}  // namespace volley::report
