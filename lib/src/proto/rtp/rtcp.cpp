#include "proto/rtp/rtcp.hpp"

#include <algorithm>
#include <string_view>

namespace volley::proto::rtp {
namespace {

constexpr std::uint8_t version = 2;
constexpr std::size_t word = 4;
constexpr std::size_t most_counted = 31;  // five bits
constexpr std::size_t most_text = 255;
constexpr std::uint8_t padding_flag = 0x20;

// --- reading ---------------------------------------------------------------------------------------------------------

ReportBlock read_block(ByteReader& in) noexcept {
    ReportBlock out;
    out.ssrc = in.u32();
    const std::uint32_t losses = in.u32();
    out.fraction_lost = static_cast<std::uint8_t>(losses >> 24);
    // 24 bits with a sign.
    constexpr std::uint32_t sign = 0x800000;
    const std::uint32_t lost = losses & 0xffffff;
    out.cumulative_lost = static_cast<std::int32_t>(lost) - ((lost & sign) != 0 ? 0x1000000 : 0);
    out.highest_sequence = in.u32();
    out.jitter = in.u32();
    out.last_report = in.u32();
    out.delay = in.u32();
    return out;
}

// What follows the blocks is an extension of some profile, which nobody has.
std::vector<ReportBlock> read_blocks(ByteReader& in, std::uint8_t count) {
    std::vector<ReportBlock> out;
    for (std::uint8_t i = 0; i < count && in.ok(); ++i) out.push_back(read_block(in));
    return out;
}

Result<Rtcp> read_sender_report(BytesView body, std::uint8_t count) {
    ByteReader in(body);
    SenderReport out;
    out.ssrc = in.u32();
    out.ntp_time = in.u64();
    out.rtp_time = in.u32();
    out.packets = in.u32();
    out.bytes = in.u32();
    out.blocks = read_blocks(in, count);
    if (!in.ok()) return Errc::truncated;
    return Rtcp(std::move(out));
}

Result<Rtcp> read_receiver_report(BytesView body, std::uint8_t count) {
    ByteReader in(body);
    ReceiverReport out;
    out.ssrc = in.u32();
    out.blocks = read_blocks(in, count);
    if (!in.ok()) return Errc::truncated;
    return Rtcp(std::move(out));
}

// A chunk's items end with a zero, and then with the word (RFC 3550 section 6.5).
Result<Rtcp> read_source_description(BytesView body, std::uint8_t count) {
    ByteReader in(body);
    SourceDescription out;
    for (std::uint8_t i = 0; i < count; ++i) {
        SourceDescription::Chunk chunk;
        chunk.ssrc = in.u32();
        for (std::uint8_t type = in.u8(); type != 0; type = in.u8()) {
            const BytesView text = in.bytes(in.u8());
            if (!in.ok()) return Errc::truncated;
            chunk.items.push_back({type, std::string(text_of(text))});
        }
        if (!in.ok()) return Errc::truncated;
        (void)in.bytes((in.left()) % word);
        out.chunks.push_back(std::move(chunk));
    }
    return Rtcp(std::move(out));
}

Result<Rtcp> read_goodbye(BytesView body, std::uint8_t count) {
    ByteReader in(body);
    Goodbye out;
    for (std::uint8_t i = 0; i < count && in.ok(); ++i) out.ssrcs.push_back(in.u32());
    if (in.ok() && in.left() > 0) out.reason = text_of(in.bytes(in.u8()));
    if (!in.ok()) return Errc::truncated;
    return Rtcp(std::move(out));
}

Result<Rtcp> read_feedback(BytesView body, std::uint8_t format, RtcpType type) {
    ByteReader in(body);
    Feedback out;
    out.type = type;
    out.format = format;
    out.sender = in.u32();
    out.media = in.u32();
    if (!in.ok()) return Errc::truncated;
    out.control.assign(in.rest().begin(), in.rest().end());
    return Rtcp(std::move(out));
}

Result<Rtcp> read_one(std::uint8_t type, std::uint8_t count, BytesView body) {
    switch (static_cast<RtcpType>(type)) {
        case RtcpType::sender_report:
            return read_sender_report(body, count);
        case RtcpType::receiver_report:
            return read_receiver_report(body, count);
        case RtcpType::source_description:
            return read_source_description(body, count);
        case RtcpType::goodbye:
            return read_goodbye(body, count);
        case RtcpType::transport_feedback:
        case RtcpType::payload_feedback:
            return read_feedback(body, count, static_cast<RtcpType>(type));
        case RtcpType::application:
        case RtcpType::extended_report:
            break;
    }
    return Rtcp(OtherRtcp{type, count, Bytes(body.begin(), body.end())});
}

// --- writing ---------------------------------------------------------------------------------------------------------

void write_header(ByteWriter& out, std::size_t count, RtcpType type, std::size_t body_bytes) {
    out.u8(static_cast<std::uint8_t>(version << 6 | count));
    out.u8(static_cast<std::uint8_t>(type));
    out.u16(static_cast<std::uint16_t>(body_bytes / word));
}

void write_blocks(ByteWriter& out, const std::vector<ReportBlock>& blocks, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const ReportBlock& block = blocks[i];
        out.u32(block.ssrc);
        constexpr std::int32_t most = 0x7fffff;
        const auto lost = static_cast<std::uint32_t>(std::clamp(block.cumulative_lost, -most - 1, most)) & 0xffffff;
        out.u32(static_cast<std::uint32_t>(block.fraction_lost) << 24 | lost);
        out.u32(block.highest_sequence);
        out.u32(block.jitter);
        out.u32(block.last_report);
        out.u32(block.delay);
    }
}

constexpr std::size_t block_bytes = 24;

class Writer {
public:
    explicit Writer(ByteWriter& out) : out_(out) {}

