#include "engine/request_template.hpp"

#include <array>
#include <charconv>

#include "client/request_text.hpp"

namespace volley::engine {
namespace {

constexpr std::array slots{Slot::user, Slot::iteration, Slot::length};

void append(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

std::size_t digits(std::uint64_t number) noexcept {
    std::size_t n = 1;
    for (; number >= 10; number /= 10) ++n;
    return n;
}

void replace(std::string& text, std::string_view what, std::uint64_t number) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at))
        text.replace(at, what.size(), std::to_string(number));
}

bool has_marker(std::string_view text) noexcept {
    return text.find(marker(Slot::user)) != std::string_view::npos ||
           text.find(marker(Slot::iteration)) != std::string_view::npos;
}

}  // namespace

std::string_view marker(Slot slot) noexcept {
    switch (slot) {
        case Slot::user:
            return "volley-slot-user-index-qzx";
        case Slot::iteration:
            return "volley-slot-iteration-qzx";
        case Slot::length:
            return "volley-slot-length-qzx";
    }
    return {};
}

Result<RequestTemplate> RequestTemplate::make(const http::Request& request, const client::Target& target) {
    RequestTemplate out;
    http::Request marked = request;
    const bool in_body = has_marker(request.body);
    if (in_body && !request.headers.has("Transfer-Encoding"))
        marked.headers.set("Content-Length", std::string(marker(Slot::length)));
    auto text = client::render_request(marked, target);
    if (!text) return text.error();
    out.text_ = std::move(*text);
    const std::size_t body = out.text_.size() - request.body.size();
    out.body_begin_ = body;
    if (!has_slots(request)) return out;

    std::size_t at = 0;
    bool body_begun = false;
    for (;;) {
        // The body begins a piece of its own, so that its length can be counted.
        std::size_t next = std::string::npos;
        Slot found = Slot::user;
        for (const Slot slot : slots) {
            const auto place = out.text_.find(marker(slot), at);
            if (place < next) {
                next = place;
                found = slot;
            }
        }
        if (!body_begun && (next == std::string::npos || next >= body)) {
            if (body > at) out.pieces_.push_back({at, body - at});
            at = body;
            body_begun = true;
        }
        if (next == std::string::npos) break;
        out.pieces_.push_back({at, next - at, found, true});
        at = next + marker(found).size();
        if (!body_begun) continue;
        out.body_size_ += out.pieces_.back().size;
        ++(found == Slot::user ? out.body_users_ : out.body_iterations_);
    }
    if (at < out.text_.size()) {
        out.pieces_.push_back({at, out.text_.size() - at});
        out.body_size_ += out.text_.size() - at;
    }
    return out;
}

void RequestTemplate::render(std::uint64_t user, std::uint64_t iteration, std::string& out) const {
    out.clear();
    if (is_fixed()) {
        out = text_;
        return;
    }
    for (const auto& piece : pieces_) {
        out.append(text_, piece.begin, piece.size);
        if (!piece.has_slot) continue;
        if (piece.slot == Slot::length)
            append(out, body_size_ + body_users_ * digits(user) + body_iterations_ * digits(iteration));
        else
            append(out, piece.slot == Slot::user ? user : iteration);
    }
}

void fill(http::Request& request, std::uint64_t user, std::uint64_t iteration) {
    const auto fill_text = [&](std::string& text) {
        replace(text, marker(Slot::user), user);
        replace(text, marker(Slot::iteration), iteration);
    };
    fill_text(request.target);
    fill_text(request.body);
    http::Headers filled;
    for (const auto& [name, value] : request.headers) {
        std::string text = value;
        fill_text(text);
        filled.add(name, std::move(text));
    }
    request.headers = std::move(filled);
}

bool has_slots(const http::Request& request) noexcept {
    if (has_marker(request.target) || has_marker(request.body)) return true;
    for (const auto& [name, value] : request.headers)
        if (has_marker(value)) return true;
    return false;
}

}  // namespace volley::engine
