// Starts the supervisor process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <volley/server/spawn.hpp>

namespace volley::process {

/// A supervisor and the server under it, just started. The descriptors are ours (CLOEXEC, non-blocking); so is the duty to wait for `supervisor`.
struct Launched {
    int supervisor = 0;   ///< pid
    int child = 0;        ///< pid of the server itself
    int control = -1;     ///< our end of the socket pair: see supervise()
    int log = -1;         ///< what the tree writes to standard output and error
    std::string pending;  ///< bytes of `control` that came after the first line
};

/// Where exec would find a program. @param cwd  what a name with a slash is relative to; empty: our own.
/// Errors: no_such_file_or_directory, permission_denied, with words in `why`.
[[nodiscard]] Result<std::string> find_program(const std::string& name, const std::string& path, const std::string& cwd,
                                               Diagnostics& why);

/// Starts a supervisor by posix_spawn(3) (never a plain fork: this process may have threads) and waits, up to 10 s, until it has
/// started the server. @param marker  "NAME=value", added to the environment of the whole tree. Errors: as the failing call, with words in `why`.
[[nodiscard]] Result<Launched> launch(const server::SpawnSpec& spec, const std::string& marker, Diagnostics& why);

}  // namespace volley::process
