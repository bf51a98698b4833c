// What a head's fields say of where its message ends and of what becomes of the connection.
#pragma once

#include <cstdint>
#include <string_view>

namespace volley::proto::http {

/// Gathers the three fields that decide on framing. Source: RFC 9112 sections 6 and 9.3; RFC 9110 sections 7.6.1 and 8.6.
/// Throws: nothing, for any input.
/// Deviation: codings with parameters are refused; no registered one has any, and their quoted strings could hide a comma.
class FramingFields {
public:
    /// Takes one field line; those with other names say nothing. @return false where its value is not to be understood, or says
    /// something else than an earlier one: lengths that differ, a coding after chunked.
    [[nodiscard]] bool take(std::string_view name, std::string_view value) noexcept {
        // By length first: nearly all fields are none of the three.
        switch (name.size()) {
            case 10:
            case 14:
            case 17:
                return take_candidate(name, value);
            default:
                return true;
        }
    }

    /// No two readings: not both a length and a coding, chunked the last coding, no coding in HTTP/1.0 (RFC 9112 section 6.1).
    [[nodiscard]] bool consistent(int version) const noexcept {
        return !has_coding_ || (chunked_ && !has_length_ && version >= 11);
    }

    [[nodiscard]] bool has_length() const noexcept { return has_length_; }
    [[nodiscard]] std::uint64_t length() const noexcept { return length_; }  ///< bytes
    [[nodiscard]] bool chunked() const noexcept { return chunked_; }
    /// By the version and the `Connection` fields alone.
    [[nodiscard]] bool persistent(int version) const noexcept { return !close_ && (version >= 11 || keep_alive_); }

private:
    [[nodiscard]] bool take_candidate(std::string_view name, std::string_view value) noexcept;
    [[nodiscard]] bool take_length(std::string_view value) noexcept;
    [[nodiscard]] bool take_codings(std::string_view value) noexcept;
    void take_options(std::string_view value) noexcept;

    std::uint64_t length_ = 0;
    bool has_length_ = false;
    bool has_coding_ = false;
    bool chunked_ = false;
    bool close_ = false;
    bool keep_alive_ = false;
};

}  // namespace volley::proto::http
