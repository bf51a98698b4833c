#include "proto/rtp/extensions.hpp"

#include <algorithm>

namespace volley::proto::rtp {
namespace {

constexpr std::uint8_t last_one_byte_id = 14;  // 15 ends the walk
constexpr std::size_t most_one_byte_data = 16;
constexpr std::size_t most_data = 255;

}  // namespace

ExtensionReader::ExtensionReader(const Extension& extension) noexcept {
    constexpr std::uint16_t application_bits = 0x000f;
    two_bytes_ = (extension.profile & ~application_bits) == two_byte_profile;
    if (two_bytes_ || extension.profile == one_byte_profile) left_ = extension.data;
}

std::optional<ExtensionElement> ExtensionReader::stop(bool ok) noexcept {
    left_ = {};
    ok_ = ok_ && ok;
    return std::nullopt;
}

std::optional<ExtensionElement> ExtensionReader::next() noexcept {
    while (!left_.empty()) {
        const std::uint8_t first = left_[0];
        if (first == 0) {  // padding, between elements as well
            left_ = left_.subspan(1);
            continue;
        }
        ExtensionElement out;
        std::size_t head = 1;
        std::size_t size = 0;
        if (two_bytes_) {
            head = 2;
            if (left_.size() < head) return stop(false);
            out.id = first;
            size = left_[1];
        } else {
            out.id = first >> 4;
            size = (first & 0x0fU) + 1;
            // Section 4.2: an id of 15, and one of 0 with a length, end it.
            if (out.id > last_one_byte_id) return stop(true);
            if (out.id == 0) return stop(false);
        }
        if (left_.size() < head + size) return stop(false);
        out.data = left_.subspan(head, size);
        left_ = left_.subspan(head + size);
        return out;
    }
    return std::nullopt;
}

std::optional<BytesView> find_element(const Packet& packet, std::uint8_t id) noexcept {
    if (!packet.has_extension) return std::nullopt;
    ExtensionReader reader(packet.extension);
    while (const auto element = reader.next())
        if (element->id == id) return element->data;
    return std::nullopt;
}

bool fits_one_byte(const ExtensionElement& element) noexcept {
    return element.id <= last_one_byte_id && !element.data.empty() && element.data.size() <= most_one_byte_data;
}

std::optional<Bytes> write_elements(std::span<const ExtensionElement> elements, std::uint16_t& profile, bool one_byte) {
    one_byte = one_byte && std::all_of(elements.begin(), elements.end(), fits_one_byte);
    profile = one_byte ? one_byte_profile : two_byte_profile;
    ByteWriter out;
    for (const ExtensionElement& element : elements) {
        if (element.id == 0 || element.data.size() > most_data) return std::nullopt;
        if (one_byte) {
            out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(element.id) << 4 | (element.data.size() - 1)));
        } else {
            out.u8(element.id);
            out.u8(static_cast<std::uint8_t>(element.data.size()));
        }
        out.bytes(element.data);
    }
    while (out.size() % 4 != 0) out.u8(0);
    return out.take();
}

}  // namespace volley::proto::rtp
