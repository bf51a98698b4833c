// The elements within a packet's extension, each with the id that the media section gave it. Source: RFC 8285 section 4.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "proto/rtp/packet.hpp"

namespace volley::proto::rtp {

inline constexpr std::uint16_t one_byte_profile = 0xbede;
inline constexpr std::uint16_t two_byte_profile = 0x1000;  ///< and fifteen more, by their last four bits

struct ExtensionElement {
    std::uint8_t id = 0;
    BytesView data;
};

/// Walks over the elements of either form; an extension of another profile has none. What is malformed ends the walk, not the packet:
/// the elements before it count. Thread safety: as a plain value.
class ExtensionReader {
public:
    explicit ExtensionReader(const Extension& extension) noexcept;

    [[nodiscard]] std::optional<ExtensionElement> next() noexcept;
    /// Nothing malformed was met.
    [[nodiscard]] bool ok() const noexcept { return ok_; }

private:
    [[nodiscard]] std::optional<ExtensionElement> stop(bool ok) noexcept;

    BytesView left_;
    bool two_bytes_ = false;
    bool ok_ = true;
};

/// The first element of that id.
[[nodiscard]] std::optional<BytesView> find_element(const Packet& packet, std::uint8_t id) noexcept;

/// Whether the one-byte form has room for it.
[[nodiscard]] bool fits_one_byte(const ExtensionElement& element) noexcept;

/// The elements as the extension of a packet, in the one-byte form where all of them fit it; whole words.
/// @param one_byte  false: in the other form whatever fits. A stream must not have packets of both where extmap-allow-mixed was not agreed on
/// (section 4.1.2). @param profile  which form it became. @return nothing where an element fits neither: ids are 1 to 255, lengths up to 255.
[[nodiscard]] std::optional<Bytes> write_elements(std::span<const ExtensionElement> elements, std::uint16_t& profile,
                                                  bool one_byte = true);

}  // namespace volley::proto::rtp
