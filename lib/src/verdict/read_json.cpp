// What to_json() wrote, read back. The file may be anybody's: sizes, ranges and depth are bounded, text is escaped.
#include <array>
#include <chrono>
#include <limits>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <volley/verdict/json.hpp>

#include "verdict/fields.hpp"

namespace volley::verdict {
namespace json = boost::json;

namespace {

constexpr std::size_t longest_text = 4096;
constexpr std::int64_t longest_duration = std::chrono::nanoseconds(std::chrono::hours(1000)).count();
constexpr std::int64_t largest_count = 1'000'000'000;

/// The first thing that is wrong, and what is counted over the whole.
struct Reading {
    std::string error;
    std::size_t samples = 0;
};

template <class E>
constexpr int enumerators();
template <>
constexpr int enumerators<Sockets>() {
    return static_cast<int>(Sockets::cold) + 1;
}
template <>
constexpr int enumerators<metrics::Outcome>() {
    return static_cast<int>(metrics::Outcome::too_large) + 1;
}
template <>
constexpr int enumerators<Headline>() {
    return static_cast<int>(Headline::asynchronous) + 1;
}
template <>
constexpr int enumerators<Shape>() {
    return static_cast<int>(Shape::serial) + 1;
}
template <>
constexpr int enumerators<Mechanism>() {
    return static_cast<int>(Mechanism::lock) + 1;
}
template <>
constexpr int enumerators<Confidence>() {
    return static_cast<int>(Confidence::high) + 1;
}

class Reader {
public:
    Reader(const json::object& in, std::string path, Reading& reading) : in_(in), path_(std::move(path)), reading_(reading) {}

    template <class T>
    void operator()(const char* name, T& out) {
        if (!reading_.error.empty()) return;
        if (const json::value* v = in_.if_contains(name)) read(*v, path_.empty() ? name : path_ + '.' + name, out);
    }
    template <class T>
    void operator()(const char* name, std::optional<T>& out) {
        if (!reading_.error.empty()) return;
        const json::value* v = in_.if_contains(name);
        if (!v) return;
        read(*v, path_.empty() ? name : path_ + '.' + name, out.emplace());
    }

private:
    void wrong(const std::string& path, std::string_view what) { reading_.error = path + ": " + std::string(what); }

    /// Negative only where the type is signed.
    std::optional<std::int64_t> whole(const json::value& v, std::int64_t most) {
        if (const auto* i = v.if_int64()) return *i >= -most && *i <= most ? std::optional(*i) : std::nullopt;
        if (const auto* u = v.if_uint64()) {
            if (*u <= static_cast<std::uint64_t>(most)) return static_cast<std::int64_t>(*u);
        }
        return std::nullopt;
    }

    void read(const json::value& v, const std::string& path, Duration& out) {
        const auto n = whole(v, longest_duration);
        if (!n) return wrong(path, "not a whole number of nanoseconds within 1,000 hours");
        out = Duration(*n);
    }
    void read(const json::value& v, const std::string& path, bool& out) {
        if (!v.is_bool()) return wrong(path, "not true or false");
        out = v.get_bool();
    }
    void read(const json::value& v, const std::string& path, int& out) {
        const auto n = whole(v, largest_count);
        if (!n) return wrong(path, "not a whole number within range");
        out = static_cast<int>(*n);
    }
    void read(const json::value& v, const std::string& path, std::uint64_t& out) {
        const auto n = whole(v, std::numeric_limits<std::int64_t>::max() / 2);
        if (!n || *n < 0) return wrong(path, "not a whole number of 0 or more");
        out = static_cast<std::uint64_t>(*n);
    }
    void read(const json::value& v, const std::string& path, double& out) {
        if (!v.is_number()) return wrong(path, "not a number");
        out = rounded(v.to_number<double>());
    }
    void read(const json::value& v, const std::string& path, std::string& out) {
        if (!v.is_string()) return wrong(path, "not a text");
        const auto& text = v.get_string();
        if (text.size() > longest_text) return wrong(path, "longer than 4,096 bytes");
        out = escape_for_terminal({text.data(), text.size()});
    }
    template <class T>
    void read(const json::value& v, const std::string& path, std::vector<T>& out) {
        if (!v.is_array()) return wrong(path, "not a list");
        const auto& list = v.get_array();
        if (reading_.samples += list.size(); reading_.samples > most_json_samples)
            return wrong(path, "more than 200,000 samples in all");
        out.resize(list.size());
        for (std::size_t i = 0; i < list.size() && reading_.error.empty(); ++i)
            read(list[i], path + '[' + std::to_string(i) + ']', out[i]);
    }
    template <class T>
    void read(const json::value& v, const std::string& path, T& out) {
        if constexpr (std::is_enum_v<T>) {
            if (!v.is_string()) return wrong(path, "not a text");
            const std::string_view text(v.get_string().data(), v.get_string().size());
            for (int i = 0; i < enumerators<T>(); ++i)
                if (to_string(static_cast<T>(i)) == text) {
                    out = static_cast<T>(i);
                    return;
                }
            wrong(path, "not a word that is known");
        } else {
            if (!v.is_object()) return wrong(path, "not an object");
            Reader inner(v.get_object(), path, reading_);
            visit_fields(inner, out);
        }
    }

    const json::object& in_;
    std::string path_;
    Reading& reading_;
};

/// What is read is used: sizes that are added to and multiplied must leave room.
std::string check(const Recorded& r) {
    if (r.seen.most < 1 || r.seen.most > 1'000'000) return "seen.most: not from 1 to 1,000,000";
    if (r.seen.budget < Duration{} || r.seen.given_service < Duration{} || r.seen.control_service < Duration{})
        return "seen: a duration below 0";
    return {};
}

}  // namespace

std::variant<Recorded, std::string> from_json(std::string_view text) {
    if (text.size() > most_json_bytes) return std::string("longer than 64 MiB");
    boost::system::error_code ec;
    json::parse_options options;
    options.max_depth = 12;
    const json::value root = json::parse({text.data(), text.size()}, ec, {}, options);
    if (ec) return "not JSON: " + ec.message();
    if (!root.is_object()) return std::string("not an object");
    const auto& object = root.get_object();
    const json::value* schema = object.if_contains("schema");
    if (!schema || !schema->is_string() || std::string_view(schema->get_string()) != json_schema)
        return fmt::format("schema: not {}", json_schema);
    Recorded out;
    Reading reading;
    for (const char* part : {"seen", "record"}) {
        const json::value* v = object.if_contains(part);
        if (!v || !v->is_object()) return std::string(part) + ": not an object";
        Reader reader(v->get_object(), part, reading);
        if (std::string_view(part) == "seen")
            visit_fields(reader, out.seen);
        else
            visit_fields(reader, out.record);
        if (!reading.error.empty()) return std::move(reading.error);
    }
    if (auto wrong = check(out); !wrong.empty()) return wrong;
    return out;
}

}  // namespace volley::verdict
