// Bytes of packets and files, and the only place where they are shifted into numbers and back: network byte order, or little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace volley {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

[[nodiscard]] inline BytesView bytes_of(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view text_of(BytesView bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Takes numbers off the front of borrowed bytes. A read behind the end gives zeros and is remembered: ask ok() once, at the end.
/// Thread safety: as a plain value.
class ByteReader {
public:
    explicit ByteReader(BytesView bytes) noexcept : left_(bytes) {}

    std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() noexcept { return number(8); }
    std::uint16_t le16() noexcept { return static_cast<std::uint16_t>(little(2)); }
    std::uint32_t le32() noexcept { return static_cast<std::uint32_t>(little(4)); }
    std::uint64_t le64() noexcept { return little(8); }
    /// The next `size` bytes; none of them where fewer are left.
    BytesView bytes(std::size_t size) noexcept {
        if (size > left_.size()) {
            ok_ = false;
            left_ = {};
            return {};
        }
        const BytesView taken = left_.first(size);
        left_ = left_.subspan(size);
        return taken;
    }

    [[nodiscard]] std::size_t left() const noexcept { return left_.size(); }
    [[nodiscard]] BytesView rest() const noexcept { return left_; }
    [[nodiscard]] bool ok() const noexcept { return ok_; }

private:
    std::uint64_t number(std::size_t size) noexcept {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : bytes(size)) value = (value << 8) | byte;
        return value;
    }
    std::uint64_t little(std::size_t size) noexcept {
        std::uint64_t value = 0;
        unsigned shift = 0;
        for (const std::uint8_t byte : bytes(size)) {
            value |= static_cast<std::uint64_t>(byte) << shift;
            shift += 8;
        }
        return value;
    }

    BytesView left_;
    bool ok_ = true;
};

/// Puts numbers at the end of bytes that it owns. Thread safety: as a plain value.
class ByteWriter {
public:
    void u8(std::uint8_t value) { out_.push_back(value); }
    void u16(std::uint16_t value) { number(value, 2); }
    void u32(std::uint32_t value) { number(value, 4); }
    void u64(std::uint64_t value) { number(value, 8); }
    void le16(std::uint16_t value) { little(value, 2); }
    void le32(std::uint32_t value) { little(value, 4); }
    void le64(std::uint64_t value) { little(value, 8); }
    void bytes(BytesView value) { out_.insert(out_.end(), value.begin(), value.end()); }
    void zeros(std::size_t count) { out_.insert(out_.end(), count, 0); }
    /// Overwrites two bytes that were written before.
    void u16_at(std::size_t at, std::uint16_t value) noexcept {
        out_[at] = static_cast<std::uint8_t>(value >> 8);
        out_[at + 1] = static_cast<std::uint8_t>(value);
    }

    [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }
    [[nodiscard]] BytesView view() const noexcept { return out_; }
    [[nodiscard]] Bytes take() noexcept { return std::move(out_); }

private:
    void number(std::uint64_t value, std::size_t size) {
        for (std::size_t i = size; i > 0; --i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
    }
    void little(std::uint64_t value, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }

    Bytes out_;
};

}  // namespace volley
