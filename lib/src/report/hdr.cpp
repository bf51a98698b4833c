#include <volley/report/hdr.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <new>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>

#include <volley/http/base64.hpp>

namespace volley::report {
namespace {

constexpr int digits = 3;
constexpr int sub_bucket_bits = 11;  // 2 * 10^3 values with one unit each need 2048
constexpr std::uint64_t sub_buckets = 1U << sub_bucket_bits;
constexpr std::uint64_t half = sub_buckets / 2;
constexpr std::uint64_t highest_us = 24ULL * 3600 * 1'000'000;

constexpr int buckets() {
    int n = 1;
    for (std::uint64_t untrackable = sub_buckets; untrackable <= highest_us; untrackable *= 2) ++n;
    return n;
}

std::uint64_t microseconds(Duration d) {
    const auto ns = static_cast<std::uint64_t>(std::max<Duration::rep>(d.count(), 0));
    return std::min((ns + 500) / 1000, highest_us);
}

/// HdrHistogram's array of counts, unit 1 us. Source: AbstractHistogram.countsArrayIndex.
class HdrCounts {
public:
    explicit HdrCounts(const metrics::Histogram& h) : count_(h.count()) {
        if (h.empty()) return;
        counts_.resize(index_of(microseconds(h.max())) + 1);
        // Both ends are known exactly; what lies between is as good as the bucket that holds it.
        const std::size_t first = metrics::Histogram::bucket_of(h.min());
        const std::size_t last = metrics::Histogram::bucket_of(h.max());
        for (std::size_t i = first; i <= last; ++i) {
            std::uint64_t n = h.bucket(i);
            if (i == first && n > 0) n -= count_one(h.min());
            if (i == last && n > 0 && h.count() > 1) n -= count_one(h.max());
            if (n > 0) counts_[index_of(microseconds(std::clamp(metrics::Histogram::bucket_middle(i), h.min(), h.max())))] += n;
        }
    }

    [[nodiscard]] const std::vector<std::uint64_t>& counts() const noexcept { return counts_; }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

