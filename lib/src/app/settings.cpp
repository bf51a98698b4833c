#include "app/settings.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <volley/http/url.hpp>

#include "base/endpoint.hpp"
#include "call/call_ledger.hpp"
#include "middleware/header_list.hpp"
#include "picture/picture.hpp"
#include "yaml/reader.hpp"

namespace volley::app {
namespace {

/// What a setting is where nobody says anything; apply_setting() reads it like any other.
std::string default_of(std::string_view name) {
    static const std::map<std::string_view, std::string_view> defaults{
        {"host", "127.0.0.1"},
        {"port", "8000"},
        {"kind", "coroutine"},
        {"log", "false"},
        {"threads", "32"},
        {"processes", "1"},
        {"limits.header_bytes", "16KiB"},
        {"limits.body_bytes", "1MiB"},
        {"limits.connections", "50000"},
        {"limits.idle", "2m"},
        {"limits.header", "20s"},
        {"limits.body", "60s"},
        {"limits.write", "30s"},
        {"limits.drain", "3s"},
        {"calls.port", "0"},
        {"calls.most", "1000"},
        {"calls.most_per_address", "100"},
        {"calls.most_pixels", "1920x1200"},
        {"calls.idle", "10m"},
        {"calls.stun", ""},
        {"calls.advertise", ""},
        {"calls.audio", "echo"},
        {"calls.video", ""},
        {"calls.record_to", ""},
        {"calls.cors", ""},
        {"app", ""},
    };
    return std::string(defaults.at(name));
}

template <class T>
bool read_number(std::string_view text, T least, T most, T& out) {
    T n = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (text.empty() || ec != std::errc{} || end != text.data() + text.size() || n < least || n > most) return false;
    out = n;
    return true;
}

std::optional<std::string> read_size(std::string_view text, std::size_t& out) {
    std::size_t unit = 1;
    for (const auto& [ending, bytes] : {std::pair<std::string_view, std::size_t>{"KiB", 1024}, {"MiB", 1024UL * 1024}, {"B", 1}})
        if (text.ends_with(ending)) {
            text.remove_suffix(ending.size());
            unit = bytes;
            break;
        }
    std::size_t n = 0;
    constexpr std::size_t most = 1024UL * 1024 * 1024;
    if (!read_number<std::size_t>(text, 1, most / unit, n)) return "a size such as 64KiB or 1MiB is expected, at most 1024MiB";
    out = n * unit;
    return std::nullopt;
}

/// `1920x1200`, for any shape of as many.
std::optional<std::string> read_pixels(std::string_view text, std::size_t& out) {
    constexpr std::size_t least = 64;
    const auto x = text.find('x');
    std::size_t width = 0;
    std::size_t height = 0;
    if (x == std::string_view::npos || !read_number<std::size_t>(text.substr(0, x), least, picture::largest_side, width) ||
        !read_number<std::size_t>(text.substr(x + 1), least, picture::largest_side, height))
        return "a size such as 1920x1200 is expected, each side from 64 to 4096 pixels";
    out = width * height;
    return std::nullopt;
}

std::optional<std::string> read_time(std::string_view text, Duration& out) {
    const auto d = parse_duration(text);
    if (!d || *d < std::chrono::milliseconds(1)) return "a time with a unit is expected, such as 20s, from 1ms to 1000h";
    out = *d;
    return std::nullopt;
}

/// What stands between commas, without blanks; an empty text is an empty list.
std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> out;
    for (const std::string_view part : middleware::split_list(text)) out.emplace_back(part);
    return out;
}

std::optional<std::string> read_stun(const std::string& text, std::vector<std::string>& out) {
    constexpr std::string_view expected = "servers are expected, such as stun.example.org:3478, separated by commas";
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:[]";
    out.clear();
    for (std::string server : split(text)) {
        if (!server.starts_with("stun:") && !server.starts_with("stuns:")) server = "stun:" + server;
        const std::string_view host = std::string_view(server).substr(server.find(':') + 1);
        if (host.empty() || host.size() > 260 || host.find_first_not_of(letters) != std::string_view::npos)
            return std::string(expected);
        out.push_back(std::move(server));
    }
    return std::nullopt;
}

std::optional<std::string> read_addresses(const std::string& text, std::vector<std::string>& out) {
    out = split(text);
    for (const std::string& address : out) {
        const auto read = IpAddress::parse(address);
        if (!read || read->is_unspecified() || read->is_multicast())
            return "addresses are expected, such as 203.0.113.7, separated by commas";
    }
    return std::nullopt;
}

std::optional<std::string> read_origins(const std::string& text, std::vector<std::string>& out) {
    out = split(text);
    const auto is_origin = [&](const std::string& origin) {
        if (origin == "*") return out.size() == 1;
        if (!origin.starts_with("http://") && !origin.starts_with("https://")) return false;
        const auto url = http::parse_url(origin);
        return url.has_value() && url->origin() == origin;
    };
    if (std::all_of(out.begin(), out.end(), is_origin)) return std::nullopt;
    return "origins as browsers name them are expected, such as https://example.org, separated by commas; or * alone for all";
}

/// The flag for a setting: that of its name, but for calls, which the flags of a server do not all speak of.
std::string flag_of(std::string_view setting) {
    static const std::map<std::string_view, std::string_view> own{
        {"calls.port", "rtc-port"},          {"calls.most", "max-calls"}, {"calls.most_per_address", "max-calls-per-address"},
        {"calls.most_pixels", "max-pixels"}, {"calls.idle", "call-idle"}, {"calls.stun", "stun"},
        {"calls.advertise", "advertise"},    {"calls.audio", "audio"},    {"calls.video", "video"},
        {"calls.record_to", "record-to"},    {"calls.cors", "cors"}};
    const auto at = own.find(setting);
    return std::string(at == own.end() ? setting : at->second);
}

const appfile::Setting* find(const std::vector<appfile::Setting>& settings, std::string_view name) {
    const auto at = std::find_if(settings.begin(), settings.end(), [&](const auto& s) { return s.name == name; });
    return at == settings.end() ? nullptr : &*at;
}

}  // namespace

