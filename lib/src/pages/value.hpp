// What names in a page stand for.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace volley::pages {

struct Value;
struct Member;
using List = std::vector<Value>;
using Map = std::vector<Member>;  ///< in the order of the file

/// A text, a list or a map, as it stands below `with:`.
struct Value {
    std::variant<std::string, List, Map> node;
};
struct Member {
    std::string name;
    Value value;
};

/// The member of that name, or nullptr; also for what is no map.
[[nodiscard]] const Value* find_member(const Value& value, std::string_view name) noexcept;

using Fields = std::vector<std::pair<std::string, std::string>>;

/// What a page can say about the request that asks for it. Views: all of it lives elsewhere. Every byte may be hostile.
struct RequestNames {
    std::string_view method;
    std::string_view path;
    const Fields* query = nullptr;
    const Fields* params = nullptr;
    const Fields* headers = nullptr;  ///< looked up without regard to case
};

}  // namespace volley::pages
