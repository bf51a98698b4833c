// An observation and its record, written.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <volley/verdict/json.hpp>

#include "verdict/fields.hpp"

namespace volley::verdict {
namespace json = boost::json;

namespace {

struct Writer {
    json::object out;

    template <class T>
    void operator()(const char* name, const T& value) {
        if constexpr (std::is_same_v<T, Duration>) {
            if (value != never) out[name] = value.count();
        } else {
            out[name] = value_of(value);
        }
    }
    template <class T>
    void operator()(const char* name, const std::optional<T>& value) {
        if (value) out[name] = value_of(*value);
    }

    static json::value value_of(const std::string& text) { return json::string(text); }
    template <class T>
    static json::value value_of(const std::vector<T>& values) {
        json::array out;
        out.reserve(values.size());
        for (const T& v : values) out.push_back(value_of(v));
        return out;
    }
    template <class T>
    static json::value value_of(const T& value) {
        if constexpr (std::is_same_v<T, double>) {
            return json::value(rounded(value));
        } else if constexpr (std::is_arithmetic_v<T>) {
            return json::value(value);
        } else if constexpr (std::is_enum_v<T>) {
            return json::string(to_string(value));
        } else {
            Writer inner;
            visit_fields(inner, const_cast<T&>(value));  // one list of members for both directions; this one only reads
            return std::move(inner.out);
        }
    }
};

}  // namespace

std::string to_json(const Observation& seen, const Record& record) {
    json::object out{{"schema", json_schema}};
    out["record"] = Writer::value_of(record);
    out["seen"] = Writer::value_of(seen);
    return json::serialize(out);
}

}  // namespace volley::verdict
