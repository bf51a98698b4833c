#include "options.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "request_items.hpp"

namespace volley::cli {
namespace {

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    return out;
}

bool is_alpha(std::string_view word) {
    return !word.empty() && std::ranges::all_of(word, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

bool is_known_method(std::string_view word) {
    static constexpr std::array<std::string_view, 19> known{
        "GET",  "POST",  "PUT",  "PATCH",    "DELETE",    "HEAD",   "OPTIONS", "TRACE",  "CONNECT", "COPY",
        "LOCK", "MKCOL", "MOVE", "PROPFIND", "PROPPATCH", "SEARCH", "UNLOCK",  "REPORT", "QUERY"};
    return std::ranges::find(known, upper(word)) != known.end();
}

/// `:8000`, `://x`, `http://x`, `host`, `host/path`: what can only be a URL. `name:8000` can be both, `certain` says how to
/// decide.
bool looks_like_url(std::string_view word, bool certain) {
    if (word.starts_with(':') && !word.starts_with(":=") && !word.starts_with(":@")) return true;
    const std::size_t query = word.find('?');
    const std::string_view before = word.substr(0, query);
    if (before.find("://") != std::string_view::npos) return true;
    const auto item = parse_item(before);
    if (!item) return true;
    if (item->kind == Item::Kind::upload) return before.find('=') == std::string_view::npos;  // user@host
    if (item->kind != Item::Kind::header || certain) return false;
    const std::string_view rest = item->value;
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    return digits > 0 && (digits == rest.size() || rest[digits] == '/');
}

std::optional<int> whole_number(std::string_view text) {
    int value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size() || value < 0) return {};
    return value;
}

/// What the flags say, before defaults are filled in.
class FlagReader {
public:
    FlagReader(const Program& program, RequestOptions& out) : out_(out) { out_.default_scheme = program.default_scheme; }

    std::optional<std::string> read(const TypedFlag& typed) {
        const bool on = !typed.negated;
        const std::string& value = typed.value;
        switch (typed.id) {
            case FlagId::json:
                body(on, BodyKind::json);
                break;
            case FlagId::form:
                body(on, BodyKind::form);
                break;
            case FlagId::multipart:
                body(on, BodyKind::multipart);
                break;
            case FlagId::boundary:
                return boundary(value);
            case FlagId::raw:
                set(out_.raw, on, value);
                break;
            case FlagId::auth:
                set(out_.auth, on, value);
                break;
            case FlagId::auth_type:
                return auth_type(on, value);
            case FlagId::follow:
                out_.follow = on;
                break;
            case FlagId::max_redirects: {
                const auto n = on ? whole_number(value) : 30;
                if (!n) return wrong("--max-redirects", value, "a whole number such as 30");
                out_.max_redirects = *n;
                break;
            }
            case FlagId::timeout:
                return seconds("--timeout", on, value, out_.timeout);
            case FlagId::max_time:
                return seconds("--max-time", on, value, out_.max_time);
            case FlagId::check_status:
                out_.check_status = on;
                break;
            case FlagId::verify:
                return verify(on, value);
            case FlagId::cert:
                out_.tls.cert_file = value;
                break;
            case FlagId::cert_key:
                out_.tls.key_file = value;
                break;
            case FlagId::http_version:
                return http_version(on, value);
            case FlagId::proxy:
                return proxy(on, value);
            case FlagId::default_scheme:
                if (on && value != "http" && value != "https") return wrong("--default-scheme", value, "http or https");
                out_.default_scheme = on ? value : "http";
                break;
            case FlagId::path_as_is:
                out_.path_as_is = on;
                break;
            case FlagId::offline:
                out_.offline = on;
                break;
            case FlagId::verbose:
                verbose_ = on ? verbose_ + 1 : 0;
                letters_ = {};
                break;
            case FlagId::headers:
                letters(on, "h");
                break;
            case FlagId::body:
                letters(on, "b");
                break;
            case FlagId::meta:
                letters(on, "m");
                break;
            case FlagId::print:
                if (value.find_first_not_of("HBhbm") != std::string::npos) return wrong("--print", value, "letters of HBhbm");
                letters(on, value);
                break;
            case FlagId::pretty:
                if (on && value != "all" && value != "colors" && value != "format" && value != "none")
                    return wrong("--pretty", value, "all, colors, format or none");
                pretty_ = on ? value : "";
                break;
            case FlagId::all:
                out_.print_all = on;
                break;
            case FlagId::stream:
                out_.stream = on;
                break;
            case FlagId::output:
                out_.output_file = value;
                break;
            case FlagId::quiet:
                out_.quiet = on ? out_.quiet + 1 : 0;
                break;
            default:
                break;  // ignore_stdin means nothing yet; help and version have been seen to
        }
        return {};
    }

    void finish(const Terminal& terminal) {
        const bool terminal_output = terminal.stdout_is_terminal && out_.output_file.empty() && out_.quiet == 0;
        if (letters_)
            out_.print = *letters_;
        else if (verbose_ > 0)
            out_.print = verbose_ > 1 ? "HBhbm" : "HBhb";
        else if (out_.offline)
            out_.print = "HB";
        else
            out_.print = terminal_output ? "hb" : "b";
        if (verbose_ > 0) out_.print_all = true;
        if (out_.quiet > 0 && out_.output_file.empty()) out_.print.clear();
        out_.to_terminal = terminal_output;
        if (pretty_.empty()) {
            out_.format = terminal_output;
            out_.colour = terminal_output && terminal.colours;
        } else {
            out_.format = pretty_ == "all" || pretty_ == "format";
            out_.colour = pretty_ == "all" || pretty_ == "colors";
        }
    }

private:
    static std::string wrong(std::string_view flag, const std::string& value, std::string_view wanted) {
        return std::string(flag) + '=' + escape_for_terminal(value) + ": " + std::string(wanted) + " is expected";
    }
    template <class T>
    static void set(std::optional<T>& place, bool on, const T& value) {
        if (on)
            place = value;
        else
            place.reset();
    }
    void letters(bool on, std::string value) {
        if (on)
            letters_ = std::move(value);
        else
            letters_.reset();
    }
    void body(bool on, BodyKind kind) {
        out_.body = on ? kind : BodyKind::json;
        out_.json_wanted = on && kind == BodyKind::json;
    }
    std::optional<std::string> boundary(const std::string& value) {
        // RFC 2046 section 5.1.1: 1 to 70 of these, the last one no blank. Anything else would need quoting in Content-Type.
        const bool right = std::ranges::all_of(value, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                   std::string_view("'+_-.").find(c) != std::string_view::npos;
        });
        if (!right || value.size() > 70) return wrong("--boundary", value, "up to 70 letters, digits and any of ' + _ - .");
        out_.boundary = value;
        return {};
    }
    std::optional<std::string> auth_type(bool on, const std::string& value) {
        using Auth = client::CurlOptions::Auth;
        if (!on)
            out_.auth_type = Auth::none;
        else if (value == "basic")
            out_.auth_type = Auth::basic;
        else if (value == "bearer")
            out_.auth_type = Auth::bearer;
        else if (value == "digest")
            out_.auth_type = Auth::digest;
        else
            return wrong("--auth-type", value, "basic, bearer or digest");
        return {};
    }
    static std::optional<std::string> seconds(std::string_view flag, bool on, const std::string& value, Duration& place) {
        const auto parsed = on ? parse_seconds(value) : Duration{};
        if (!parsed) return wrong(flag, value, "seconds such as 30 or 0.5");
        place = *parsed;
        return {};
    }
    std::optional<std::string> verify(bool on, const std::string& value) {
        const std::string word = upper(value);
        out_.tls.verify = true;
        out_.tls.ca_file.clear();
        if (!on || word == "YES" || word == "TRUE") return {};
        if (word == "NO" || word == "FALSE")
            out_.tls.verify = false;
        else if (value.empty())
            return wrong("--verify", value, "yes, no or a PEM file");
        else
            out_.tls.ca_file = value;
        return {};
    }
    std::optional<std::string> http_version(bool on, const std::string& value) {
        if (!on)
            out_.http_version = 0;
        else if (value == "1.0")
            out_.http_version = 10;
        else if (value == "1.1" || value == "1")
            out_.http_version = 11;
        else if (value == "2" || value == "2.0")
            out_.http_version = 20;
        else
            return wrong("--http-version", value, "1.0, 1.1 or 2");
        return {};
    }
    std::optional<std::string> proxy(bool on, const std::string& value) {
        if (!on) {
            out_.proxies.clear();
            return {};
        }
        const std::size_t colon = value.find(':');
        const std::string scheme = value.substr(0, colon);
        if (colon == std::string::npos || (scheme != "http" && scheme != "https" && scheme != "all") ||
            value.substr(colon).starts_with("://"))
            return "--proxy: SCHEME:URL is expected, SCHEME being http, https or all, such as http:http://10.0.0.1:3128";
        out_.proxies.emplace_back(scheme, value.substr(colon + 1));
        return {};
    }

    RequestOptions& out_;
    std::optional<std::string> letters_;
    int verbose_ = 0;
    std::string pretty_;
};

}  // namespace

