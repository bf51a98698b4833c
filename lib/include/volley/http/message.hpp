// HTTP messages as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace volley::http {

/// Case-insensitive comparison of field names (ASCII only, as RFC 9110 section 5.1 has it).
[[nodiscard]] bool iequals(std::string_view a, std::string_view b) noexcept;

/// Header fields in the order and spelling they were given; lookup ignores case. Source: RFC 9110 section 5.
class Headers {
public:
    using Field = std::pair<std::string, std::string>;
    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_(fields) {}

    /// The first value of that name, or nothing.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;
    [[nodiscard]] bool has(std::string_view name) const noexcept { return get(name).has_value(); }
    /// Appends; repeats are kept.
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    /// Replaces every field of that name by one, at the place of the first.
    void set(std::string_view name, std::string value);
    /// Removes every field of that name. @return how many there were.
    std::size_t erase(std::string_view name);

    [[nodiscard]] const std::vector<Field>& fields() const noexcept { return fields_; }
    [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
    [[nodiscard]] auto end() const noexcept { return fields_.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
    [[nodiscard]] bool empty() const noexcept { return fields_.empty(); }

private:
    std::vector<Field> fields_;
};

/// The standard reason phrase (RFC 9110 section 15), or "" for an unknown status.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// A field value with control characters, or a name that is no token, would let one message become two.
/// Source: RFC 9110 sections 5.1, 5.5. @return true when the field can be sent as it is.
[[nodiscard]] bool is_valid_field(std::string_view name, std::string_view value) noexcept;

/// True for a token (RFC 9110 section 5.6.2), as a method must be.
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// What a client sends. `target` is the origin form: path and query, percent-encoded, beginning with '/' (or "*").
struct Request {
    std::string method = "GET";
    std::string target = "/";
    Headers headers;
    std::string body;
};

/// What came back. `version` is 10, 11 or 20.
struct Response {
    int version = 11;
    int status = 0;
    std::string reason;
    Headers headers;
    std::string body;
};

}  // namespace volley::http
