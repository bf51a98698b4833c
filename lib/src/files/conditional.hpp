// Conditional and range requests: what the fields of a request ask of a file. Source: RFC 9110 sections 8.8, 13 and 14.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <volley/http/message.hpp>

namespace volley::files {

/// A file as it stood when it was opened.
struct FileFacts {
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;  ///< since 1970
    std::uint64_t inode = 0;
};

/// The entity tag, quotes included: size, time and inode together.
[[nodiscard]] std::string etag_of(const FileFacts& facts);
/// "Sun, 06 Nov 1994 08:49:37 GMT", and its reading in all three forms that RFC 9110 section 5.6.7 has.
[[nodiscard]] std::string http_date_of(std::int64_t seconds);
[[nodiscard]] std::optional<std::int64_t> parse_http_date(std::string_view text);

/// Section 8.8.3.2: a weak comparison passes over the W/ of a tag, for a strong one such a tag is equal to none.
enum class TagComparison : std::uint8_t { weak, strong };
/// Whether a list of entity tags (If-Match, If-None-Match) names this one, or is `*`. @param tag  in quotes.
[[nodiscard]] bool names_tag(std::string_view list, std::string_view tag, TagComparison comparison);

/// True when the client has the file already: answer 304.
[[nodiscard]] bool is_unchanged(const http::Headers& request, const FileFacts& facts);

/// The part of a file that is asked for.
struct Range {
    enum class Kind { whole, part, unsatisfiable } kind = Kind::whole;
    std::uint64_t first = 0;
    std::uint64_t size = 0;
};
/// One range of bytes; several ones, other units and what cannot be read count as none, as does a Range whose If-Range does not hold.
[[nodiscard]] Range range_of(const http::Headers& request, const FileFacts& facts);

/// The media type for a file's name, by its ending; text says that it is UTF-8.
[[nodiscard]] std::string_view media_type_of(std::string_view name);

}  // namespace volley::files
