// One line on standard error that is written over again and again; nothing where that is no terminal.
#pragma once

#include <string>

#include "terminal.hpp"

namespace volley::cli {

class LiveLine {
public:
    LiveLine(const Terminal& terminal, bool quiet) : terminal_(terminal), quiet_(quiet) {}
    /// Shows a line. Without a terminal, each new text is a line of its own, at most one in five seconds.
    void show(const std::string& text);
    void clear();

private:
    Terminal terminal_;
    bool quiet_;
    bool shown_ = false;
    long long next_plain_ns_ = 0;
};

}  // namespace volley::cli
