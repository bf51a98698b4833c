// Any well-formed answer is read as what was put into it, however it is written and split; a damaged one is refused, or read, in the
// same way however it is split.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/decoded_answer.hpp"

namespace volley::proto::http {
namespace {

using test::DecodedHead;

rc::Gen<std::string> text() {
    return rc::gen::container<std::string>(
        rc::gen::oneOf(rc::gen::inRange<char>(0x20, 0x7f), rc::gen::just('\t'), rc::gen::just('\xe4')));
}

rc::Gen<std::string> token() {
    return rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("!#$%&'*+-.^_`|~0189abyzABYZ"))));
}

std::string trimmed(const std::string& value) {
    const auto first = value.find_first_not_of(" \t");
    return first == std::string::npos ? "" : value.substr(first, value.find_last_not_of(" \t") - first + 1);
}

std::string line_end() { return *rc::gen::element<std::string>("\r\n", "\r\n", "\n"); }
std::string blanks() { return *rc::gen::element<std::string>("", " ", "\t "); }

// Writes a head and says what is to be read of it.
std::string write_head(DecodedHead& head, const std::vector<std::pair<std::string, std::string>>& framing) {
    head.reason = *text();
    std::string out =
        "HTTP/1." + std::to_string(head.version - 10) + ' ' + std::to_string(head.status) + ' ' + head.reason + line_end();
    auto fields = *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(rc::gen::pair(token(), text()));
    const auto at = *rc::gen::inRange<std::size_t>(0, fields.size() + 1);
    fields.insert(fields.begin() + static_cast<std::ptrdiff_t>(at), framing.begin(), framing.end());
    for (const auto& [name, value] : fields) {
        out += name + ':' + blanks() + value + blanks() + line_end();
        head.fields.emplace_back(name, trimmed(value));
    }
    return out + line_end();
}

std::string write_chunks(const std::string& body) {
    std::string out;
    const auto extension = [] { return *rc::gen::element<std::string>("", "", ";a", ";a=\"b;c\""); };
    for (std::size_t at = 0; at < body.size();) {
        const auto n = *rc::gen::inRange<std::size_t>(1, body.size() - at + 1);
        char size[20];
        std::snprintf(size, sizeof size, *rc::gen::element("%zx", "%zX", "%016zx"), n);
        out += size + extension() + "\r\n" + body.substr(at, n) + "\r\n";
        at += n;
    }
    out += *rc::gen::element<std::string>("0", "000") + extension() + "\r\n";
    for (auto n = *rc::gen::inRange(0, 3); n > 0; --n) out += *token() + ":" + *text() + "\r\n";
    return out + "\r\n";
}

RC_GTEST_PROP(Response, is_read_as_what_was_put_in, ()) {
    enum class Framing { length, chunks, close, none };
    const auto framing = *rc::gen::element(Framing::length, Framing::chunks, Framing::close, Framing::none);
    const auto body = framing == Framing::none ? std::string() : *rc::gen::arbitrary<std::string>();
    test::DecodedAnswer expected;
    std::string input = *rc::gen::element<std::string>("", "", "\r\n");
    for (auto n = *rc::gen::inRange(0, 3); n > 0; --n) {
        DecodedHead interim{true, 11, *rc::gen::element(100, 102, 103, 199), "", {}};
        input += write_head(interim, {});
        expected.heads.push_back(interim);
    }
    const int version = framing == Framing::chunks ? 11 : *rc::gen::element(10, 11);
    const bool close = *rc::gen::arbitrary<bool>();
    std::vector<std::pair<std::string, std::string>> fields{{"Connection", close ? "close" : "keep-alive"}};
    if (framing == Framing::length) fields.emplace_back("content-length", std::to_string(body.size()));
    if (framing == Framing::chunks) fields.emplace_back("TRANSFER-ENCODING", "chunked");
    DecodedHead head{
        false, version, framing == Framing::none ? *rc::gen::element(204, 304) : *rc::gen::element(200, 404, 599), "", {}};
    input += write_head(head, fields) + (framing == Framing::chunks ? write_chunks(body) : body);
    expected.heads.push_back(head);
    expected.body = body;
    expected.end = "done";
    expected.head_done = true;
    expected.keep_alive = !close && framing != Framing::close;
    expected.complete_at_close = framing == Framing::close;
    if (framing != Framing::close) {
        const std::string behind = *rc::gen::arbitrary<std::string>();
        expected.left_over = behind.size();
        input += behind;
    }

    const auto cuts = test::cut_at_random(input.size(), *rc::gen::arbitrary<std::uint64_t>());
    const auto read = test::decode(input, cuts);
    RC_ASSERT(read.broken == "");
    RC_ASSERT(read == expected);
}

// Of an answer that anything may have happened to nothing can be said but this: the pieces do not matter.
RC_GTEST_PROP(Response, says_the_same_however_it_is_split, ()) {
    DecodedHead interim{true, 11, 103, "", {}};
    std::string input = *rc::gen::arbitrary<bool>() ? write_head(interim, {}) : "";
    DecodedHead head{false, *rc::gen::element(10, 11), *rc::gen::element(101, 200, 204), "", {}};
    const auto body = *rc::gen::arbitrary<std::string>();
    switch (*rc::gen::inRange(0, 4)) {
        case 0:
            input += write_head(head, {{"Content-Length", std::to_string(body.size())}}) + body;
            break;
        case 1:
            input += write_head(head, {{"Transfer-Encoding", "chunked"}}) + write_chunks(body);
            break;
        case 2:
            input += write_head(head, {{"Transfer-Encoding", "chunked"}, {"Content-Length", "1"}}) + write_chunks(body);
            break;
        default:
            input += write_head(head, {}) + body;
    }
    for (auto n = *rc::gen::inRange(0, 4); n > 0; --n) {
        const auto at = *rc::gen::inRange<std::size_t>(0, input.size());
        input[at] = *rc::gen::oneOf(rc::gen::elementOf(std::string("\r\n :;,0fF\t\0\x7f", 12)), rc::gen::arbitrary<char>());
    }
    ResponseLimits limits;
    if (*rc::gen::arbitrary<bool>()) limits.head_bytes = *rc::gen::inRange<std::size_t>(0, input.size() + 1);
    if (*rc::gen::arbitrary<bool>()) limits.body_bytes = *rc::gen::inRange<std::uint64_t>(0, body.size() + 1);
    const bool to_head = *rc::gen::arbitrary<bool>();

    const auto whole = test::decode(input, {}, to_head, limits);
    RC_ASSERT(whole.broken == "");
    RC_ASSERT(test::decode(input, test::cut_at_random(input.size(), *rc::gen::arbitrary<std::uint64_t>()), to_head, limits) ==
              whole);
    RC_ASSERT(test::decode(input, test::cut_everywhere(input.size()), to_head, limits) == whole);
    // One cut, so that there is a whole head on one side of it at times.
    RC_ASSERT(test::decode(input, {*rc::gen::inRange<std::size_t>(0, input.size() + 1)}, to_head, limits) == whole);
}

}  // namespace
}  // namespace volley::proto::http
