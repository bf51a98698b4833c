#include <volley/report/samples.hpp>

#include <charconv>
#include <new>

#include <zlib.h>

namespace volley::report {
namespace {

constexpr std::size_t block_size = 256 * 1024;
constexpr std::size_t longest_line = 1024;  // two names aside

template <class Int>
void append_number(std::string& out, Int value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, end);
}

/// Seconds with nine decimals; nothing for an instant that was not reached.
void append_instant(std::string& out, TimePoint at, TimePoint origin) {
    if (at == TimePoint{}) return;
    auto ns = static_cast<std::int64_t>((at - origin).count());
    if (ns < 0) {
        out += '-';
        ns = -ns;
    }
    append_number(out, ns / 1'000'000'000);
    out += '.';
    char decimals[9];
    for (auto left = ns % 1'000'000'000, i = std::int64_t{8}; i >= 0; --i, left /= 10)
        decimals[i] = static_cast<char>('0' + left % 10);
    out.append(decimals, sizeof decimals);
}

void append_field(std::string& out, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

}  // namespace

/// One state for all members: deflateReset() keeps its memory.
class SampleWriter::Deflater {
public:
    Deflater() {
        constexpr int window_bits = 15 + 16;  // 16: a gzip member
        constexpr int memory_level = 8;
        constexpr int level = 1;  // fast: a worker thread pays for it
        if (deflateInit2(&stream_, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;
    ~Deflater() { deflateEnd(&stream_); }

    /// A whole member. The view is good until the next call.
    std::string_view member(std::string_view text) {
        deflateReset(&stream_);
        out_.resize(deflateBound(&stream_, static_cast<uLong>(text.size())));
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib's interface knows no const
        stream_.avail_in = static_cast<uInt>(text.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
        stream_.avail_out = static_cast<uInt>(out_.size());
        deflate(&stream_, Z_FINISH);  // one call is enough: the bound is one for the whole
        return std::string_view(out_).substr(0, out_.size() - stream_.avail_out);
    }

private:
    z_stream stream_{};
    std::string out_;
};

SampleWriter::SampleWriter(Sink sink, Format format) : sink_(std::move(sink)) {
    if (format == Format::gzip) deflater_ = std::make_unique<Deflater>();
}

SampleWriter::~SampleWriter() = default;

SampleWriter::Format SampleWriter::format_of(std::string_view file_name) noexcept {
    return file_name.ends_with(".gz") ? Format::gzip : Format::plain;
}

void SampleWriter::header() {
    lines_ +=
        "server,phase,step,planned_s,started_s,connected_s,sent_s,first_byte_s,done_s,bytes,status,outcome,right,connection,warmup\n";
    hand_on();  // at once: other writers of the file may fill a block sooner
}

std::string SampleWriter::names(std::string_view server, std::string_view phase) {
    std::string out;
    append_field(out, server);
    out += ',';
    append_field(out, phase);
    return out;
}

void SampleWriter::begin(std::string_view server, std::string_view phase, TimePoint origin) {
    names_ = names(server, phase);
    origin_ = origin;
}

void SampleWriter::append(std::string& out, std::string_view names, TimePoint origin, const metrics::Sample& s) {
    out += names;
    out += ',';
    append_number(out, s.step);
    for (const TimePoint at : {s.planned, s.started, s.connected, s.sent, s.first_byte, s.done}) {
        out += ',';
        append_instant(out, at, origin);
    }
    out += ',';
    append_number(out, s.bytes);
    out += ',';
    append_number(out, s.status);
    out += ',';
    out += metrics::to_string(s.outcome);
    out += s.right ? ",1," : ",0,";
    append_number(out, s.connection);
    out += s.warmup ? ",1\n" : ",0\n";
}

void SampleWriter::add(const metrics::Sample& sample) {
    if (failed_) return;
    if (lines_.capacity() < block_size) lines_.reserve(block_size + longest_line + names_.size());
    append(lines_, names_, origin_, sample);
    if (lines_.size() >= block_size) hand_on();
}

void SampleWriter::hand_on() {
    if (!lines_.empty() && !failed_) failed_ = !sink_(deflater_ ? deflater_->member(lines_) : std::string_view(lines_));
    lines_.clear();
}

bool SampleWriter::finish() {
    hand_on();
    return !failed_;
}

}  // namespace volley::report
