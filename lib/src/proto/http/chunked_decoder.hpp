// Takes the chunked coding off a body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace volley::proto::http {

/// Decodes one body in the chunked transfer coding, in whatever pieces it comes; keeps none of its bytes. Source: RFC 9112 section 7.1.
/// Extensions and trailer fields are checked and dropped. Strict: CRLF ends every line, sizes are 1 to 16 hexadecimal digits with
/// nothing but an extension behind them.
/// Throws: nothing, for any input. Thread safety: as a plain value.
class ChunkedDecoder {
public:
    enum class Event : std::uint8_t {
        need_more,         ///< all of the input is taken
        data,              ///< a piece of the body, borrowed from the input; never empty
        done,              ///< the last chunk and the trailer are read
        bad,               ///< not the chunked coding
        framing_too_long,  ///< an extension over extension_bytes, or trailers over what start() allowed
        body_too_long      ///< the chunks' sizes add up to more than start() allowed
    };
    struct Step {
        Event event = Event::need_more;
        std::size_t consumed = 0;
        std::string_view data;
    };

    static constexpr std::uint32_t extension_bytes = 4096;  ///< of one chunk, the semicolon and the line's CR counted

    /// Begins anew. @param body_bytes  of all chunks' data. @param trailer_bytes  of the trailer section, its empty line counted.
    void start(std::uint64_t body_bytes, std::uint32_t trailer_bytes) noexcept;

    /// Takes bytes from the front of `in`; not to be called again after done, bad or the two limits.
    [[nodiscard]] Step parse(std::string_view in) noexcept;

private:
    enum class Part : std::uint8_t {
        size,         // its digits
        extension,    // after the semicolon
        size_lf,      // the CR of the size's line was seen
        data,         // left_ bytes of it are to come
        data_cr,      // CRLF after the data
        data_lf,      //
        field_start,  // of a trailer's line, or the CR of the empty one
        field_name,   // after its first byte
        field_value,  // after the colon
        field_lf,     // the CR of a field's line was seen
        last_lf       // the CR of the empty line was seen
    };

    [[nodiscard]] Event take_digit(char c) noexcept;
    [[nodiscard]] Event end_size() noexcept;
    [[nodiscard]] Event skip_line(std::string_view in, std::size_t& at, Part after) noexcept;
    [[nodiscard]] Event skip_trailer(std::string_view in, std::size_t& at) noexcept;

    std::uint64_t left_ = 0;     // of the chunk; while its size is read, the size so far
    std::uint64_t allowed_ = 0;  // what the chunks to come may add up to
    std::uint32_t budget_ = 0;   // of the extension or the trailer section that is being read
    std::uint32_t trailer_bytes_ = 0;
    std::uint8_t digits_ = 0;
    Part part_ = Part::size;
};

}  // namespace volley::proto::http