    /// The largest value that the counter at an index cannot tell from others, and the middle of them.
    [[nodiscard]] static std::uint64_t highest_at(std::size_t index) noexcept {
        return lowest_at(index) + (1ULL << shift_of(index)) - 1;
    }
    [[nodiscard]] static double middle_at(std::size_t index) noexcept {
        return static_cast<double>(lowest_at(index) + ((1ULL << shift_of(index)) >> 1U));
    }

private:
    std::uint64_t count_one(Duration one) {
        ++counts_[index_of(microseconds(one))];
        return 1;
    }
    static std::size_t index_of(std::uint64_t us) noexcept {
        const auto bucket = static_cast<unsigned>(std::bit_width(us | (sub_buckets - 1))) - sub_bucket_bits;
        return static_cast<std::size_t>((us >> bucket) + bucket * half);
    }
    static unsigned shift_of(std::size_t index) noexcept {
        return index < sub_buckets ? 0 : static_cast<unsigned>(index / half) - 1;
    }
    static std::uint64_t lowest_at(std::size_t index) noexcept { return (index - shift_of(index) * half) << shift_of(index); }

    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
};

void put_big_endian(std::string& out, std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

/// ZigZag LEB128 of at most 9 bytes, the ninth with 8 bits of its own. Source: HdrHistogram's ZigZagEncoding.
void put_zig_zag(std::string& out, std::int64_t value) {
    auto left = (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
    for (int i = 0; i < 8 && left > 0x7f; ++i) {
        out += static_cast<char>((left & 0x7fU) | 0x80U);
        left >>= 7U;
    }
    out += static_cast<char>(left);
}

constexpr std::uint32_t v2_cookie = 0x1c849303 | 0x10;  // 0x10: counts are ZigZag LEB128
constexpr std::uint32_t v2_compressed_cookie = 0x1c849304 | 0x10;

std::string encoded(const HdrCounts& h) {
    std::string payload;
    for (std::size_t i = 0; i < h.counts().size();) {
        std::size_t zeros = 0;
        while (i + zeros < h.counts().size() && h.counts()[i + zeros] == 0) ++zeros;
        if (zeros > 0) {
            put_zig_zag(payload, zeros == 1 ? 0 : -static_cast<std::int64_t>(zeros));
            i += zeros;
        } else {
            put_zig_zag(payload, static_cast<std::int64_t>(h.counts()[i++]));
        }
    }
    std::string out;
    put_big_endian(out, v2_cookie, 4);
    put_big_endian(out, payload.size(), 4);
    put_big_endian(out, 0, 4);  // normalizing index offset
    put_big_endian(out, digits, 4);
    put_big_endian(out, 1, 8);  // lowest discernible value
    put_big_endian(out, highest_us, 8);
    put_big_endian(out, std::bit_cast<std::uint64_t>(1.0), 8);  // integer to double conversion ratio
    return out + payload;
}

/// Commas part the columns of a log and blanks the words of some readers.
std::string tag_of(const std::string& server, const std::string& phase, std::string_view metric) {
    std::string tag = server + '/' + phase + '/';
    tag += metric;
    for (char& c : tag)
        if (const auto byte = static_cast<unsigned char>(c); byte <= ' ' || byte == ',' || byte == '"' || byte == 0x7f) c = '_';
    return tag;
}

/// Seconds since 1970 of `2026-01-31T12:00:00Z`; 0 for anything else.
std::int64_t epoch_of(const std::string& iso) {
    int y = 0;
    unsigned mo = 0;
    unsigned d = 0;
    int h = 0;
    int mi = 0;
    int s = 0;
    if (std::sscanf(iso.c_str(), "%4d-%2u-%2uT%2d:%2d:%2dZ", &y, &mo, &d, &h, &mi, &s) != 6) return 0;
    const std::chrono::year_month_day date{std::chrono::year(y), std::chrono::month(mo), std::chrono::day(d)};
    if (!date.ok()) return 0;
    return std::chrono::seconds(std::chrono::sys_days(date).time_since_epoch()).count() + h * 3600 + mi * 60 + s;
}

/// Calls `use(tag, phase, histogram)` for each series that counts something.
template <class F>
void for_each_series(const RunResult& result, const F& use) {
    for (const auto& server : result.servers)
        for (const auto& phase : server.phases) {
            if (phase.warmup) continue;
            if (!phase.tally->response.empty()) use(tag_of(server.name, phase.phase, "response"), phase, phase.tally->response);
            if (!phase.tally->service.empty()) use(tag_of(server.name, phase.phase, "service"), phase, phase.tally->service);
        }
}

/// Rows get denser towards the end: five for each halving of the distance to 100 %. Source: HdrHistogram's PercentileIterator.
std::string percentile_rows(const HdrCounts& h) {
    constexpr double ticks = 5;
    std::string out;
    std::uint64_t seen = 0;
    double level = 0;
    std::size_t last = 0;
    const auto total = static_cast<double>(h.count());
    const auto append_row = [&](std::size_t index) {
        fmt::format_to(std::back_inserter(out), "{:12.3f} {:2.12f} {:10} {:14.2f}\n",
                       static_cast<double>(HdrCounts::highest_at(index)), level / 100, seen, 1 / (1 - level / 100));
    };
    for (std::size_t i = 0; i < h.counts().size(); ++i) {
        if (h.counts()[i] == 0) continue;
        last = i;
        seen += h.counts()[i];
        while (100 * static_cast<double>(seen) / total >= level) {
            append_row(i);
            level += 100 / (ticks * std::exp2(std::floor(std::log2(100 / (100 - level))) + 1));
            if (seen == h.count()) break;
        }
    }
    fmt::format_to(std::back_inserter(out), "{:12.3f} {:2.12f} {:10}\n", static_cast<double>(HdrCounts::highest_at(last)), 1.0,
                   seen);
    return out;
}

double deviation_of(const HdrCounts& h) {
    const auto total = static_cast<double>(h.count());
    double mean = 0;
    for (std::size_t i = 0; i < h.counts().size(); ++i)
        mean += HdrCounts::middle_at(i) * static_cast<double>(h.counts()[i]) / total;
    double squares = 0;
    for (std::size_t i = 0; i < h.counts().size(); ++i) {
        const double off = HdrCounts::middle_at(i) - mean;
        squares += off * off * static_cast<double>(h.counts()[i]) / total;
    }
    return std::sqrt(squares);
}

}  // namespace

std::string hdr_base64(const metrics::Histogram& histogram) {
    const std::string plain = encoded(HdrCounts(histogram));
    auto size = compressBound(static_cast<uLong>(plain.size()));
    std::string packed(size, '\0');
    const int code = compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(plain.data()),
                               static_cast<uLong>(plain.size()), Z_BEST_COMPRESSION);
    if (code != Z_OK) throw std::bad_alloc();  // the buffer is as large as it can get, so there is no other cause
    packed.resize(size);
    std::string out;
    put_big_endian(out, v2_compressed_cookie, 4);
    put_big_endian(out, packed.size(), 4);
    return http::base64(out + packed);
}

std::string to_hdr_log(const RunResult& result) {
    const auto epoch = epoch_of(result.started_at);
    std::string out = fmt::format(
        "#[Logged with volley {}; values in microseconds]\n"
        "#[Histogram log format version 1.3]\n"
        "#[StartTime: {}.000 (seconds since epoch), {}]\n"
        "#[BaseTime: {}.000 (seconds since epoch)]\n"
        "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
        result.version, epoch, result.started_at, epoch);
    for_each_series(result, [&](const std::string& tag, const PhaseResult& phase, const metrics::Histogram& h) {
        fmt::format_to(std::back_inserter(out), "Tag={},{:.3f},{:.3f},{:.6f},{}\n", tag, to_seconds(phase.began),
                       to_seconds(phase.elapsed), to_seconds(h.max()), hdr_base64(h));
    });
    return out;
}

std::string to_hgrm(const RunResult& result) {
    std::string out;
    for_each_series(result, [&](const std::string& tag, const PhaseResult&, const metrics::Histogram& h) {
        const HdrCounts counts(h);
        fmt::format_to(std::back_inserter(out),
                       "{}#[Tag: {}; values in microseconds]\n{:>12} {:>14} {:>10} {:>14}\n\n{}"
                       "#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n"
                       "#[Max     = {:12.3f}, Total count    = {:12}]\n"
                       "#[Buckets = {:12}, SubBuckets     = {:12}]\n",
                       out.empty() ? "" : "\n", tag, "Value", "Percentile", "TotalCount", "1/(1-Percentile)",
                       percentile_rows(counts), to_seconds(h.mean()) * 1e6, deviation_of(counts),
                       static_cast<double>(HdrCounts::highest_at(counts.counts().size() - 1)), counts.count(), buckets(),
                       sub_buckets);
    });
    return out;
}

}  // namespace volley::report
