// JUnit's XML.
#include <volley/report/junit.hpp>

#include <fmt/format.h>

#include "base/markup.hpp"

namespace volley::report {
namespace {

/// Text for an element or a quoted attribute. Source: XML 1.0 sections 2.2 (which characters there are) and 2.4; a line end in an
/// attribute would be read as a blank (3.3.3), so it is a reference.
std::string xml(std::string_view text) {
    std::string out;
    const std::string safe = escape_for_terminal(text);  // valid UTF-8 without controls but tab and newline
    for (std::size_t i = 0; i < safe.size(); ++i) {
        const std::string_view rest = std::string_view(safe).substr(i);
        if (rest.starts_with("\xef\xbf\xbe") || rest.starts_with("\xef\xbf\xbf")) {  // U+FFFE, U+FFFF: no characters of XML
            out += rest[2] == '\xbe' ? "\\xef\\xbf\\xbe" : "\\xef\\xbf\\xbf";
            i += 2;
            continue;
        }
        if (const auto reference = markup_reference(safe[i]); !reference.empty())
            out += reference;
        else if (safe[i] == '\n')
            out += "&#10;";
        else if (safe[i] == '\t')
            out += "&#9;";
        else
            out += safe[i];
    }
    return out;
}

/// With line ends as they are, for the content of an element.
std::string xml_lines(const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& line : lines) out += xml(line) + '\n';
    return out;
}

struct Case {
    std::string name;
    Duration time{};
    enum class End { passed, failure, error, skipped } end = End::passed;
    std::string type;
    std::string message;
    std::string details;
};

std::string where(const RunResult& r, SourcePos pos) {
    return pos.line > 0 && !r.file.empty() ? fmt::format("{}:{}:{}", r.file, pos.line, pos.column) : r.file;
}

Case case_of(const RunResult& r, const ServerResult& server, const ThresholdResult& t) {
    Case out;
    out.name = name_of(t);
    if (const auto* phase = server.find(t.phase)) out.time = phase->elapsed;
    if (t.surely_passed()) return out;
    out.end = t.verdict == Verdict::fail ? Case::End::failure : Case::End::skipped;
    out.type = t.verdict == Verdict::fail ? "threshold" : "inconclusive";
    if (t.verdict == Verdict::inconclusive) out.message = "inconclusive: ";
    out.message += words_of(t);
    out.details = where(r, t.pos);
    return out;
}

Case case_of(const RunResult& r, const PhaseResult& phase, const CheckResult& c) {
    Case out;
    out.name = name_of(phase, c);
    if (c.verdict == Verdict::pass) return out;
    out.end = c.verdict == Verdict::fail ? Case::End::failure : Case::End::skipped;
    out.type = c.verdict == Verdict::fail ? "check" : "inconclusive";
    out.message = (c.verdict == Verdict::fail ? "" : "inconclusive: ") + c.message;
    out.details = where(r, c.pos);
    return out;
}

Case case_of(const RunResult& r, const ProbeResult& p) {
    Case out;
    out.name = p.probe;
    out.time = p.elapsed;
    if (p.verdict == Verdict::pass) return out;
    out.end = p.verdict == Verdict::fail            ? Case::End::failure
              : p.verdict == Verdict::target_failed ? Case::End::error
                                                    : Case::End::skipped;
    out.type = p.verdict == Verdict::fail            ? "probe"
               : p.verdict != Verdict::target_failed ? "inconclusive"
               : p.answered                          ? "not_working"
                                                     : "unreachable";
    out.message = (p.verdict == Verdict::inconclusive ? "inconclusive: " : "") + words_of(p);
    out.details = where(r, p.pos);
    return out;
}

std::vector<Case> cases_of(const RunResult& r, const ServerResult& server) {
    std::vector<Case> out;
    if (server.state == ServerState::interrupted)
        out.push_back(
            {"server", {}, Case::End::skipped, "interrupted", server.message.empty() ? "interrupted" : server.message, {}});
    else if (server.state != ServerState::ok)
        out.push_back({"server", {}, Case::End::error, std::string(to_string(server.state)), server.message, server.description});
    for (const auto& p : server.probes) out.push_back(case_of(r, p));
    for (const auto& p : server.phases)
        for (const auto& c : p.checks)
            if (!p.warmup) out.push_back(case_of(r, p, c));
    for (const auto& t : r.thresholds)
        if (t.server == server.name) out.push_back(case_of(r, server, t));
    for (const auto& file : r.unwritten) out.push_back({"files", {}, Case::End::failure, "unwritten", file, {}});
    for (const auto& p : server.phases)  // makes the run inconclusive, whether or not a threshold asks for its times
        if (!p.warmup && !p.inconclusive.empty())
            out.push_back(
                {p.phase + ": times", p.elapsed, Case::End::skipped, "inconclusive", "inconclusive: " + p.inconclusive, {}});
    return out;
}

std::string case_text(const Case& c, const std::string& class_name) {
    std::string out =
        fmt::format(R"(    <testcase name="{}" classname="{}" time="{:.3f}")", xml(c.name), xml(class_name), to_seconds(c.time));
    if (c.end == Case::End::passed) return out + "/>\n";
    out += ">\n";
    if (c.end == Case::End::skipped)
        out += fmt::format("      <skipped message=\"{}\"/>\n", xml(c.message));
    else
        out += fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n",
                           c.end == Case::End::failure ? "failure" : "error", xml(c.type), xml(c.message), xml(c.details));
    return out + "    </testcase>\n";
}

