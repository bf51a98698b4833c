#include "printer.hpp"

#include <cerrno>
#include <cstdlib>
#include <memory>

#include <gtest/gtest.h>

namespace volley::cli {
namespace {

/// What a printer wrote.
class Paper {
public:
    explicit Paper(RequestOptions options)
        : options_(std::move(options)), file_(open_memstream(&text_, &size_)), output_(file_) {}
    Paper(const Paper&) = delete;
    Paper& operator=(const Paper&) = delete;
    ~Paper() {
        std::fclose(file_);
        std::free(text_);
    }
    Printer& printer() { return printer_; }
    std::string text() {
        output_.flush();
        return {text_, size_};
    }

private:
    RequestOptions options_;
    char* text_ = nullptr;
    std::size_t size_ = 0;
    std::FILE* file_;
    Output output_;
    Printer printer_{options_, output_};
};

RequestOptions for_terminal() {
    RequestOptions options;
    options.print = "b";
    options.format = options.to_terminal = true;
    return options;
}

http::Response answer(const char* type) {
    http::Response response;
    response.status = 200;
    response.headers = {{"Content-Type", type}};
    return response;
}

std::string shown(const RequestOptions& options, const char* type, const std::vector<std::string>& chunks) {
    Paper paper(options);
    paper.printer().head(answer(type));
    for (const auto& chunk : chunks) paper.printer().body(chunk);
    paper.printer().end_of_body();
    return paper.text();
}

TEST(Printer, a_pipe_gets_every_byte_as_it_came) {
    RequestOptions options;
    options.print = "b";
    EXPECT_EQ(shown(options, "application/json", {"{\"a\":", "1}\x1b\r\n"}), "{\"a\":1}\x1b\r\n");
    const std::string binary("\0\x01", 2);
    EXPECT_EQ(shown(options, "image/png", {binary}), binary);
}

TEST(Printer, json_that_comes_in_pieces_is_indented_whole) {
    EXPECT_EQ(shown(for_terminal(), "application/json", {"{\"a\":", "1}"}), "{\n    \"a\": 1\n}\n\n");
    EXPECT_EQ(shown(for_terminal(), "application/json", {"{\"a\":", "oops"}), "{\"a\":oops\n\n");
}

TEST(Printer, text_cannot_steer_the_terminal) {
    EXPECT_EQ(shown(for_terminal(), "text/html", {"a\x1b[2J\r\nb\rc\x9b"}), "a\\x1b[2J\nb\\x0dc\\x9b\n\n");
}

TEST(Printer, characters_cut_by_a_chunk_come_out_whole) {
    auto options = for_terminal();
    options.stream = true;
    EXPECT_EQ(shown(options, "text/plain", {"\xc3", "\xbc\xe2\x98", "\x83\r", "\nx\xf0\x9f"}), "\u00fc\u2603\nx\\xf0\\x9f\n\n");
}

TEST(Printer, events_are_shown_as_they_come) {
    Paper paper(for_terminal());
    paper.printer().head(answer("text/event-stream"));
    paper.printer().body("data: 1\n\n");
    EXPECT_EQ(paper.text(), "data: 1\n\n");
    paper.printer().body("data: 2\n\n");
    EXPECT_EQ(paper.text(), "data: 1\n\ndata: 2\n\n");
}

TEST(Printer, binary_data_is_replaced_by_a_note) {
    const std::string out = shown(for_terminal(), "application/octet-stream", {std::string("a\0b", 3), "more"});
    EXPECT_NE(out.find("NOTE: binary data not shown in terminal"), std::string::npos);
    EXPECT_EQ(out.find("more"), std::string::npos);
}

TEST(Printer, in_a_pipe_two_newlines_part_a_body_from_the_next_message) {
    RequestOptions options;
    options.print = "HBhb";
    Paper paper(options);
    http::Request request;
    request.body = "x";
    paper.printer().request(request);
    paper.printer().head(answer("text/plain"));
    paper.printer().body("y");
    paper.printer().end_of_body();
    EXPECT_EQ(paper.text(), "GET / HTTP/1.1\r\n\r\nx\n\nHTTP/1.1 200\r\nContent-Type: text/plain\r\n\r\ny");
}

TEST(Printer, timings_are_in_seconds_with_nanoseconds) {
    RequestOptions options;
    options.print = "m";
    Paper paper(options);
    metrics::Sample sample;
    sample.started = TimePoint(std::chrono::seconds(1));
    sample.done = TimePoint(std::chrono::nanoseconds(2'000'000'005));
    paper.printer().meta(sample);
    EXPECT_EQ(paper.text(), "Elapsed time: 1.000000005s\n");
}

TEST(Printer, a_disk_that_is_full_is_noticed) {
    std::FILE* full = std::fopen("/dev/full", "w");
    ASSERT_NE(full, nullptr);
    Output output(full);
    output.write("x");
    output.flush();
    EXPECT_TRUE(output.failed());
    EXPECT_EQ(output.error(), ENOSPC);
    std::fclose(full);
}

}  // namespace
}  // namespace volley::cli