std::string variable_of(std::string_view setting) {
    std::string out = "VOLLEY_";
    for (const char c : setting) out += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return out;
}

std::optional<std::string_view> setting_of_flag(std::string_view flag) {
    for (const std::string_view name : appfile::setting_names())
        if (name != "app" && flag_of(name) == flag) return name;
    return std::nullopt;
}

std::optional<std::string> apply_setting(std::string_view name, const std::string& text, ServeOptions& options) {
    if (name == "host") {
        if (text.empty()) return "an address or a name is expected";
        options.host = text;
    } else if (name == "port") {
        if (!read_number<std::uint16_t>(text, 0, 65535, options.port)) return "a port from 0 to 65535 is expected";
    } else if (name == "kind") {
        const auto kind = server::parse_kind(text);
        if (!kind) return "coroutine, pool:W (W from 1 to 1000) or serial is expected";
        options.kind = *kind;
    } else if (name == "log") {
        if (text != "true" && text != "false" && text != "1" && text != "0") return "true or false is expected";
        options.log = text == "true" || text == "1";
    } else if (name == "threads") {
        if (!read_number(text, 1U, 1000U, options.sync_threads)) return "a number of threads from 1 to 1000 is expected";
    } else if (name == "processes") {
        if (!read_number(text, 1U, call::CallLedger::most_processes, options.processes))
            return "a number of processes from 1 to 64 is expected";
    } else if (name == "limits.header_bytes") {
        return read_size(text, options.limits.header_bytes);
    } else if (name == "limits.body_bytes") {
        return read_size(text, options.limits.body_bytes);
    } else if (name == "limits.connections") {
        if (!read_number<std::size_t>(text, 1, 1'000'000, options.limits.connections))
            return "a number from 1 to 1000000 is expected";
    } else if (name == "limits.idle") {
        return read_time(text, options.limits.idle);
    } else if (name == "limits.header") {
        return read_time(text, options.limits.header);
    } else if (name == "limits.body") {
        return read_time(text, options.limits.body);
    } else if (name == "limits.write") {
        return read_time(text, options.limits.write);
    } else if (name == "limits.drain") {
        return read_time(text, options.limits.drain);
    } else if (name == "calls.port") {
        if (!read_number<std::uint16_t>(text, 0, 65535, options.app.calls.port)) return "a port from 0 to 65535 is expected";
    } else if (name == "calls.most") {
        if (!read_number<std::size_t>(text, 0, 100'000, options.app.calls.most)) return "a number from 0 to 100000 is expected";
    } else if (name == "calls.most_per_address") {
        if (!read_number<std::size_t>(text, 1, 100'000, options.app.calls.most_per_address))
            return "a number from 1 to 100000 is expected";
    } else if (name == "calls.most_pixels") {
        return read_pixels(text, options.app.calls.most_pixels);
    } else if (name == "calls.idle") {
        return read_time(text, options.app.calls.idle);
    } else if (name == "calls.stun") {
        return read_stun(text, options.app.calls.stun);
    } else if (name == "calls.advertise") {
        return read_addresses(text, options.app.calls.advertise);
    } else if (name == "calls.audio") {
        if (text.empty()) return "echo, tone, none, a WAV or an Opus file is expected";
        options.app.calls.audio = text;
    } else if (name == "calls.video") {
        options.app.calls.video = text;
    } else if (name == "calls.record_to") {
        options.app.calls.record_to = text;
    } else if (name == "calls.cors") {
        return read_origins(text, options.app.calls.cors);
    }
    return std::nullopt;
}

Settings resolve_settings(const std::vector<std::pair<std::string, std::string>>& flags,
                          const std::map<std::string, std::string>& environment, const appfile::SettingsFile& file,
                          const appfile::Application& application) {
    Settings out;
    for (const std::string_view name : appfile::setting_names()) {
        SettingRow row{std::string(name), default_of(name), "default"};
        ServeOptions scratch;
        // From the weakest to the strongest.
        const auto offer = [&](const std::string& text, std::string origin, auto&& complain) {
            if (const auto expected = apply_setting(name, text, scratch)) return complain(*expected);
            row.value = text;
            row.origin = std::move(origin);
        };
        const auto offer_file = [&](const appfile::Setting* setting, const std::string& path,
                                    const std::vector<std::string>& lines, const std::string& prefix) {
            if (setting == nullptr) return;
            offer(setting->value.text, fmt::format("{}{}:{}", prefix, path, setting->value.pos.line),
                  [&](const std::string& expected) {
                      const auto shown = escape_for_terminal(setting->value.text.substr(0, 60));
                      out.errors.push_back(format_source_error(yaml::error_at(
                          {path, lines}, setting->value.pos, fmt::format("`{}` cannot be `{}`", name, shown), expected)));
                  });
        };
        offer_file(find(application.settings, name), application.file, application.lines, "");
        offer_file(find(file.settings, name), file.file, file.lines, "file ");
        const std::string variable = variable_of(name);
        if (const auto at = environment.find(variable); at != environment.end())
            offer(at->second, "environment " + variable, [&](const std::string& expected) {
                out.errors.push_back(fmt::format("{}={}: {}", variable, escape_for_terminal(at->second), expected));
            });
        for (const auto& [flag, text] : flags)
            if (flag == name) {
                const std::string& given = text;
                offer(given, name == "app" ? "argument" : "flag --" + flag_of(name), [&](const std::string& expected) {
                    out.errors.push_back(fmt::format("--{}={}: {}", flag_of(name), escape_for_terminal(given), expected));
                });
            }
        (void)apply_setting(name, row.value, out.options);
        out.rows.push_back(std::move(row));
    }
    return out;
}

std::string print_settings(const std::vector<SettingRow>& rows) {
    std::size_t names = 0, values = 0;
    for (const SettingRow& row : rows) {
        names = std::max(names, row.name.size());
        values = std::max(values, escape_for_terminal(row.value).size());
    }
    std::string out;
    for (const SettingRow& row : rows) {
        const std::string value = row.value.empty() ? "-" : escape_for_terminal(row.value);
        out += fmt::format("{:<{}}  {:<{}}  {}\n", row.name, names, value, values, escape_for_terminal(row.origin));
    }
    return out;
}

}  // namespace volley::app