std::string output_of(const ServerResult& server) {
    std::vector<std::string> lines;
    for (const auto& p : server.phases) {
        for (const auto& e : p.wrong_examples) lines.push_back(p.phase + ": " + e);
        for (const auto& c : p.checks)
            if (!p.warmup && c.verdict == Verdict::pass && c.failed > 0)
                lines.push_back(name_of(p, c) + " " + c.message + " (the thresholds allow as many errors)");
    }
    if (!server.log_tail.empty()) lines.push_back(fmt::format("last {} lines of the server's log:", server.log_tail.size()));
    for (const auto& line : server.log_tail) lines.push_back("| " + line);
    return xml_lines(lines);
}

std::string suite_text(const RunResult& r, const ServerResult& server, std::size_t id) {
    const auto cases = cases_of(r, server);
    std::size_t counts[4] = {};
    for (const auto& c : cases) ++counts[static_cast<std::size_t>(c.end)];
    Duration time{};
    for (const auto& p : server.probes) time += p.elapsed;
    for (const auto& p : server.phases) time += p.elapsed;
    std::string timestamp = r.started_at;
    if (timestamp.ends_with('Z')) timestamp.pop_back();

    std::string out = fmt::format(
        "  <testsuite name=\"{0}\" package=\"{1}\" id=\"{2}\" hostname=\"localhost\" timestamp=\"{3}\" tests=\"{4}\" failures=\"{5}\" "
        "errors=\"{6}\" skipped=\"{7}\" time=\"{8:.3f}\">\n",
        xml(server.name), xml(r.name), id, xml(timestamp), cases.size(), counts[1], counts[2], counts[3], to_seconds(time));
    out += "    <properties>\n";
    const std::pair<const char*, std::string> properties[] = {{"volley.version", r.version},
                                                              {"volley.file", r.file},
                                                              {"volley.seed", std::to_string(r.seed)},
                                                              {"volley.verdict", std::string(to_string(r.verdict))},
                                                              {"volley.server", server.description}};
    for (const auto& [name, value] : properties)
        out += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml(value));
    out += "    </properties>\n";
    for (const auto& c : cases) out += case_text(c, r.name + '.' + server.name);
    out += "    <system-out>" + output_of(server) + "</system-out>\n    <system-err/>\n  </testsuite>\n";
    return out;
}

}  // namespace

std::string to_junit(const RunResult& result) {
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
    std::size_t id = 0;
    for (const auto& server : result.servers) out += suite_text(result, server, id++);
    return out + "</testsuites>\n";
}

}  // namespace volley::report
