#include "app/call_messages.hpp"

#include <utility>

namespace volley::app {
namespace {

// The first byte is the index of the alternative; texts have their length before them.
void write(ByteWriter& out, const std::string& text) {
    out.u32(static_cast<std::uint32_t>(text.size()));
    out.bytes(bytes_of(text));
}
void write(ByteWriter& out, const std::optional<std::string>& text) {
    out.u8(text ? 1 : 0);
    if (text) write(out, *text);
}
void write(ByteWriter& out, bool value) { out.u8(value ? 1 : 0); }
void write(ByteWriter& out, const OfferQuestion& question) {
    write(out, question.offer);
    write(out, question.remote);
    write(out, question.transform);
}
void write(ByteWriter& out, const KnowsQuestion& question) { write(out, question.id); }
void write(ByteWriter& out, const PatchQuestion& question) {
    write(out, question.id);
    write(out, question.if_match);
    write(out, question.fragment);
}
void write(ByteWriter& out, const HangUpQuestion& question) { write(out, question.id); }
void write(ByteWriter& out, const CallRefusal& refusal) {
    out.u16(static_cast<std::uint16_t>(refusal.status));
    write(out, refusal.text);
    write(out, refusal.hint);
    out.u32(static_cast<std::uint32_t>(refusal.pos.line));
    out.u32(static_cast<std::uint32_t>(refusal.pos.column));
}
void write(ByteWriter& out, const CallAnswer& answer) {
    write(out, answer.id);
    write(out, answer.answer);
    write(out, answer.etag);
}
void write(ByteWriter& out, const CallPatched& patched) {
    write(out, patched.fragment);
    write(out, patched.etag);
}

template <class Variant>
Bytes bytes_of_variant(const Variant& value) {
    ByteWriter out;
    out.u8(static_cast<std::uint8_t>(value.index()));
    std::visit([&](const auto& one) { write(out, one); }, value);
    return out.take();
}

void read(ByteReader& in, std::string& text) { text = text_of(in.bytes(in.u32())); }
void read(ByteReader& in, std::optional<std::string>& text) {
    if (in.u8() == 0) return;
    read(in, text.emplace());
}
void read(ByteReader& in, bool& value) { value = in.u8() != 0; }
void read(ByteReader& in, OfferQuestion& question) {
    read(in, question.offer);
    read(in, question.remote);
    read(in, question.transform);
}
void read(ByteReader& in, KnowsQuestion& question) { read(in, question.id); }
void read(ByteReader& in, PatchQuestion& question) {
    read(in, question.id);
    read(in, question.if_match);
    read(in, question.fragment);
}
void read(ByteReader& in, HangUpQuestion& question) { read(in, question.id); }
void read(ByteReader& in, CallRefusal& refusal) {
    refusal.status = in.u16();
    read(in, refusal.text);
    read(in, refusal.hint);
    refusal.pos.line = static_cast<int>(in.u32());
    refusal.pos.column = static_cast<int>(in.u32());
}
void read(ByteReader& in, CallAnswer& answer) {
    read(in, answer.id);
    read(in, answer.answer);
    read(in, answer.etag);
}
void read(ByteReader& in, CallPatched& patched) {
    read(in, patched.fragment);
    read(in, patched.etag);
}

template <class Variant, std::size_t Index = 0>
std::optional<Variant> read_variant(ByteReader& in, std::uint8_t wanted) {
    if constexpr (Index < std::variant_size_v<Variant>) {
        if (wanted != Index) return read_variant<Variant, Index + 1>(in, wanted);
        std::variant_alternative_t<Index, Variant> one{};
        read(in, one);
        if (!in.ok() || in.left() > 0) return std::nullopt;
        return Variant(std::in_place_index<Index>, std::move(one));
    } else {
        return std::nullopt;
    }
}

template <class Variant>
std::optional<Variant> variant_of_bytes(BytesView bytes) {
    ByteReader in(bytes);
    const std::uint8_t index = in.u8();
    return read_variant<Variant>(in, index);
}

}  // namespace

Bytes to_bytes(const CallQuestion& question) { return bytes_of_variant(question); }
Bytes to_bytes(const CallReply& reply) { return bytes_of_variant(reply); }
std::optional<CallQuestion> read_question(BytesView bytes) { return variant_of_bytes<CallQuestion>(bytes); }
std::optional<CallReply> read_reply(BytesView bytes) { return variant_of_bytes<CallReply>(bytes); }

}  // namespace volley::app
