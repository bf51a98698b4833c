// Every request as a line of CSV, written as they come.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <volley/metrics/sample.hpp>
#include <volley/time.hpp>

namespace volley::report {

/// Formats samples and hands them on in blocks of whole lines, each block under gzip a member of its own (RFC 1952 section 2.2:
/// members one after the other are one file). So several threads can each have a writer and share one file, under a lock that is
/// taken in their sinks, once a block; compression is done outside it. Memory: one block (256 KiB) and zlib's state, however many lines.
///
/// Columns: server, phase, step (its index), then the instants in seconds from the start of the phase with nine decimals, empty where
/// not reached, then bytes, status, outcome, right (0 or 1), connection (of a ping: the number of its call), warmup (0 or 1).
/// Thread safety: one thread at a time for one writer.
class SampleWriter {
public:
    enum class Format { plain, gzip };
    /// Takes a block. @return false: it cannot be written; nothing more is handed on then.
    using Sink = std::function<bool(std::string_view block)>;

    SampleWriter(Sink sink, Format format);
    SampleWriter(const SampleWriter&) = delete;
    SampleWriter& operator=(const SampleWriter&) = delete;
    ~SampleWriter();

    /// `gzip` for a name that ends in .gz.
    [[nodiscard]] static Format format_of(std::string_view file_name) noexcept;
    /// The line of column names. Once for a file, by whoever opened it, before anything else.
    void header();
    /// What the following samples belong to, and the instant that their times count from. Names are copied.
    void begin(std::string_view server, std::string_view phase, TimePoint origin);
    /// One line. Allocates nothing but for the first lines of a writer.
    void add(const metrics::Sample& sample);
    /// Hands on what is left; nothing is written without it. @return false when any of it could not be.
    [[nodiscard]] bool finish();

    /// One line into a text of the caller's: `names` is what begin() makes of the names.
    static void append(std::string& out, std::string_view names, TimePoint origin, const metrics::Sample& sample);
    /// The first two columns, quoted where they must be (RFC 4180).
    [[nodiscard]] static std::string names(std::string_view server, std::string_view phase);

private:
    void hand_on();

    class Deflater;
    Sink sink_;
    std::unique_ptr<Deflater> deflater_;  ///< empty: plain
    std::string lines_;
    std::string names_;
    TimePoint origin_{};
    bool failed_ = false;
};

}  // namespace volley::report
