#include "printer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <volley/error.hpp>

#include "style.hpp"

namespace volley::cli {
namespace {

constexpr std::size_t max_held = 8UL * 1024 * 1024;

constexpr std::string_view binary_note =
    "+-----------------------------------------+\n"
    "| NOTE: binary data not shown in terminal |\n"
    "+-----------------------------------------+";

/// How many bytes at the end may be the beginning of a character (or of a CRLF) that the next chunk completes.
std::size_t unfinished(std::string_view text) noexcept {
    if (text.ends_with('\r')) return 1;
    for (std::size_t n = 1; n <= std::min<std::size_t>(3, text.size()); ++n) {
        const auto byte = static_cast<unsigned char>(text[text.size() - n]);
        if ((byte & 0xc0) == 0x80) continue;
        const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
        return length > n ? n : 0;
    }
    return 0;
}

/// Line ends as the terminal wants them, everything else that could steer it made visible.
std::string for_terminal(std::string_view text) {
    std::string lines;
    for (std::size_t at = 0; at < text.size(); ++at)
        if (text[at] != '\r' || at + 1 == text.size() || text[at + 1] != '\n') lines += text[at];
    return escape_for_terminal(lines);
}

std::string seconds_text(Duration d) {
    std::string digits = std::to_string(std::max<long long>(d.count(), 0));
    if (digits.size() < 10) digits.insert(0, 10 - digits.size(), '0');
    return digits.insert(digits.size() - 9, ".") + 's';
}

}  // namespace

void Output::write(std::string_view text) {
    if (error_ != 0 || text.empty()) return;
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) error_ = errno != 0 ? errno : EIO;
}

void Output::flush() {
    if (error_ != 0) return;
    errno = 0;
    if (std::fflush(file_) != 0) error_ = errno != 0 ? errno : EIO;
}

void Printer::begin_message() {
    if (after_body_) output_.write("\n\n");
    after_body_ = false;
}

void Printer::request(const http::Request& request) {
    if (wants('H')) {
        begin_message();
        output_.write(style_head(request, options_.colour, options_.to_terminal));
    }
    if (wants('B') && !request.body.empty()) {
        if (!wants('H')) begin_message();
        mode_ = mode_for(request.headers.get("Content-Type").value_or(""));
        body_open_ = true;
        print_chunk(request.body);
        end_of_body();
    }
    output_.flush();
}

Printer::Mode Printer::mode_for(std::string_view content_type) const {
    const bool json = may_be_json(content_type);
    if ((options_.format || options_.colour) && json && !options_.stream) return Mode::hold;
    return options_.to_terminal || options_.format || options_.colour ? Mode::stream : Mode::raw;
}

void Printer::head(const http::Response& response) {
    if (wants('h')) {
        begin_message();
        output_.write(style_head(response, options_.colour, options_.to_terminal));
        output_.flush();
    }
    held_.clear();
    body_open_ = false;
    mode_ = mode_for(response.headers.get("Content-Type").value_or(""));
}

void Printer::body(std::string_view chunk) {
    if (!wants('b') || chunk.empty()) return;
    if (!body_open_ && !wants('h')) begin_message();
    body_open_ = true;
    print_chunk(chunk);
    output_.flush();
}

void Printer::print_chunk(std::string_view chunk) {
    switch (mode_) {
        case Mode::raw:
            output_.write(chunk);
            return;
        case Mode::binary:
            return;
        case Mode::hold:
            held_ += chunk;
            if (held_.size() <= max_held) return;
            mode_ = Mode::stream;  // too much to keep: show it as it is
            chunk = {};
            break;
        case Mode::stream:
            held_ += chunk;
            break;
    }
    print_held();
}

/// Prints what is held but for a character that has not come whole.
void Printer::print_held() {
    if (held_.find('\0') != std::string::npos) {
        print_binary_note();
        return;
    }
    const std::size_t keep = unfinished(held_);
    const std::string_view ready = std::string_view(held_).substr(0, held_.size() - keep);
    output_.write(options_.to_terminal ? for_terminal(ready) : std::string(ready));
    held_.erase(0, held_.size() - keep);
}

void Printer::print_binary_note() {
    mode_ = Mode::binary;
    held_.clear();
    output_.write(binary_note);
}

void Printer::end_of_body() {
    if (!body_open_) return;
    if (mode_ == Mode::hold) {
        std::string out;
        const JsonStyle style{4, options_.format, options_.colour, options_.to_terminal};
        if (style_json(held_, style, out)) {
            output_.write(out);
            held_.clear();
        } else {
            mode_ = Mode::stream;
            print_held();
        }
    }
    if (mode_ == Mode::stream && !held_.empty()) output_.write(options_.to_terminal ? for_terminal(held_) : held_);
    held_.clear();
    if (options_.to_terminal)
        output_.write("\n\n");
    else
        after_body_ = true;
    body_open_ = false;
    output_.flush();
}

void Printer::meta(const metrics::Sample& sample) {
    if (!wants('m')) return;
    begin_message();
    const auto part = [&](std::string_view name, TimePoint from, TimePoint to) {
        if (from == TimePoint{} || to == TimePoint{} || to < from) return;
        output_.write(paint(Paint::field_name, name, options_.colour) + ": " +
                      paint(Paint::number, seconds_text(to - from), options_.colour) + '\n');
    };
    part("Connect time", sample.started, sample.connected);
    part("Wait for first byte", sample.sent, sample.first_byte);
    part("Receive time", sample.first_byte, sample.done);
    part("Elapsed time", sample.started, sample.done);
    if (options_.to_terminal) output_.write("\n");
    output_.flush();
}

}  // namespace volley::cli
