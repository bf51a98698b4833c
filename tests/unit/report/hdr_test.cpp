#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zlib.h>

#include <cmath>
#include <random>

#include <volley/report/hdr.hpp>

namespace volley::report {
namespace {
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string from_base64(std::string_view text) {
    std::string out;
    std::uint32_t group = 0;
    int bits = 0;
    for (const char c : text) {
        static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const auto at = letters.find(c);
        if (at == std::string_view::npos) break;
        group = group << 6U | static_cast<std::uint32_t>(at);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += static_cast<char>(group >> bits);
        }
    }
    return out;
}

std::uint64_t big_endian(std::string_view bytes, std::size_t at, std::size_t n) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < n; ++i) out = out << 8U | static_cast<unsigned char>(bytes.at(at + i));
    return out;
}

/// What a reader written from the specification finds: the lowest value of each counter that is not 0, and its count.
struct Decoded {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> values;
    std::uint64_t count = 0;
};

Decoded decode(const std::string& text) {
    const std::string outer = from_base64(text);
    EXPECT_EQ(big_endian(outer, 0, 4), 0x1c849314U);
    EXPECT_EQ(big_endian(outer, 4, 4), outer.size() - 8);
    std::string inner(1 << 20, '\0');
    auto size = static_cast<uLongf>(inner.size());
    EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(inner.data()), &size, reinterpret_cast<const Bytef*>(outer.data()) + 8,
                         static_cast<uLong>(outer.size() - 8)),
              Z_OK);
    inner.resize(size);
    EXPECT_EQ(big_endian(inner, 0, 4), 0x1c849313U);
    EXPECT_EQ(big_endian(inner, 4, 4), inner.size() - 40);
    EXPECT_EQ(big_endian(inner, 12, 4), 3U);
    EXPECT_EQ(big_endian(inner, 16, 8), 1U);
    EXPECT_EQ(big_endian(inner, 24, 8), 86'400'000'000U);

    Decoded out;
    std::uint64_t index = 0;
    for (std::size_t i = 40; i < inner.size();) {
        std::uint64_t raw = 0;
        for (int k = 0; k < 9; ++k) {
            const auto byte = static_cast<unsigned char>(inner.at(i++));
            raw |= static_cast<std::uint64_t>(k == 8 ? byte : byte & 0x7fU) << (7 * k);
            if (k == 8 || (byte & 0x80U) == 0) break;
        }
        const auto value = static_cast<std::int64_t>(raw >> 1U) ^ -static_cast<std::int64_t>(raw & 1U);
        if (value < 0) {
            index += static_cast<std::uint64_t>(-value);
            continue;
        }
        // Source: HdrHistogram's valueFromIndex.
        if (value > 0) {
            auto bucket = static_cast<std::int64_t>(index >> 10U) - 1;
            std::uint64_t sub = (index & 1023U) + 1024;
            if (bucket < 0) {
                sub -= 1024;
                bucket = 0;
            }
            out.values.emplace_back(sub << bucket, static_cast<std::uint64_t>(value));
            out.count += static_cast<std::uint64_t>(value);
        }
        ++index;
    }
    return out;
}

TEST(Hdr, an_empty_histogram_can_be_read) { EXPECT_EQ(decode(hdr_base64({})).count, 0U); }

TEST(Hdr, one_value_is_exact_to_the_microsecond_or_the_third_digit) {
    for (const Duration value : std::initializer_list<Duration>{0ns, 400ns, 1us, 2047us, 50'271us, 1s, 1h}) {
        metrics::Histogram h;
        h.record(value);
        const auto got = decode(hdr_base64(h));
        ASSERT_EQ(got.values.size(), 1U);
        EXPECT_EQ(got.values[0].second, 1U);
        const auto us = std::llround(to_seconds(value) * 1e6);
        EXPECT_NEAR(static_cast<double>(got.values[0].first), static_cast<double>(us), static_cast<double>(us) / 1000);
        if (us < 2048) {
            EXPECT_EQ(got.values[0].first, static_cast<std::uint64_t>(us));
        }
    }
}

TEST(Hdr, longer_than_a_day_is_a_day) {
    metrics::Histogram h;
    h.record(1000h);
    h.record(1000h);
    const auto got = decode(hdr_base64(h));
    ASSERT_EQ(got.values.size(), 1U);
    EXPECT_EQ(got.count, 2U);
    EXPECT_NEAR(static_cast<double>(got.values[0].first), 86.4e9, 86.4e9 / 1000);
}

TEST(Hdr, counts_are_kept_and_values_within_the_documented_bound) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        std::mt19937_64 random(seed);
        std::uniform_real_distribution<double> exponent(2, 13);  // 100 ns to 2.7 h
        metrics::Histogram h;
        std::vector<Duration> values;
        const auto n = 1 + random() % 3000;
        for (std::uint64_t i = 0; i < n; ++i) {
            values.emplace_back(std::llround(std::pow(10.0, exponent(random))));
            if (values.back() > 2h) values.back() = 2h;
            h.record(values.back());
        }
        std::ranges::sort(values);
        const auto got = decode(hdr_base64(h));
        ASSERT_EQ(got.count, n) << seed;
        std::size_t rank = 0;
        for (const auto& [us, count] : got.values) {
            for (std::uint64_t i = 0; i < count; ++i, ++rank) {
                const double exact = to_seconds(values[rank]) * 1e6;
                ASSERT_NEAR(static_cast<double>(us), exact, exact * 0.0032 + 1) << "seed " << seed << " rank " << rank;
            }
        }
    }
}

RunResult result() {
    RunResult r;
    r.version = "0.1";
    r.started_at = "2026-01-02T03:04:05Z";
    auto& server = r.servers.emplace_back();
    server.name = "a b,c";
    for (const char* name : {"warm", "p"}) {
        auto& phase = server.phases.emplace_back();
        phase.phase = name;
        phase.warmup = name == std::string_view("warm");
        phase.began = 1500ms;
        phase.elapsed = 2s;
        for (int i = 1; i <= 1000; ++i) phase.tally->response.record(i * 1ms);
    }
    return r;
}

TEST(Hdr, a_log_has_its_times_and_a_line_for_each_series_that_counts_something) {
    const auto log = to_hdr_log(result());
    EXPECT_THAT(
        log, HasSubstr(
                 "#[Histogram log format version 1.3]\n#[StartTime: 1767323045.000 (seconds since epoch), 2026-01-02T03:04:05Z]\n"
                 "#[BaseTime: 1767323045.000 (seconds since epoch)]\n\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                 "\"Interval_Compressed_Histogram\"\n"));
    EXPECT_THAT(log, HasSubstr("\nTag=a_b_c/p/response,1.500,2.000,1.000000,HISTFAAAA"));
    EXPECT_THAT(log, Not(HasSubstr("warm")));
    EXPECT_THAT(log, Not(HasSubstr("service")));
}

TEST(Hdr, a_percentile_table_is_laid_out_as_hdr_histogram_does) {
    const auto table = to_hgrm(result());
    EXPECT_THAT(
        table,
        HasSubstr(
            "       Value     Percentile TotalCount 1/(1-Percentile)\n\n    1000.000 0.000000000000          1           1.00\n"));
    EXPECT_THAT(table, HasSubstr(" 0.500000000000 "));
    EXPECT_THAT(table, HasSubstr(" 1.000000000000       1000\n#[Mean    =   500500.000, StdDeviation   = "));
    EXPECT_THAT(table, HasSubstr("Total count    =         1000]\n#[Buckets =           27, SubBuckets     =         2048]\n"));
}

}  // namespace
}  // namespace volley::report
