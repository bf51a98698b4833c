#include "run/never_worked.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace volley::run {
namespace {

bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }
/// The path is wrong, or one has to log in first.
bool is_not_let_in(int status) { return status == 401 || status == 403 || status == 404; }

bool no_connection(const std::string& error) { return error == "refused" || error == "resolve" || error == "tls"; }
/// What ends every exchange with something that is not there, hangs, or speaks another protocol. An answer that is cut short is one.
bool no_answer(const std::string& error) {
    return no_connection(error) || error == "timeout" || error == "reset" || error == "protocol";
}

std::string elsewhere_words(const metrics::Tally& tally) {
    std::vector<int> statuses;
    for (const auto& [status, n] : tally.statuses) statuses.push_back(status);
    const bool redirected = std::ranges::any_of(statuses, is_redirect);
    const bool kept_out = std::ranges::any_of(statuses, is_not_let_in);
    std::uint64_t answers = 0;
    for (const auto& [status, n] : tally.statuses) answers += n;
    std::string out = fmt::format("every {} {}: ", answers == tally.requests ? "request was answered" : "answer was",
                                  fmt::join(statuses, " or "));
    if (redirected) out += "it is somewhere else; give the URL that the redirect leads to";
    if (redirected && kept_out) out += "; ";
    if (kept_out) out += "is the path right, and does it need a login?";
    return out;
}

}  // namespace

std::string never_worked(const metrics::Tally& tally, const std::vector<std::string>& examples, bool status_is_checked) {
    const bool elsewhere = !tally.statuses.empty() && std::ranges::all_of(tally.statuses, [](const auto& one) {
        return is_redirect(one.first) || is_not_let_in(one.first);
    });
    if (tally.requests == 0 || (tally.right > 0 && (status_is_checked || !elsewhere))) return {};
    for (const auto& [kind, n] : tally.errors) {
        const bool judged = kind == "status" || kind == "check";
        if (judged ? !elsewhere : !no_answer(kind)) return {};
    }
    if (elsewhere) return elsewhere_words(tally);

    std::string out;
    if (std::ranges::all_of(tally.errors, [](const auto& e) { return no_connection(e.first); })) {
        out = "no connection was made";
    } else {
        std::vector<std::string> kinds;
        for (const auto& [kind, n] : tally.errors) kinds.push_back(kind);
        out = fmt::format("not one request was answered ({})", fmt::join(kinds, ", "));
    }
    return examples.empty() ? out : out + ": " + examples.front();
}

}  // namespace volley::run
