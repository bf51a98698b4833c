// Where in HTML a place of a template is: what is written there decides whether escaping is enough.
#pragma once

#include <string>
#include <string_view>

namespace volley::pages {

/// Follows the literal text of a template from its beginning. A simplified tokenizer of HTML (Living Standard, section 13.2.5): it tells
/// text, tags, attributes and the raw text of <script> and <style> apart, which is all that is asked of it.
class HtmlPlace {
public:
    enum class Kind { text, comment, raw, tag, value_start, unquoted, quoted };

    void feed(std::string_view literal);
    /// A value was written here.
    void take_value() noexcept;
    /// What follows may have been reached by either way. @return false when the two are different kinds of places.
    [[nodiscard]] bool merge(const HtmlPlace& other) noexcept;

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    /// The element that the raw text belongs to, in lower case.
    [[nodiscard]] const std::string& element() const noexcept { return element_; }
    /// The attribute that the value belongs to, in lower case.
    [[nodiscard]] const std::string& attribute() const noexcept { return attribute_; }
    /// In a value in quotes: a script would run what stands here (onclick, style, srcdoc).
    [[nodiscard]] bool is_code() const noexcept;
    /// In a value in quotes that is an address whose scheme could still be chosen by what stands here.
    [[nodiscard]] bool chooses_scheme() const noexcept;

private:
    void step(char c);
    void end_tag() noexcept;

    Kind kind_ = Kind::text;
    char quote_ = 0;
    bool in_name_ = false;     ///< tag: within the element's name
    bool has_anchor_ = false;  ///< quoted: a `/`, `?` or `#` has been seen, so that what follows is no scheme
    std::string element_;
    std::string attribute_;
    std::string recent_;  ///< the last bytes, for `<!--`, `-->` and `</script`
};

}  // namespace volley::pages
