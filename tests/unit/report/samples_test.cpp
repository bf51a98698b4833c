#include <gtest/gtest.h>

#include <zlib.h>

#include <random>

#include <volley/report/samples.hpp>

namespace volley::report {
namespace {
using namespace std::chrono_literals;
using Format = SampleWriter::Format;

const TimePoint origin = TimePoint{} + 1h;

metrics::Sample sample() {
    metrics::Sample s;
    s.planned = origin + 1s;
    s.started = origin + 1s + 1ns;
    s.connected = origin - 5ms;
    s.done = origin + 2500ms;
    s.bytes = 339;
    s.status = 503;
    s.outcome = metrics::Outcome::timeout;
    s.connection = 4;
    s.step = 2;
    return s;
}

/// All members of a gzip file, one after the other.
std::string gunzip(std::string packed) {
    std::string out;
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return "inflateInit2 failed";
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    char piece[64 * 1024];
    while (stream.avail_in > 0) {
        stream.next_out = reinterpret_cast<Bytef*>(piece);
        stream.avail_out = sizeof piece;
        const int code = inflate(&stream, Z_NO_FLUSH);
        out.append(piece, sizeof piece - stream.avail_out);
        if (code == Z_STREAM_END)
            inflateReset(&stream);
        else if (code != Z_OK)
            break;
    }
    inflateEnd(&stream);
    return stream.avail_in == 0 ? out : "not gzip";
}

TEST(Samples, a_line_has_instants_from_the_origin_and_nothing_for_what_was_not_reached) {
    std::string out;
    SampleWriter::append(out, SampleWriter::names("s", "p"), origin, sample());
    EXPECT_EQ(out, "s,p,2,1.000000000,1.000000001,-0.005000000,,,2.500000000,339,503,timeout,0,4,0\n");
    auto right = sample();
    right.right = true;
    right.warmup = true;
    right.outcome = metrics::Outcome::ok;
    out.clear();
    SampleWriter::append(out, "s,p", origin, right);
    EXPECT_TRUE(out.ends_with(",503,ok,1,4,1\n")) << out;
}

TEST(Samples, names_are_quoted_where_they_must_be) {
    EXPECT_EQ(SampleWriter::names("a,b", "say \"x\"\n"), "\"a,b\",\"say \"\"x\"\"\n\"");
}

TEST(Samples, as_many_fields_as_columns) {
    std::string all;
    SampleWriter writer(
        [&](std::string_view block) {
            all += block;
            return true;
        },
        Format::plain);
    writer.header();
    writer.begin("s", "p", origin);
    writer.add(sample());
    ASSERT_TRUE(writer.finish());
    const auto line_end = all.find('\n');
    EXPECT_EQ(std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(line_end), ','), 14);
    EXPECT_EQ(std::count(all.begin() + static_cast<std::ptrdiff_t>(line_end), all.end(), ','), 14);
}

// Several writers, one file: blocks come in any order, and no line is torn.
TEST(Samples, blocks_are_whole_lines_and_members_one_file) {
    for (const auto format : {Format::plain, Format::gzip}) {
        std::string file;
        std::size_t blocks = 0;
        std::size_t largest = 0;
        const auto sink = [&](std::string_view block) {
            file += block;
            ++blocks;
            largest = std::max(largest, block.size());
            return true;
        };
        SampleWriter one(sink, format);
        SampleWriter other(sink, format);
        one.header();
        one.begin("one", "p", origin);
        other.begin("other", "p", origin);
        std::mt19937_64 random(1);
        constexpr int lines = 20'000;
        for (int i = 0; i < lines; ++i) {
            auto s = sample();
            s.done += Duration(static_cast<std::int64_t>(random() % 1'000'000'000));
            one.add(s);
            other.add(s);
        }
        ASSERT_TRUE(one.finish());
        ASSERT_TRUE(other.finish());
        EXPECT_GT(blocks, 8U);
        EXPECT_LE(largest, 260U * 1024) << "memory is bounded by the block";
        const std::string text = format == Format::gzip ? gunzip(file) : file;
        EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 2 * lines);
        EXPECT_EQ(std::count(text.begin(), text.end(), ','), 14 * (1 + 2 * lines));
        EXPECT_TRUE(text.starts_with("server,phase,step,"));
    }
}

TEST(Samples, nothing_is_handed_on_after_a_failure) {
    int calls = 0;
    SampleWriter writer(
        [&](std::string_view) {
            ++calls;
            return false;
        },
        Format::plain);
    writer.begin("s", "p", origin);
    for (int i = 0; i < 10'000; ++i) writer.add(sample());
    EXPECT_FALSE(writer.finish());
    EXPECT_EQ(calls, 1);
}

TEST(Samples, the_name_says_the_format) {
    EXPECT_EQ(SampleWriter::format_of("a.csv.gz"), Format::gzip);
    EXPECT_EQ(SampleWriter::format_of("gz.csv"), Format::plain);
}

}  // namespace
}  // namespace volley::report
