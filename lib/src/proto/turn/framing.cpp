#include "proto/turn/framing.hpp"

#include <algorithm>

#include "proto/stun/message.hpp"

namespace volley::proto::turn {
namespace {

constexpr std::size_t channel_header_size = 4;

bool is_channel(std::uint16_t number) noexcept { return number >= first_channel && number <= last_channel; }

}  // namespace

std::optional<ChannelData> parse_channel_data(BytesView frame) noexcept {
    ByteReader reader(frame);
    ChannelData out;
    out.number = reader.u16();
    out.data = reader.bytes(reader.u16());
    if (!reader.ok() || !is_channel(out.number)) return std::nullopt;
    return out;
}

Bytes make_channel_data(std::uint16_t number, BytesView data, bool padded) {
    data = data.first(std::min<std::size_t>(data.size(), 0xffff));
    ByteWriter out;
    out.u16(number);
    out.u16(static_cast<std::uint16_t>(data.size()));
    out.bytes(data);
    if (padded) out.zeros((4 - data.size() % 4) % 4);
    return out.take();
}

void StreamFramer::push(BytesView bytes) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(done_));
    done_ = 0;
    if (!broken_) buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<BytesView> StreamFramer::next() {
    const BytesView left = BytesView(buffer_).subspan(done_);
    ByteReader reader(left);
    const std::uint16_t type = reader.u16();
    const std::size_t length = reader.u16();
    if (broken_ || !reader.ok()) return std::nullopt;
    std::size_t size = 0;
    if (is_channel(type))
        size = channel_header_size + ((length + 3) & ~std::size_t{3});
    else if (type < first_channel)
        size = stun::header_size + length;
    if (size == 0) {
        broken_ = true;
        return std::nullopt;
    }
    if (left.size() < size) return std::nullopt;
    done_ += size;
    return left.first(size);
}

}  // namespace volley::proto::turn
