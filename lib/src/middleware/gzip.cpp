#include <volley/middleware.hpp>

#include <array>
#include <stdexcept>

#include <zlib.h>

#include <volley/view/sync.hpp>

#include "middleware/header_list.hpp"

namespace volley::middleware {
namespace {

/// Bodies over this are compressed off the loop: about a millisecond's work.
constexpr std::size_t large_body = 64 * 1024;

/// A gzip member in the making. Source: RFC 1952; zlib's deflateInit2 with 16 added to the window bits.
class Deflater {
public:
    explicit Deflater(int level) {
        constexpr int window_bits = 15 + 16;
        constexpr int memory_level = 8;
        if (deflateInit2(&stream_, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;
    ~Deflater() { deflateEnd(&stream_); }

    /// @param flush  Z_SYNC_FLUSH: the reader can read all of it; Z_FINISH: that was the last.
    std::string push(std::string_view text, int flush) {
        std::string out;
        std::array<char, 16 * 1024> buffer;
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib's interface knows no const
        stream_.avail_in = static_cast<uInt>(text.size());
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
            stream_.avail_out = static_cast<uInt>(buffer.size());
            deflate(&stream_, flush);
            out.append(buffer.data(), buffer.size() - stream_.avail_out);
        } while (stream_.avail_out == 0);
        return out;
    }

private:
    z_stream stream_{};
};

class GzipWriter final : public view::Writer {
public:
    GzipWriter(view::Writer& inner, int level) : inner_(inner), deflater_(level) {}
    view::awaitable<bool> write(std::string chunk) override {
        if (chunk.empty()) co_return true;
        std::string piece = deflater_.push(chunk, Z_SYNC_FLUSH);
        co_return co_await inner_.write(std::move(piece));
    }
    view::awaitable<bool> finish() {
        std::string rest = deflater_.push({}, Z_FINISH);
        co_return co_await inner_.write(std::move(rest));
    }

private:
    view::Writer& inner_;
    Deflater deflater_;
};

view::awaitable<void> compressed(view::Stream producer, view::Writer& writer, int level) {
    GzipWriter gzip(writer, level);
    co_await producer(gzip);
    co_await gzip.finish();
}

bool compressible(std::string_view type) {
    type = type.substr(0, type.find_first_of("; "));
    const auto ends_with = [&](std::string_view end) {
        return type.size() >= end.size() && http::iequals(type.substr(type.size() - end.size()), end);
    };
    return (type.size() > 5 && http::iequals(type.substr(0, 5), "text/")) || ends_with("json") || ends_with("xml") ||
           ends_with("javascript");
}

bool wanted(const view::Request& request, view::Response& response, std::size_t min_bytes) {
    const http::Headers& headers = response.headers;
    if (response.status == 204 || response.status == 206 || response.status == 304) return false;
    if (headers.has("Content-Encoding") || headers.has("Content-Range")) return false;
    if (!compressible(headers.get("Content-Type").value_or(""))) return false;
    if (headers.get("Cache-Control").value_or("").find("no-transform") != std::string_view::npos) return false;
    if (!response.stream && response.body.size() < min_bytes) return false;
    add_vary(response.headers, "Accept-Encoding");  // also for those who get it as it is
    return accepts_gzip(request.headers.get("Accept-Encoding").value_or(""));
}

void mark(view::Response& response) {
    response.headers.set("Content-Encoding", "gzip");
    response.headers.erase("Content-Length");
    response.headers.erase("Accept-Ranges");
    // A strong validator names exact bytes, and these are others (RFC 9110 section 8.8.3.3).
    if (const auto etag = response.headers.get("ETag"); etag && !etag->starts_with("W/"))
        response.headers.set("ETag", "W/" + std::string(*etag));
}

void compress_stream(view::Response& response, int level) {
    mark(response);
    response.stream = [producer = std::move(response.stream), level](view::Writer& writer) {
        return compressed(producer, writer, level);
    };
}

void take(view::Response& response, std::string compressed_body) {
    if (compressed_body.size() >= response.body.size()) return;
    mark(response);
    response.body = std::move(compressed_body);
}

std::string compress(std::string_view body, int level) { return Deflater(level).push(body, Z_FINISH); }

}  // namespace

view::awaitable<view::Response> Gzip::operator()(const view::Request& request, const view::AsyncNext& next) const {
    view::Response response = co_await next(request);
    if (!wanted(request, response, options_.min_bytes)) co_return response;
    if (response.stream) {
        compress_stream(response, options_.level);
    } else if (response.body.size() <= large_body) {
        take(response, compress(response.body, options_.level));
    } else {
        // The body goes along: a cancelled request leaves while its compression goes on.
        const auto body = std::make_shared<const std::string>(response.body);
        auto work = [body, level = options_.level] { return compress(*body, level); };
        std::string smaller = co_await view::sync_to_async(std::move(work), view::Thread::pool);
        take(response, std::move(smaller));
    }
    co_return response;
}

view::Response Gzip::operator()(const view::Request& request, const view::SyncNext& next) const {
    view::Response response = next(request);
    if (!wanted(request, response, options_.min_bytes)) return response;
    if (response.stream) {
        compress_stream(response, options_.level);
    } else {
        take(response, compress(response.body, options_.level));
    }
    return response;
}

}  // namespace volley::middleware
