#include "proto/h264/nal.hpp"

namespace volley::proto::h264 {
namespace {

constexpr std::size_t start_code_bytes = 3;

// Where the next 00 00 01 begins, from `at` on; the end where there is none.
std::size_t next_start_code(BytesView stream, std::size_t at) noexcept {
    // Only every third byte needs a look, as long as they are above 1.
    for (std::size_t i = at + 2; i < stream.size();) {
        if (stream[i] > 1) {
            i += 3;
        } else if (stream[i] == 1) {
            if (stream[i - 1] == 0 && stream[i - 2] == 0) return i - 2;
            i += 3;
        } else {
            ++i;
        }
    }
    return stream.size();
}

// Calls `take(unit)` for each; ends early where it says false.
template <class Take>
void for_each_unit(BytesView stream, Take take) {
    std::size_t code = next_start_code(stream, 0);
    while (code < stream.size()) {
        const std::size_t begin = code + start_code_bytes;
        code = next_start_code(stream, begin);
        std::size_t end = code;
        while (end > begin && stream[end - 1] == 0) --end;  // trailing_zero_8bits, or the first byte of a start code of four
        if (end > begin && !take(stream.subspan(begin, end - begin))) return;
    }
}

}  // namespace

Result<std::vector<BytesView>> split_annex_b(BytesView stream) {
    std::vector<BytesView> units;
    bool fits = true;
    for_each_unit(stream, [&](BytesView unit) {
        fits = units.size() < most_units;
        if (fits) units.push_back(unit);
        return fits;
    });
    if (!fits) return Errc::too_many;
    return units;
}

bool is_key(BytesView stream) noexcept {
    bool found = false;
    for_each_unit(stream, [&](BytesView unit) {
        found = type_of(unit) == NalType::idr_slice;
        return !found;
    });
    return found;
}

}  // namespace volley::proto::h264
