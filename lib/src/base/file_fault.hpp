// What is wrong with the bytes of a file, and where.
#pragma once

#include <cstdint>
#include <string>

#include <boost/system/result.hpp>

namespace volley {

/// `text` is safe to print: what it quotes of the file is escaped.
struct FileFault {
    std::string text;
    std::uint64_t offset = 0;  ///< in bytes from the file's start, of what is wrong
};
/// `at byte 32: the frame is cut short`.
[[nodiscard]] inline std::string to_string(const FileFault& fault) {
    return "at byte " + std::to_string(fault.offset) + ": " + fault.text;
}

template <class T>
using FileResult = boost::system::result<T, FileFault>;

}  // namespace volley
