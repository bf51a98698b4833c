#include "proto/h264/payload.hpp"

#include <algorithm>
#include <array>

namespace volley::proto::h264 {
namespace {

constexpr std::uint8_t type_mask = 0x1f;
constexpr std::uint8_t importance_mask = 0x60;  // nal_ref_idc, NRI
constexpr std::uint8_t forbidden_flag = 0x80;   // F
constexpr std::uint8_t start_flag = 0x80;       // of an FU header: S, E, then R and the type
constexpr std::uint8_t end_flag = 0x40;
constexpr std::size_t fragment_header_bytes = 2;
constexpr std::size_t size_bytes = 2;  // of a unit within a STAP-A
constexpr std::size_t most_unit_in_stap = 0xffff;
constexpr std::array<std::uint8_t, 4> start_code{0, 0, 0, 1};

constexpr bool is_unit_type(NalType type) noexcept {
    const auto number = static_cast<unsigned>(type);
    return number >= 1 && number <= 23;
}

constexpr bool may_share(NalType type) noexcept {
    return type == NalType::sei || type == NalType::sequence_parameters || type == NalType::picture_parameters ||
           type == NalType::access_unit_delimiter;
}

class Packer {
public:
    explicit Packer(std::size_t most) : most_(most) {}

    Result<void> add(BytesView unit) {
        const bool shares = may_share(type_of(unit)) && unit.size() <= most_unit_in_stap;
        if (!shares || !fits_group(unit)) flush();
        if (shares && fits_group(unit)) {
            group_.push_back(unit);
            group_bytes_ += size_bytes + unit.size();
            return {};
        }
        if (unit.size() > most_) return fragment(unit);
        out_.emplace_back(unit.begin(), unit.end());
        return {};
    }

    std::vector<Bytes> take() {
        flush();
        return std::move(out_);
    }

private:
    [[nodiscard]] bool fits_group(BytesView unit) const noexcept { return group_bytes_ + size_bytes + unit.size() <= most_; }

    void flush() {
        if (group_.size() == 1) {
            out_.emplace_back(group_.front().begin(), group_.front().end());
        } else if (!group_.empty()) {
            // Its own header is forbidden if one of them is, and as important as the most important (section 5.7).
            std::uint8_t forbidden = 0;
            std::uint8_t importance = 0;
            for (const BytesView unit : group_) {
                forbidden = static_cast<std::uint8_t>(forbidden | (unit.front() & forbidden_flag));
                importance = std::max<std::uint8_t>(importance, unit.front() & importance_mask);
            }
            ByteWriter payload;
            payload.u8(static_cast<std::uint8_t>(forbidden | importance | static_cast<std::uint8_t>(NalType::stap_a)));
            for (const BytesView unit : group_) {
                payload.u16(static_cast<std::uint16_t>(unit.size()));
                payload.bytes(unit);
            }
            out_.push_back(payload.take());
        }
        group_.clear();
        group_bytes_ = 1;
    }

    Result<void> fragment(BytesView unit) {
        if (most_ <= fragment_header_bytes) return Errc::no_room;
        const std::size_t room = most_ - fragment_header_bytes;
        const BytesView data = unit.subspan(1);  // its header is spread over the fragments'
        const std::size_t count = (data.size() + room - 1) / room;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t begin = data.size() * i / count;
            const std::size_t end = data.size() * (i + 1) / count;
            unsigned header = unit.front() & type_mask;
            if (i == 0) header |= start_flag;
            if (i + 1 == count) header |= end_flag;
            Bytes& payload = out_.emplace_back();
            payload.reserve(fragment_header_bytes + end - begin);
            payload.push_back(static_cast<std::uint8_t>((unit.front() & (forbidden_flag | importance_mask)) |
                                                        static_cast<std::uint8_t>(NalType::fu_a)));
            payload.push_back(static_cast<std::uint8_t>(header));
            payload.insert(payload.end(), data.begin() + static_cast<std::ptrdiff_t>(begin),
                           data.begin() + static_cast<std::ptrdiff_t>(end));
        }
        return {};
    }

    std::size_t most_;
    std::vector<Bytes> out_;
    std::vector<BytesView> group_;
    std::size_t group_bytes_ = 1;  // of the STAP-A that it would make
};

class Joiner {
public:
    Result<void> add(BytesView payload) {
        if (payload.empty()) return Errc::truncated;
        const NalType type = type_of(payload);
        if (type == NalType::fu_a) return add_fragment(payload);
        if (within_unit_) return Errc::unfinished;
        if (type == NalType::stap_a) return add_group(payload.subspan(1));
        return add_unit(payload);
    }