    void operator()(const SenderReport& report) {
        const std::size_t count = std::min(report.blocks.size(), most_counted);
        write_header(out_, count, RtcpType::sender_report, 24 + count * block_bytes);
        out_.u32(report.ssrc);
        out_.u64(report.ntp_time);
        out_.u32(report.rtp_time);
        out_.u32(report.packets);
        out_.u32(report.bytes);
        write_blocks(out_, report.blocks, count);
    }

    void operator()(const ReceiverReport& report) {
        const std::size_t count = std::min(report.blocks.size(), most_counted);
        write_header(out_, count, RtcpType::receiver_report, 4 + count * block_bytes);
        out_.u32(report.ssrc);
        write_blocks(out_, report.blocks, count);
    }

    void operator()(const SourceDescription& description) {
        ByteWriter body;
        std::size_t count = 0;
        for (const auto& chunk : description.chunks) {
            if (count == most_counted) break;
            ByteWriter piece;
            piece.u32(chunk.ssrc);
            for (const auto& item : chunk.items) write_text(piece, item);
            piece.zeros(word - piece.size() % word);  // at least the one that ends the items
            if (body.size() + piece.size() > most_body) break;
            body.bytes(piece.view());
            ++count;
        }
        write_header(out_, count, RtcpType::source_description, body.size());
        out_.bytes(body.view());
    }

    void operator()(const Goodbye& goodbye) {
        const std::size_t count = std::min(goodbye.ssrcs.size(), most_counted);
        ByteWriter body;
        for (std::size_t i = 0; i < count; ++i) body.u32(goodbye.ssrcs[i]);
        if (!goodbye.reason.empty()) {
            const auto reason = bytes_of(goodbye.reason).first(std::min(goodbye.reason.size(), most_text));
            body.u8(static_cast<std::uint8_t>(reason.size()));
            body.bytes(reason);
            while (body.size() % word != 0) body.u8(0);
        }
        write_header(out_, count, RtcpType::goodbye, body.size());
        out_.bytes(body.view());
    }

    void operator()(const Feedback& feedback) {
        const BytesView control = whole_words(feedback.control, most_body - 8);
        write_header(out_, feedback.format & most_counted, feedback.type, 8 + control.size());
        out_.u32(feedback.sender);
        out_.u32(feedback.media);
        out_.bytes(control);
    }

    void operator()(const OtherRtcp& other) {
        const BytesView body = whole_words(other.body, most_body);
        write_header(out_, other.count & most_counted, static_cast<RtcpType>(other.type), body.size());
        out_.bytes(body);
    }

private:
    static constexpr std::size_t most_body = word * 65535;

    static BytesView whole_words(BytesView bytes, std::size_t most) {
        return bytes.first(std::min(bytes.size() / word * word, most));
    }

    static void write_text(ByteWriter& out, const SourceDescription::Item& item) {
        if (item.type == 0) return;  // that would end the chunk
        const auto text = bytes_of(item.text).first(std::min(item.text.size(), most_text));
        out.u8(item.type);
        out.u8(static_cast<std::uint8_t>(text.size()));
        out.bytes(text);
    }

    ByteWriter& out_;
};

bool is(const Feedback& feedback, RtcpType type, std::uint8_t format) noexcept {
    return feedback.type == type && feedback.format == format;
}

constexpr std::string_view remb = "REMB";

}  // namespace

