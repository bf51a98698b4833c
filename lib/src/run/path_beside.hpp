// Files that a scenario file names.
#pragma once

#include <string>

namespace volley::run {

/// The folder of a file, with its slash; empty for the working directory.
inline std::string directory_of(const std::string& file) {
    const auto slash = file.rfind('/');
    return slash == std::string::npos ? std::string() : file.substr(0, slash + 1);
}

/// Where a file lies that another one names: beside that, unless the name begins with a slash.
inline std::string path_beside(const std::string& file, const std::string& name) {
    return name.starts_with('/') ? name : directory_of(file) + name;
}

}  // namespace volley::run
