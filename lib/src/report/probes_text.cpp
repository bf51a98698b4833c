// Probes, for people.
#include <algorithm>

#include "report/text_parts.hpp"

namespace volley::report {
namespace {

const char* colour_of(Verdict v) { return v == Verdict::pass ? green : v == Verdict::inconclusive ? yellow : red; }

const char* colour_of(verdict::Met met) { return met == verdict::Met::yes ? green : met == verdict::Met::no ? red : yellow; }

const char* mark_of(verdict::Met met, bool unicode) {
    if (met == verdict::Met::yes) return unicode ? "✓" : "ok  ";
    if (met == verdict::Met::no) return unicode ? "✗" : "FAIL";
    return unicode ? "?" : "?   ";
}

std::string lines_of(const ServerResult& server, const ProbeResult& p, std::size_t width, const TextOptions& options,
                     const Paint& paint) {
    std::string out =
        "  " + padded(one_line(server.name), width) + "  " + paint(one_line(p.message), colour_of(p.verdict)) + '\n';
    for (const auto& e : p.expectations)
        out += "    " + paint(mark_of(e.met, options.unicode), colour_of(e.met)) + ' ' + one_line(e.words) + '\n';
    // Of what is as it should be, nothing need be changed.
    if (p.verdict == Verdict::pass) return out;
    if (p.record && !p.record->advice.empty()) out += "    " + paint(one_line(p.record->advice), dim) + '\n';
    for (const auto& answer : p.answers)
        if (!answer.advice.empty()) out += "    " + paint(one_line(answer.advice), dim) + '\n';
    return out;
}

}  // namespace

std::string probes_text(const RunResult& result, const TextOptions& options, const Paint& paint) {
    std::vector<std::string> names;
    std::size_t width = 0;
    for (const auto& s : result.servers)
        for (const auto& p : s.probes) {
            width = std::max(width, columns(one_line(s.name)));
            if (std::ranges::find(names, p.probe) == names.end()) names.push_back(p.probe);
        }
    std::string out;
    for (const auto& name : names) {
        out += '\n' + paint(one_line(name), bold) + "  probe\n";
        for (const auto& s : result.servers)
            for (const auto& p : s.probes)
                if (p.probe == name) out += lines_of(s, p, width, options, paint);
    }
    return out;
}

}  // namespace volley::report