    Result<Bytes> take() {
        if (within_unit_) return Errc::unfinished;
        if (units_ == 0) return Errc::truncated;
        return std::move(out_);
    }

private:
    Result<void> begin_unit(std::uint8_t header) {
        if (!is_unit_type(static_cast<NalType>(header & type_mask))) return Errc::unsupported;
        if (units_ == most_units) return Errc::too_many;
        ++units_;
        if (auto r = append(start_code); !r) return r;
        return append({&header, 1});
    }

    Result<void> append(BytesView bytes) {
        if (bytes.size() > most_picture_bytes - out_.size()) return Errc::too_large;
        out_.insert(out_.end(), bytes.begin(), bytes.end());
        return {};
    }

    Result<void> add_unit(BytesView unit) {
        if (auto r = begin_unit(unit.front()); !r) return r;
        return append(unit.subspan(1));
    }

    Result<void> add_group(BytesView group) {
        ByteReader in(group);
        do {
            const BytesView unit = in.bytes(in.u16());
            if (!in.ok() || unit.empty()) return Errc::truncated;
            if (auto r = add_unit(unit); !r) return r;
        } while (in.left() > 0);
        return {};
    }

    Result<void> add_fragment(BytesView payload) {
        if (payload.size() <= fragment_header_bytes) return Errc::truncated;
        const std::uint8_t header = payload[1];
        const auto unit_header =
            static_cast<std::uint8_t>((payload[0] & (forbidden_flag | importance_mask)) | (header & type_mask));
        if ((header & start_flag) != 0) {
            if (within_unit_) return Errc::unfinished;
            if (auto r = begin_unit(unit_header); !r) return r;
            within_unit_ = true;
            type_ = unit_header & type_mask;
        } else if (!within_unit_) {
            return Errc::no_start;
        } else if ((header & type_mask) != type_) {
            return Errc::not_h264;
        }
        if ((header & end_flag) != 0) within_unit_ = false;
        return append(payload.subspan(fragment_header_bytes));
    }

    Bytes out_;
    std::size_t units_ = 0;
    bool within_unit_ = false;
    std::uint8_t type_ = 0;
};

template <class Range>
Result<Bytes> join(const Range& payloads) {
    Joiner joiner;
    for (const auto& payload : payloads)
        if (auto r = joiner.add(payload); !r) return r.error();
    return joiner.take();
}

void note(Contents& out, NalType type) noexcept {
    if (type == NalType::access_unit_delimiter) out.delimiter = true;
    if (type == NalType::idr_slice) out.idr = true;
    if (type == NalType::sequence_parameters) out.sequence_parameters = true;
    if (type == NalType::picture_parameters) out.picture_parameters = true;
}

}  // namespace

Result<std::vector<Bytes>> packetise(BytesView picture, std::size_t most_payload_bytes) {
    if (picture.size() > most_picture_bytes) return Errc::too_large;
    const auto units = split_annex_b(picture);
    if (!units) return units.error();
    if (units->empty()) return Errc::truncated;
    Packer packer(most_payload_bytes);
    for (const BytesView unit : *units) {
        if (!is_unit_type(type_of(unit))) return Errc::unsupported;
        if (auto r = packer.add(unit); !r) return r.error();
    }
    return packer.take();
}

Contents inspect(BytesView payload) noexcept {
    Contents out;
    if (payload.empty()) return out;
    const NalType type = type_of(payload);
    if (type == NalType::fu_a) {
        if (payload.size() <= fragment_header_bytes) return out;
        out.starts_unit = (payload[1] & start_flag) != 0;
        const auto fragmented = static_cast<NalType>(payload[1] & type_mask);
        out.supplemental = fragmented == NalType::sei;
        note(out, fragmented);
    } else if (type == NalType::stap_a) {
        ByteReader in(payload.subspan(1));
        while (in.left() > 0) {
            const BytesView unit = in.bytes(in.u16());
            if (!in.ok() || unit.empty()) break;
            out.supplemental = type_of(unit) == NalType::sei && (out.supplemental || !out.starts_unit);
            out.starts_unit = true;
            note(out, type_of(unit));
        }
    } else if (is_unit_type(type)) {
        out.starts_unit = true;
        out.supplemental = type == NalType::sei;
        note(out, type);
    }
    return out;
}

Result<Bytes> assemble(std::span<const BytesView> payloads) { return join(payloads); }
Result<Bytes> assemble(std::span<const Bytes> payloads) { return join(payloads); }

}  // namespace volley::proto::h264
