// Runs the answer parser over pieces of input as a client would, and gathers what it says, so that two ways to split can be compared.
// Used by unit, property and fuzz tests; no test library is included.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/http/response_parser.hpp"

namespace volley::test {

struct DecodedHead {
    bool interim = false;
    int version = 0;
    int status = 0;
    std::string reason;
    std::vector<std::pair<std::string, std::string>> fields;
    bool operator==(const DecodedHead&) const = default;
};

struct DecodedAnswer {
    std::vector<DecodedHead> heads;
    std::string body;
    std::string end;  ///< "done", or the error that parse() or, when the input had ended, finish() gave
    bool complete_at_close = false;
    bool keep_alive = false;
    bool head_done = false;
    std::size_t left_over = 0;  ///< bytes behind the answer
    std::string broken;         ///< a promise of the parser that it did not keep; empty if it kept all
    bool operator==(const DecodedAnswer&) const = default;
};

/// One input, cut before the given positions, which ascend. Each piece stands in memory of its own, freed before the next one comes.
inline DecodedAnswer decode(std::string_view input, const std::vector<std::size_t>& cuts, bool to_head = false,
                            const proto::http::ResponseLimits& limits = {}) {
    using Event = proto::http::ResponseParser::Event;
    proto::http::ResponseParser parser;
    parser.start(to_head, limits);
    DecodedAnswer out;
    const auto expect = [&out](bool kept, const char* promise) {
        if (!kept && out.broken.empty()) out.broken = promise;
    };
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= cuts.size() && out.end.empty(); ++i) {
        const std::size_t end = i < cuts.size() ? cuts[i] : input.size();
        const std::size_t size = end - begin;
        const std::unique_ptr<char[]> copy(new char[size]);
        input.copy(copy.get(), size, begin);
        std::string_view rest(copy.get(), size);
        begin = end;
        for (bool more = true; more;) {
            const auto step = parser.parse(rest);
            expect(step.consumed <= rest.size(), "no more is consumed than there is");
            if (!out.broken.empty()) return out;
            switch (step.event) {
                case Event::need_more:
                    expect(step.consumed == rest.size(), "need_more consumes everything");
                    more = false;
                    break;
                case Event::interim:
                case Event::head: {
                    DecodedHead head{
                        step.event == Event::interim, parser.version(), parser.status(), std::string(parser.reason()), {}};
                    while (const auto field = parser.next_field()) head.fields.emplace_back(field->name, field->value);
                    expect(parser.head_done() == (step.event == Event::head), "head_done() from the head on");
                    out.heads.push_back(std::move(head));
                    break;
                }
                case Event::body:
                    expect(!step.body.empty(), "no piece of the body is empty");
                    expect(step.body.data() >= rest.data() && step.body.data() + step.body.size() <= rest.data() + step.consumed,
                           "a piece of the body lies in what was consumed");
                    expect(parser.head_done(), "the head comes before the body");
                    out.body += step.body;
                    break;
                case Event::done:
                    expect(parser.head_done(), "the head comes before the end");
                    out.end = "done";
                    out.left_over = rest.size() - step.consumed + input.size() - end;
                    more = false;
                    break;
                case Event::error:
                    expect(parser.error().failed(), "error() says which");
                    expect(!parser.keep_alive(), "a connection is not used again after an error");
                    out.end = parser.error().message();
                    more = false;
                    break;
            }
            rest.remove_prefix(step.consumed);
        }
    }
    const error_code at_close = parser.finish();
    out.keep_alive = parser.keep_alive();
    out.head_done = parser.head_done();
    if (out.end.empty()) {
        out.complete_at_close = !at_close.failed();
        out.end = at_close.failed() ? at_close.message() : "done";
    } else {
        expect(at_close == parser.error(), "finish() repeats the error");
        expect((out.end == "done") == !at_close.failed(), "what was done stays done");
    }
    const Event again = parser.parse("x").event;
    expect(again == (out.end == "done" ? Event::done : Event::error), "the end stays the end");
    expect(out.body.size() <= limits.body_bytes, "the body keeps to its limit");
    return out;
}

/// Cuts before each byte but the first.
inline std::vector<std::size_t> cut_everywhere(std::size_t size) {
    std::vector<std::size_t> cuts;
    for (std::size_t i = 1; i < size; ++i) cuts.push_back(i);
    return cuts;
}

/// Cuts at distances that a small generator of random numbers gives, mostly short ones.
inline std::vector<std::size_t> cut_at_random(std::size_t size, std::uint64_t seed) {
    std::vector<std::size_t> cuts;
    std::uint64_t state = seed * 2 + 1;
    for (std::size_t at = 0;;) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        const auto bits = static_cast<std::size_t>(state >> 33);
        at += (bits & 7) == 0 ? bits >> 3 & 63 : bits >> 3 & 7;  // zero at times: an empty piece is a piece
        if (at >= size) return cuts;
        cuts.push_back(at);
    }
}

}  // namespace volley::test