Result<std::vector<Rtcp>> parse_rtcp(BytesView bytes) {
    std::vector<Rtcp> out;
    ByteReader in(bytes);
    do {
        const std::uint8_t first = in.u8();
        const std::uint8_t type = in.u8();
        BytesView body = in.bytes(word * in.u16());
        if (!in.ok()) return Errc::truncated;
        if (first >> 6 != version) return Errc::bad_version;
        // RFC 5761 section 4: the types that RTP leaves free.
        if (type < 192 || type > 223) return Errc::bad_field;
        if (out.size() == most_rtcp_packets) return Errc::too_many;
        if ((first & padding_flag) != 0) {
            const std::size_t padding = body.empty() ? 0 : body.back();
            if (padding == 0 || padding > body.size()) return Errc::bad_padding;
            // RFC 3550 section 6.4.1: whole words, in the last packet alone. Transport-wide feedback is of odd length; libwebrtc fills it up to
            // its word with padding, wherever it stands. That stays behind what the feedback says.
            const bool fills_up = type == static_cast<std::uint8_t>(RtcpType::transport_feedback) &&
                                  (first & most_counted) == Feedback::transport_wide;
            if (!fills_up && (in.left() > 0 || padding % word != 0)) return Errc::bad_padding;
            body = body.first(body.size() - padding / word * word);
        }
        auto packet = read_one(type, first & most_counted, body);
        if (!packet) return packet.error();
        out.push_back(std::move(*packet));
    } while (in.left() > 0);
    return out;
}

void write_rtcp(const Rtcp& packet, ByteWriter& out) { std::visit(Writer(out), packet); }

std::vector<std::uint16_t> lost_sequences(const Feedback& feedback) {
    std::vector<std::uint16_t> out;
    if (!is(feedback, RtcpType::transport_feedback, Feedback::nack)) return out;
    ByteReader in(feedback.control);
    while (in.left() >= word) {
        const std::uint16_t first = in.u16();
        const std::uint16_t following = in.u16();
        out.push_back(first);
        for (int bit = 0; bit < 16; ++bit)
            if ((following >> bit & 1) != 0) out.push_back(static_cast<std::uint16_t>(first + bit + 1));
    }
    return out;
}

Bytes nack_of(std::span<const std::uint16_t> sequences) {
    ByteWriter out;
    for (std::size_t i = 0; i < sequences.size();) {
        const std::uint16_t first = sequences[i++];
        std::uint16_t following = 0;
        for (; i < sequences.size(); ++i) {
            const auto distance = static_cast<std::uint16_t>(sequences[i] - first);
            if (distance == 0 || distance > 16) break;
            following = static_cast<std::uint16_t>(following | 1U << (distance - 1));
        }
        out.u16(first);
        out.u16(following);
    }
    return out.take();
}

std::vector<IntraRequest> intra_requests(const Feedback& feedback) {
    constexpr std::size_t entry = 8;
    std::vector<IntraRequest> out;
    if (!is(feedback, RtcpType::payload_feedback, Feedback::full_intra_request)) return out;
    ByteReader in(feedback.control);
    while (in.left() >= entry) {
        IntraRequest request;
        request.ssrc = in.u32();
        request.number = in.u8();
        (void)in.bytes(3);
        out.push_back(request);
    }
    return out;
}

Bytes intra_request_of(std::span<const IntraRequest> requests) {
    ByteWriter out;
    for (const IntraRequest& request : requests) {
        out.u32(request.ssrc);
        out.u8(request.number);
        out.zeros(3);
    }
    return out.take();
}

std::optional<ReceiverEstimate> receiver_estimate(const Feedback& feedback) {
    if (!is(feedback, RtcpType::payload_feedback, Feedback::application_layer)) return std::nullopt;
    ByteReader in(feedback.control);
    if (text_of(in.bytes(remb.size())) != remb) return std::nullopt;
    const std::uint8_t count = in.u8();
    const std::uint8_t high = in.u8();
    const std::uint64_t mantissa = (high & 0x03U) << 16 | in.u16();
    const int exponent = high >> 2;
    ReceiverEstimate out;
    // An exponent of six bits may ask for more than 64 hold.
    constexpr int most_shift = 46;
    out.bits_per_second = exponent <= most_shift ? mantissa << exponent : mantissa == 0 ? 0 : UINT64_MAX;
    for (std::uint8_t i = 0; i < count && in.ok(); ++i) out.ssrcs.push_back(in.u32());
    if (!in.ok()) return std::nullopt;
    return out;
}

Bytes receiver_estimate_of(const ReceiverEstimate& estimate) {
    constexpr std::uint64_t most_mantissa = 0x3ffff;
    constexpr std::size_t most_ssrcs = 255;
    std::uint64_t mantissa = estimate.bits_per_second;
    unsigned exponent = 0;
    for (; mantissa > most_mantissa; mantissa >>= 1) ++exponent;
    const std::size_t count = std::min(estimate.ssrcs.size(), most_ssrcs);
    ByteWriter out;
    out.bytes(bytes_of(remb));
    out.u8(static_cast<std::uint8_t>(count));
    out.u8(static_cast<std::uint8_t>(exponent << 2 | mantissa >> 16));
    out.u16(static_cast<std::uint16_t>(mantissa));
    for (std::size_t i = 0; i < count; ++i) out.u32(estimate.ssrcs[i]);
    return out.take();
}

}  // namespace volley::proto::rtp
