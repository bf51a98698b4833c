// Elements of EBML, what Matroska and WebM are made of. Source: RFC 8794.
//
// Of our own, because Debian's libwebm-dev has the headers of its parser alone, and libmatroska's classes for elements (with libebml's below them)
// would take more code to be put together into a file than this takes to write the few that are needed.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace volley::media_plugin {

/// Writes elements one after another. An id is written as it stands in the specifications, its length marker included.
class EbmlWriter {
public:
    void number(std::uint32_t id, std::uint64_t value) {
        std::size_t size = 1;
        while (size < 8 && value >> (8 * size) != 0) ++size;
        begin(id, size);
        big(value, size);
    }
    void real(std::uint32_t id, double value) {
        begin(id, sizeof(value));
        out_.u64(std::bit_cast<std::uint64_t>(value));
    }
    void text(std::uint32_t id, std::string_view value) { binary(id, bytes_of(value)); }
    void binary(std::uint32_t id, BytesView value) {
        begin(id, value.size());
        out_.bytes(value);
    }
    /// An element that holds others.
    void master(std::uint32_t id, const EbmlWriter& inside) { binary(id, inside.view()); }
    /// Nothing, `bytes` long altogether: room for what is known later only. From 9 to 2^32.
    void gap(std::size_t bytes) {
        constexpr std::size_t head = 9;
        out_.u8(void_id);
        long_size(bytes - head);
        out_.zeros(bytes - head);
    }
    /// Id and size of an element whose bytes come behind it.
    void begin(std::uint32_t id, std::uint64_t size) {
        begin_id(id);
        // The largest of each length means that the size is not known.
        std::size_t length = 1;
        while (size >= (std::uint64_t{1} << (7 * length)) - 1) ++length;
        big(size | (std::uint64_t{1} << (7 * length)), length);
    }
    /// The same with a size of eight bytes, so that it can be overwritten.
    void begin_long(std::uint32_t id, std::uint64_t size) {
        begin_id(id);
        long_size(size);
    }
    static constexpr std::uint64_t unknown_size = (std::uint64_t{1} << 56) - 1;

    [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }
    [[nodiscard]] BytesView view() const noexcept { return out_.view(); }

private:
    static constexpr std::uint8_t void_id = 0xec;

    void begin_id(std::uint32_t id) {
        std::size_t bytes = 1;
        while (bytes < 4 && id >> (8 * bytes) != 0) ++bytes;
        big(id, bytes);
    }
    void long_size(std::uint64_t size) { big(size | (std::uint64_t{1} << 56), 8); }
    void big(std::uint64_t value, std::size_t size) {
        for (std::size_t i = size; i > 0; --i) out_.u8(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
    }

    ByteWriter out_;
};

}  // namespace volley::media_plugin
