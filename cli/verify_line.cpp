#include "verify_line.hpp"

namespace volley::cli {

std::string line_of(const verify::Progress& p) {
    const auto n = std::to_string(p.step.n);
    std::string text = p.step.what == verdict::Step::What::control ? "our own server, " + n + " at once"
                       : p.step.n == 1                             ? "a request alone"
                                                                   : n + " at once";
    if (!p.step.why.empty()) text += ": " + p.step.why;
    return text + "  " + std::to_string(p.done) + '/' + n + "  " + format_duration(p.elapsed) + " of " + format_duration(p.limit);
}

}  // namespace volley::cli
