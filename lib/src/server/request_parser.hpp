// Reads one HTTP/1.1 request from bytes. The only part of the server that knows Beast.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <volley/view.hpp>

namespace volley::server {

/// One parser reads one request; does no I/O.
class RequestParser {
public:
    /// @param header_bytes  limit on request line and fields together. @param body_bytes  limit on the body, decoded.
    RequestParser(std::size_t header_bytes, std::size_t body_bytes);
    ~RequestParser();
    RequestParser(RequestParser&&) noexcept;
    RequestParser& operator=(RequestParser&&) noexcept;

    enum class Progress {
        need_more,
        head,    ///< the head is complete, a body follows: reported once
        done,    ///< see request()
        refused  ///< see refusal()
    };
    /// Takes what it can use from the front of `buffer` and removes it; what it leaves must be there at the next call, with more behind.
    Progress feed(std::string& buffer);

    /// Why a request is refused, and with which status. `text` holds no bytes from outside.
    struct Refusal {
        int status = 400;
        std::string_view text;
    };
    [[nodiscard]] const Refusal& refusal() const noexcept;

    /// After Progress::head: the client waits for "100 Continue" before it sends the body (RFC 9110 section 10.1.1).
    [[nodiscard]] bool expects_continue() const noexcept;
    /// The connection may be used again after this request.
    [[nodiscard]] bool keep_alive() const noexcept;
    /// 10 or 11.
    [[nodiscard]] int version() const noexcept;

    /// Hands over the request after Progress::done. `remote` and `params` are left to the caller.
    [[nodiscard]] view::Request take_request();
    /// The part of the target before '?', percent-encoded, as routes want it.
    [[nodiscard]] static std::string_view path_of(std::string_view target) noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace volley::server
