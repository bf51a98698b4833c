#include "live_line.hpp"

#include <chrono>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

#include <volley/error.hpp>

namespace volley::cli {
namespace {

constexpr long long plain_every_ns = 5'000'000'000;

/// Cuts to so many columns, at a code point.
std::string cut(const std::string& text, std::size_t columns) {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80 && seen++ == columns) return text.substr(0, i);
    return text;
}

}  // namespace

void LiveLine::show(const std::string& text) {
    if (quiet_) return;
    if (terminal_.stderr_is_terminal && terminal_.rewrites) {
        winsize size{};
        const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
        // A line that wraps could not be written over.
        std::fprintf(stderr, "\r\x1b[K%s", cut(escape_for_terminal(text), known ? size.ws_col - 1U : 79U).c_str());
        std::fflush(stderr);
        shown_ = true;
        return;
    }
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    if (now < next_plain_ns_) return;
    if (next_plain_ns_ != 0) std::fprintf(stderr, "%s\n", escape_for_terminal(text).c_str());
    next_plain_ns_ = now + plain_every_ns;
}

void LiveLine::clear() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
    shown_ = false;
}

}  // namespace volley::cli
