#include "proto/dcep/message.hpp"

#include <limits>
#include <string_view>

#include "base/utf8.hpp"

namespace volley::proto::dcep {
namespace {

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.dcep"; }
    std::string message(int v) const override {
        switch (static_cast<Errc>(v)) {
            case Errc::truncated:
                return "the message is cut short";
            case Errc::trailing_bytes:
                return "bytes follow the end of the message";
            case Errc::unknown_message:
                return "neither an OPEN nor an ACK";
            case Errc::unknown_channel:
                return "a type of channel that does not exist";
            case Errc::bad_text:
                return "the label or the protocol is not UTF-8";
            case Errc::too_long:
                return "the label or the protocol is longer than 65,535 bytes";
        }
        return "unknown error";
    }
};

constexpr std::uint8_t acknowledge_type = 0x02;
constexpr std::uint8_t open_type = 0x03;
constexpr std::uint8_t unordered_flag = 0x80;

bool is_utf8(std::string_view text) noexcept { return first_bad_utf8(text) == std::string_view::npos; }

}  // namespace

const boost::system::error_category& category() noexcept {
    static const Category c;
    return c;
}

Result<Message> parse(BytesView bytes) {
    ByteReader in(bytes);
    const std::uint8_t type = in.u8();
    if (!in.ok()) return Errc::truncated;
    if (type == acknowledge_type) return Message(Acknowledge());  // whatever follows: Pion sends three bytes more
    if (type != open_type) return Errc::unknown_message;
    Open out;
    const std::uint8_t channel = in.u8();
    out.priority = in.u16();
    out.parameter = in.u32();
    const std::uint16_t label = in.u16();
    const std::uint16_t protocol = in.u16();
    out.label = text_of(in.bytes(label));
    out.protocol = text_of(in.bytes(protocol));
    if (!in.ok()) return Errc::truncated;
    if (in.left() > 0) return Errc::trailing_bytes;
    out.ordered = (channel & unordered_flag) == 0;
    constexpr std::uint8_t last_kind = 2;
    const std::uint8_t kind = channel & ~unordered_flag;
    if (kind > last_kind) return Errc::unknown_channel;
    out.reliability = static_cast<Reliability>(kind);
    if (out.reliability == Reliability::reliable) out.parameter = 0;
    if (!is_utf8(out.label) || !is_utf8(out.protocol)) return Errc::bad_text;
    return Message(std::move(out));
}

Result<Bytes> write(const Message& message) {
    ByteWriter out;
    const auto* open = std::get_if<Open>(&message);
    if (open == nullptr) {
        out.u8(acknowledge_type);
        return out.take();
    }
    constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max();
    if (open->label.size() > most || open->protocol.size() > most) return Errc::too_long;
    out.u8(open_type);
    out.u8(static_cast<std::uint8_t>((open->ordered ? 0 : unordered_flag) | static_cast<std::uint8_t>(open->reliability)));
    out.u16(open->priority);
    out.u32(open->reliability == Reliability::reliable ? 0 : open->parameter);
    out.u16(static_cast<std::uint16_t>(open->label.size()));
    out.u16(static_cast<std::uint16_t>(open->protocol.size()));
    out.bytes(bytes_of(open->label));
    out.bytes(bytes_of(open->protocol));
    return out.take();
}

}  // namespace volley::proto::dcep
