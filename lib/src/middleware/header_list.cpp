#include "middleware/header_list.hpp"

#include <charconv>
#include <optional>
#include <string>

#include "base/trim.hpp"

namespace volley::middleware {
namespace {

/// `;q=0.5` among the parameters; 1 where there is none, 0 where it cannot be read.
double weight_of(std::string_view parameters) {
    while (!parameters.empty()) {
        const auto next = parameters.find(';');
        const std::string_view one = trim_blanks(parameters.substr(0, next));
        parameters = next == std::string_view::npos ? std::string_view() : parameters.substr(next + 1);
        if (one.size() < 2 || (one[0] != 'q' && one[0] != 'Q') || one[1] != '=') continue;
        double q = 0;
        const auto [end, ec] = std::from_chars(one.data() + 2, one.data() + one.size(), q);
        return ec == std::errc{} && end == one.data() + one.size() && q >= 0 && q <= 1 ? q : 0;
    }
    return 1;
}

}  // namespace

std::vector<std::string_view> split_list(std::string_view value) {
    std::vector<std::string_view> out;
    while (!value.empty()) {
        const auto comma = value.find(',');
        if (const auto element = trim_blanks(value.substr(0, comma)); !element.empty()) out.push_back(element);
        value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
    }
    return out;
}

bool accepts_gzip(std::string_view accept_encoding) {
    std::optional<double> gzip, any;
    for (const std::string_view element : split_list(accept_encoding)) {
        const auto semicolon = element.find(';');
        const std::string_view coding = trim_blanks(element.substr(0, semicolon));
        const double q = semicolon == std::string_view::npos ? 1 : weight_of(element.substr(semicolon + 1));
        if (http::iequals(coding, "gzip") || http::iequals(coding, "x-gzip")) gzip = q;
        if (coding == "*") any = q;
    }
    return gzip.value_or(any.value_or(0)) > 0;
}

void add_vary(http::Headers& headers, std::string_view name) {
    std::string all;
    for (const auto& [field, value] : headers) {
        if (!http::iequals(field, "Vary")) continue;
        for (const std::string_view element : split_list(value)) {
            if (element == "*" || http::iequals(element, name)) return;
            all += std::string(element) + ", ";
        }
    }
    headers.set("Vary", all + std::string(name));
}

}  // namespace volley::middleware
