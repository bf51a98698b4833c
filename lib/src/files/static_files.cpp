#include "files/static_files.hpp"

#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <volley/http/url.hpp>

namespace volley::files {
namespace {

using view::awaitable;
using view::Request;
using view::Response;
namespace errc = boost::system::errc;

constexpr std::size_t piece = 64 * 1024;

/// A file that is open, with its first piece where that is all of it.
struct Loaded {
    Result<OpenedFile> file;
    std::string name;
    std::string content;
};

Loaded load(Result<OpenedFile> file, std::string name) {
    Loaded out{std::move(file), std::move(name), {}};
    if (out.file && !out.file->is_folder && out.file->facts.size <= piece) {
        auto content = read_at(*out.file->descriptor, 0, piece);
        if (!content) {
            out.file = content.error();
        } else {
            // It may have been written to since it was opened: what is sent is what was read.
            out.content = std::move(*content);
            out.file->facts.size = out.content.size();
        }
    }
    return out;
}

Response not_found(std::string_view why) { return Response::error(404, why); }

Response refused(const error_code& ec) {
    if (ec == errc::cross_device_link) return not_found("this link leads out of the folder that is served");
    if (ec == errc::too_many_symbolic_link_levels) return not_found("this link is not followed");
    if (ec == errc::permission_denied) return Response::error(403, "the server may not read this file");
    if (ec == errc::not_supported) return not_found("this is neither a file nor a folder");
    if (ec == errc::too_many_files_open || ec == errc::too_many_files_open_in_system)
        return Response::error(503, "out of file descriptors");
    return not_found("there is no such file");
}

awaitable<void> produce_file(std::shared_ptr<Descriptor> file, std::uint64_t at, std::uint64_t left, view::Writer& writer) {
    while (left > 0) {
        const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece));
        auto read = [file, at, most] { return read_at(*file, at, most); };
        Result<std::string> chunk = co_await view::sync_to_async(std::move(read), view::Thread::pool);
        if (!chunk) throw boost::system::system_error(chunk.error());
        if (chunk->empty()) break;  // it became shorter: the server notices that bytes are missing
        at += chunk->size();
        left -= chunk->size();
        const bool taken = co_await writer.write(std::move(*chunk));
        if (!taken) break;
    }
}

Response send(Loaded loaded, const Request& request) {
    const OpenedFile& file = *loaded.file;
    Response response;
    http::Headers& headers = response.headers;
    headers.add("ETag", etag_of(file.facts));
    headers.add("Last-Modified", http_date_of(file.facts.modified_ns / 1'000'000'000));
    headers.add("Cache-Control", "no-cache");
    if (is_unchanged(request.headers, file.facts)) {
        response.status = 304;
        return response;
    }
    headers.add("Content-Type", std::string(media_type_of(loaded.name)));
    headers.add("X-Content-Type-Options", "nosniff");
    headers.add("Accept-Ranges", "bytes");
    // A range is asked for with GET alone (RFC 9110 section 14.2).
    Range range{Range::Kind::whole, 0, file.facts.size};
    if (request.method == "GET") range = range_of(request.headers, file.facts);
    if (range.kind == Range::Kind::unsatisfiable) {
        Response none = Response::error(416, fmt::format("the file has {} bytes", file.facts.size));
        none.headers.add("Content-Range", fmt::format("bytes */{}", file.facts.size));
        return none;
    }
    if (range.kind == Range::Kind::part) {
        response.status = 206;
        headers.add("Content-Range", fmt::format("bytes {}-{}/{}", range.first, range.first + range.size - 1, file.facts.size));
    }
    headers.add("Content-Length", std::to_string(range.size));
    if (request.method == "HEAD") return response;
    if (file.facts.size <= piece) {
        response.body = loaded.content.substr(static_cast<std::size_t>(range.first), static_cast<std::size_t>(range.size));
    } else {
        response.stream = [descriptor = file.descriptor, range](view::Writer& writer) {
            return produce_file(descriptor, range.first, range.size, writer);
        };
    }
    return response;
}

bool is_readable(const Request& request) { return request.method == "GET" || request.method == "HEAD"; }

awaitable<Response> static_file(std::shared_ptr<Descriptor> folder, Beneath how, const Request& request) {
    if (!is_readable(request)) co_return Response::error(405, "files are read with GET and HEAD");
    const std::string_view tail = request.param("path").value_or("");
    std::vector<std::string> parts = view::tail_segments(tail);
    const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
    const bool with_slash = path.ends_with('/');
    if (!parts.empty() && parts.back().empty()) parts.pop_back();
    for (const std::string& part : parts)
        if (const Refusal refusal = refused_part(part); refusal.status != 0)
            co_return Response::error(refusal.status, refusal.text);
    auto open = [folder, how, parts, with_slash] {
        std::vector<std::string> names = parts;
        if (with_slash) names.emplace_back("index.html");
        return load(open_beneath(*folder, names, how), names.empty() ? std::string() : names.back());
    };
    Loaded loaded = co_await view::sync_to_async(std::move(open), view::Thread::pool);
    if (!loaded.file) {
        if (with_slash && loaded.file.error() == errc::no_such_file_or_directory)
            co_return not_found("there is no index.html, and folders are not listed");
        co_return refused(loaded.file.error());
    }
    if (loaded.file->is_folder) {
        if (with_slash) co_return not_found("index.html is a folder");
        // Links on the page are relative to the folder only with the slash. Relative, so that no host can slip in by `//`.
        const std::string last(path.substr(path.rfind('/') + 1));
        Response moved = Response::text(last + "/\n", 301);
        moved.headers.add("Location", "./" + last + "/" + request.target.substr(path.size()));
        co_return moved;
    }
    co_return send(std::move(loaded), request);
}

awaitable<Response> one_file(std::string path, const Request& request) {
    if (!is_readable(request)) co_return Response::error(405, "files are read with GET and HEAD");
    auto open = [path] { return load(open_file(path), path); };
    Loaded loaded = co_await view::sync_to_async(std::move(open), view::Thread::pool);
    if (!loaded.file) co_return refused(loaded.file.error());
    if (loaded.file->is_folder) co_return not_found("this is a folder");
    co_return send(std::move(loaded), request);
}

}  // namespace

Answer static_view(std::shared_ptr<Descriptor> folder, Beneath how) {
    return [folder, how](const Request& request) { return static_file(folder, how, request); };
}

Answer file_view(std::string path) {
    return [path](const Request& request) { return one_file(path, request); };
}

}  // namespace volley::files
