// An exchange on a terminal or in a pipe.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include <volley/client/transport.hpp>
#include <volley/http/message.hpp>

#include "options.hpp"

namespace volley::cli {

/// Where output goes. Remembers the first failure, so that a full disk or a closed pipe ends the exchange.
class Output {
public:
    explicit Output(std::FILE* file) : file_(file) {}
    void write(std::string_view text);
    void flush();
    [[nodiscard]] bool failed() const noexcept { return error_ != 0; }
    /// errno of the first failure, 0: none.
    [[nodiscard]] int error() const noexcept { return error_; }

private:
    std::FILE* file_;
    int error_ = 0;
};

/// Prints what the options ask for, as it comes where that is possible. JSON that is to be indented is held until its end (8 MiB at most).
class Printer {
public:
    Printer(const RequestOptions& options, Output& output) : options_(options), output_(output) {}

    void request(const http::Request& request);
    /// A whole answer's parts, in this order; `meta` may follow a body that was not printed.
    void head(const http::Response& response);
    void body(std::string_view chunk);
    void end_of_body();
    void meta(const metrics::Sample& sample);

    [[nodiscard]] bool wants(char letter) const noexcept { return options_.print.find(letter) != std::string::npos; }

private:
    enum class Mode { raw, hold, stream, binary };
    void begin_message();
    void print_chunk(std::string_view chunk);
    void print_held();
    void print_binary_note();
    Mode mode_for(std::string_view content_type) const;

    const RequestOptions& options_;
    Output& output_;
    Mode mode_ = Mode::raw;
    std::string held_;  // a body to be formatted, or the end of a chunk that a later one completes
    bool body_open_ = false;
    bool after_body_ = false;  // the next message needs a separator
};

}  // namespace volley::cli
