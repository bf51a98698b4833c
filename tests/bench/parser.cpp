// How long the answer parser takes for one usual answer, and beside it Beast's parser on the same bytes. A ratio, since times differ
// from machine to machine; the best of several rounds, since what disturbs a round only makes it longer.
//   bench_parser [ANSWERS_PER_ROUND]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "proto/http/response_parser.hpp"

namespace {

namespace http = boost::beast::http;
using volley::proto::http::ResponseParser;

constexpr std::string_view with_length =
    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 01 Mar 2025 12:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Content-Length: 11\r\nLast-Modified: Sat, 01 Mar 2025 11:00:00 GMT\r\nConnection: keep-alive\r\n"
    "ETag: \"67c2e6a0-b\"\r\nAccept-Ranges: bytes\r\n\r\nhello world";
constexpr std::string_view in_chunks =
    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 01 Mar 2025 12:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n";
constexpr std::size_t body_size = 11;

std::size_t by_volley(ResponseParser& parser, std::string_view in, bool fields) {
    using Event = ResponseParser::Event;
    std::size_t body = 0;
    parser.start(false);
    for (;;) {
        const auto step = parser.parse(in);
        in.remove_prefix(step.consumed);
        body += step.body.size();
        if (fields && step.event == Event::head)
            while (const auto field = parser.next_field()) asm volatile("" : : "r"(field->value.data()) : "memory");
        if (step.event == Event::done) return body;
        if (step.event == Event::need_more || step.event == Event::error) return 0;
    }
}

// Beast's as it comes: it keeps each field in memory of its own. The body fits into its string.
std::size_t by_beast(std::string_view in) {
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    boost::system::error_code ec;
    (void)parser.put(boost::asio::buffer(in.data(), in.size()), ec);
    return parser.is_done() ? parser.get().body().size() : 0;
}

// Beast's without what holds the fields and the body: the parsing alone.
class BareBeast : public http::basic_parser<false> {
public:
    std::size_t body = 0;

private:
    using View = boost::beast::string_view;
    using Error = boost::system::error_code;
    void on_request_impl(http::verb, View, View, int, Error&) override {}
    void on_response_impl(int, View, int, Error&) override {}
    void on_field_impl(http::field, View, View, Error&) override {}
    void on_header_impl(Error&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
    std::size_t on_body_impl(View piece, Error&) override {
        body += piece.size();
        return piece.size();
    }
    void on_chunk_header_impl(std::uint64_t, View, Error&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View piece, Error&) override {
        body += piece.size();
        return piece.size();
    }
    void on_finish_impl(Error&) override {}
};

std::size_t by_bare_beast(std::string_view in) {
    BareBeast parser;
    parser.eager(true);
    boost::system::error_code ec;
    while (!in.empty() && !ec && !parser.is_done()) in.remove_prefix(parser.put(boost::asio::buffer(in.data(), in.size()), ec));
    return parser.is_done() ? parser.body : 0;
}

template <class Parse>
double best_ns(long answers, std::string_view in, Parse parse) {
    double best = 1e18;
    for (int round = 0; round < 7; ++round) {
        std::size_t sum = 0;
        const auto begin = std::chrono::steady_clock::now();
        for (long i = 0; i < answers; ++i) {
            const char* fresh = in.data();
            asm volatile("" : "+r"(fresh) : : "memory");  // as if the bytes had just been read
            sum += parse(std::string_view(fresh, in.size()));
        }
        const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
        if (sum != body_size * static_cast<std::size_t>(answers)) {
            std::fputs("bench_parser: a body was not read\n", stderr);
            std::exit(1);
        }
        best = std::min(best, took.count() / static_cast<double>(answers));
    }
    return best;
}

}  // namespace

int main(int argc, char** argv) {
    const long answers = argc > 1 ? std::max(1L, std::atol(argv[1])) : 200'000;
    std::printf("parser: %zu bytes of memory each; beast: %zu\n", sizeof(ResponseParser),
                sizeof(http::response_parser<http::string_body>));
    for (const auto& [what, in] : {std::pair{"content-length", with_length}, std::pair{"chunked", in_chunks}}) {
        ResponseParser parser;
        const double ours = best_ns(answers, in, [&](std::string_view bytes) { return by_volley(parser, bytes, false); });
        const double walked = best_ns(answers, in, [&](std::string_view bytes) { return by_volley(parser, bytes, true); });
        const double whole = best_ns(answers, in, by_beast);
        const double bare = best_ns(answers, in, by_bare_beast);
        std::printf(
            "%-14s %zu bytes: %.0f ns, with a walk over the fields %.0f ns; beast takes %.1f times as long, "
            "without its containers %.1f times\n",
            what, in.size(), ours, walked, whole / ours, bare / ours);
    }
}
