// A request rendered once, with gaps for what differs from one sending to the next.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <volley/client/transport.hpp>

namespace volley::engine {

/// What a gap is filled with.
enum class Slot : std::uint8_t {
    user,       ///< number of the user, from 0
    iteration,  ///< number of the iteration over all users, from 0
    length      ///< Content-Length of a body that holds gaps
};

/// The text that stands for a slot in a request until it is rendered: made of letters and hyphens, so that it survives URL encoding,
/// quoting in JSON and the checks on header values.
[[nodiscard]] std::string_view marker(Slot slot) noexcept;

/// The bytes of a request, as pieces. Thread safety: as a plain value.
class RequestTemplate {
public:
    /// Errors: as client::render_request.
    [[nodiscard]] static Result<RequestTemplate> make(const http::Request& request, const client::Target& target);

    /// Without slots the bytes are always the same, and these.
    [[nodiscard]] bool is_fixed() const noexcept { return pieces_.empty(); }
    [[nodiscard]] std::string_view head() const noexcept { return std::string_view(text_).substr(0, body_begin_); }
    [[nodiscard]] std::string_view body() const noexcept { return std::string_view(text_).substr(body_begin_); }
    /// Writes the bytes of one sending over `out`, whose memory is used again.
    void render(std::uint64_t user, std::uint64_t iteration, std::string& out) const;

private:
    struct Piece {
        std::size_t begin = 0;  ///< of text_
        std::size_t size = 0;
        Slot slot = Slot::user;  ///< after it
        bool has_slot = false;
    };
    std::string text_;
    std::vector<Piece> pieces_;
    std::size_t body_begin_ = 0;
    std::size_t body_size_ = 0;   ///< of its pieces, without its slots
    std::size_t body_users_ = 0;  ///< how many slots of each kind it has
    std::size_t body_iterations_ = 0;
};

/// Replaces the markers of a request, for carriers that render it themselves.
void fill(http::Request& request, std::uint64_t user, std::uint64_t iteration);
/// Whether any part of it holds a marker.
[[nodiscard]] bool has_slots(const http::Request& request) noexcept;

}  // namespace volley::engine
