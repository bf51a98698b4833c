#include "proto/sdp/fragment.hpp"

#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "proto/sdp/syntax.hpp"

namespace volley::proto::sdp {
namespace {

class FragmentReader {
public:
    explicit FragmentReader(std::string_view what) : what_(what) {}

    Outcome<Fragment> run(const std::vector<Line>& lines, const Limits& limits) {
        for (const Line& line : lines) {
            if (error_) break;
            if (line.type == 'm') {
                end_section();
                if (out_.media.size() == limits.sections)
                    fail(line, {{}, fmt::format("more than {} media sections", limits.sections), {}});
                begin_section(line);
            } else if (line.type == 'a') {
                read_attribute(line);
            } else if (!error_) {
                fail(line, {{}, fmt::format("{}= does not stand in a fragment", line.type), "it holds a= and m= lines alone"});
            }
        }
        end_section();
        if (error_) return std::move(*error_);
        return std::move(out_);
    }

private:
    void fail(const Line& line, Fault fault) {
        if (error_) return;
        error_ = error_in(what_, line, fault.piece, std::move(fault.text), std::move(fault.hint));
    }

    void begin_section(const Line& line) {
        auto media = read_media_line(line.value);
        if (!media) return fail(line, media.error());
        out_.media.emplace_back();
        out_.media.back().line = std::move(*media);
        begun_ = &line;
    }

    // Of the session, or of the section that is read.
    void end_section() {
        if (error_) return;
        if (!ufrag_ != !password_) {
            const Line& line = ufrag_ ? *ufrag_ : *password_;
            return fail(line,
                        {{}, fmt::format("{} is missing beside it", ufrag_ ? "ice-pwd" : "ice-ufrag"), "they come in pairs"});
        }
        if (ufrag_) {
            auto& ice = begun_ != nullptr ? out_.media.back().ice : out_.ice;
            ice = IceCredentials{std::string(attribute_of(*ufrag_).value), std::string(attribute_of(*password_).value)};
        }
        ufrag_ = password_ = nullptr;
        if (begun_ != nullptr && out_.media.back().mid.empty())
            fail(*begun_, {{}, "a section without mid", "say whose candidates they are, as in a=mid:0"});
    }

    // Candidates without a section of their own.
    FragmentMedia& section() {
        if (out_.media.empty()) out_.media.emplace_back();
        return out_.media.back();
    }

    void read_attribute(const Line& line) {
        const auto [name, value] = attribute_of(line);
        if (!is_token(name))
            return fail(line, {name, "the name of the attribute, " + in_quotes(name) + ", is none",
                               "it is a word, then nothing or a colon"});
        if (name == "ice-ufrag") {
            if (auto wrong = check_ufrag(value)) return fail(line, std::move(*wrong));
            ufrag_ = &line;
        } else if (name == "ice-pwd") {
            if (auto wrong = check_password(value)) return fail(line, std::move(*wrong));
            password_ = &line;
        } else if (name == "candidate") {
            if (++candidates_ > most_candidates)
                return fail(line, {value, fmt::format("more than {} candidates", most_candidates), {}});
            section().candidates.emplace_back(value);
        } else if (name == "end-of-candidates") {
            (begun_ != nullptr ? out_.media.back().end_of_candidates : out_.end_of_candidates) = true;
        } else if (name == "mid" && begun_ != nullptr) {
            read_mid(line, value);
        } else if (begun_ == nullptr) {
            read_session(line, name, value);
        }
    }

    void read_mid(const Line& line, std::string_view value) {
        if (!is_token(value)) return fail(line, {value, "the mid " + in_quotes(value) + " is no word", "as in mid:0"});
        if (!out_.media.back().mid.empty() || !mids_.insert(value).second)
            return fail(line,
                        {value, "a second section with the mid " + in_quotes(value), "put its candidates into one section"});
        out_.media.back().mid = value;
    }

    void read_session(const Line& line, std::string_view name, std::string_view value) {
        if (name == "ice-options") {
            constexpr std::size_t most = 16;
            std::string_view rest = value;
            for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest))
                if (out_.ice_options.size() < most) out_.ice_options.emplace_back(word);
        } else if (name == "group") {
            auto group = read_group(value);
            if (!group) return fail(line, group.error());
            if (group->semantics == "BUNDLE") out_.bundle = std::move(group->mids);
        }
    }

    std::string_view what_;
    std::optional<SourceError> error_;
    Fragment out_;
    const Line* begun_ = nullptr;  // the m= line of the section that is read
    const Line* ufrag_ = nullptr;
    const Line* password_ = nullptr;
    std::unordered_set<std::string_view> mids_;
    std::size_t candidates_ = 0;
};

void write_ice(Section& out, const std::optional<IceCredentials>& ice) {
    if (!ice) return;
    out.attribute("ice-ufrag", ice->ufrag);
    out.attribute("ice-pwd", ice->password);
}

}  // namespace

Outcome<Fragment> read_fragment(std::string_view text, std::string_view what, const Limits& limits) {
    std::string tail;
    const auto lines = detail::split_lines(text, what, limits, tail);
    if (!lines) return lines.error();
    return FragmentReader(what).run(*lines, limits);
}

std::string print(const Fragment& fragment) {
    Section out;
    write_ice(out, fragment.ice);
    std::string options;
    for (const std::string& option : fragment.ice_options) options += (options.empty() ? "" : " ") + option;
    if (!options.empty()) out.attribute("ice-options", options);
    if (!fragment.bundle.empty()) out.attribute("group", to_text(Group{"BUNDLE", fragment.bundle}));
    if (fragment.end_of_candidates) out.attribute("end-of-candidates");
    for (const FragmentMedia& media : fragment.media) {
        if (!media.mid.empty()) {
            out.add('m', to_text(media.line));
            out.attribute("mid", media.mid);
        }
        write_ice(out, media.ice);
        for (const std::string& candidate : media.candidates) out.attribute("candidate", candidate);
        if (media.end_of_candidates) out.attribute("end-of-candidates");
    }
    std::string text;
    for (const Line& line : out.lines) detail::print_line(text, line);
    return text;
}

}  // namespace volley::proto::sdp
