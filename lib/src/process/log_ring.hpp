// The last lines that a child process wrote: bounded, however much it writes.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace volley::process {

/// Keeps the last lines of a byte stream. Bytes beyond `max_line` of a line are dropped, lines beyond `max_lines` push out the oldest.
/// It may also look for one text: see watch_for().
/// Thread safety: none; its owner's thread.
class LogRing {
public:
    static constexpr std::size_t max_lines = 40;
    static constexpr std::size_t max_line = 1000;  ///< bytes

    /// Adds what was read, in pieces of any size. Carriage returns before a line's end are dropped.
    void add(std::string_view bytes);
    /// From now on, remembers whether a line (its first `max_line` bytes, finished or not) contained `text`. Empty: never.
    void watch_for(std::string text) { wanted_ = std::move(text); }
    [[nodiscard]] bool seen() const noexcept { return seen_; }
    /// Oldest first, the unfinished last line included, bytes as they came: escape them before showing them.
    [[nodiscard]] std::vector<std::string> lines() const;

private:
    void look();
    void finish();

    std::deque<std::string> lines_;
    std::string open_;  ///< the line that has no end yet
    std::string wanted_;
    bool seen_ = false;
};

}  // namespace volley::process