std::optional<Duration> parse_seconds(std::string_view text) {
    double value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec == std::errc{} && end == text.data() + text.size()) {
        if (!(value >= 0 && value <= 3.6e6)) return {};  // 1,000 hours, as parse_duration has it; also no NaN
        return from_seconds(value);
    }
    const auto duration = parse_duration(text);
    if (!duration) return {};
    return *duration;
}

bool first_word_is_method(const std::vector<std::string>& words) {
    if (words.size() < 2 || !is_alpha(words[0])) return false;
    if (is_known_method(words[0])) return true;
    const bool shouted = words[0] == upper(words[0]);
    return looks_like_url(words[1], !shouted);
}

std::optional<std::string> read_request_options(const RawArgs& raw, const std::string& method, const Program& program,
                                                const Terminal& terminal, RequestOptions& out) {
    if (!raw.error.empty()) return raw.error;
    FlagReader reader(program, out);
    for (const TypedFlag& typed : raw.flags)
        if (auto error = reader.read(typed)) return error;
    reader.finish(terminal);

    auto words = raw.positionals;
    out.method = method;
    if (method.empty() && first_word_is_method(words)) {
        out.method = upper(words.front());
        words.erase(words.begin());
    }
    if (words.empty()) return "the URL is missing";
    out.url = words.front();
    out.items.assign(words.begin() + 1, words.end());
    if (out.auth_type != client::CurlOptions::Auth::none && !out.auth)
        return "--auth required: --auth-type says how, --auth with what";
    return {};
}

}  // namespace volley::cli
