// Shared by the scenario tests: files out of parts, errors as one line each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <volley/scenario/scenario.hpp>

namespace volley::scenario::test {

/// `line:column text [hint]`.
inline std::string to_line(const SourceError& e) {
    return std::to_string(e.pos.line) + ':' + std::to_string(e.pos.column) + ' ' + e.text +
           (e.hint.empty() ? "" : " [" + e.hint + ']');
}

inline std::vector<std::string> to_lines(const std::vector<SourceError>& errors) {
    std::vector<std::string> out;
    for (const auto& e : errors) out.push_back(to_line(e));
    return out;
}

inline std::vector<std::string> errors_of(std::string_view text, const Variables::Scope& env = {},
                                          const Variables::Scope& overrides = {}) {
    return to_lines(load_scenario(text, "test.yaml", env, overrides).errors);
}

/// A whole file around one step; the step's first line is line 5 and begins in column 7.
inline std::string with_step(std::string_view step) {
    return "version: 1\nconfig: { target: \"http://h\" }\nscenarios:\n  s:\n    - " + std::string(step) +
           "\nphases: [ { name: p, burst: 1 } ]\n";
}

/// A whole file around one phase, which stands in line 3 from column 12 on.
inline std::string with_phase(std::string_view phase) {
    return "version: 1\nscenarios: { s: [ { get: \"http://h/\" } ], t: [ { get: \"http://h/\" } ] }\nphases: [ { " +
           std::string(phase) + " } ]\n";
}

/// A whole file around one server, in line 2 from column 15 on.
inline std::string with_server(std::string_view server) {
    return "version: 1\nservers: { a: " + std::string(server) +
           " }\nscenarios: { s: [ { get: / } ] }\nphases: [ { name: p, burst: 1 } ]\n";
}

/// A whole file around one threshold, in line 9 from column 5 on.
inline std::string with_threshold(std::string_view threshold) {
    return "version: 1\nservers: { ours: { builtin: coroutine } }\nscenarios: { s: [ { get: / } ] }\nphases:\n  - { name: fifty, burst: 50 }\n"
           "  - { name: steady, rate: 10/s, for: 1s }\n  - { name: warm, burst: 1, warmup: true }\nthresholds:\n  - " +
           std::string(threshold) + "\n";
}

/// A file without errors that declares these variables.
inline std::string with_variables(std::string_view variables, std::string_view url = "http://h/") {
    return "version: 1\nvariables: { " + std::string(variables) + " }\nscenarios: { s: [ { get: \"" + std::string(url) +
           "\" } ] }\nphases: [ { name: p, burst: 1 } ]\n";
}

}  // namespace volley::scenario::test
