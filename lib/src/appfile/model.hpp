// An application file as plain values. No YAML type appears here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <volley/error.hpp>
#include <volley/time.hpp>
#include <volley/yaml/value.hpp>

#include "pages/value.hpp"

namespace volley::appfile {

using yaml::Value;

inline constexpr Duration longest_sleep = std::chrono::seconds(60);
inline constexpr std::uint64_t most_ticks = 100'000;
inline constexpr std::uint64_t most_bytes = 1024UL * 1024 * 1024;
inline constexpr std::uint64_t most_buffered = 64UL * 1024 * 1024;  ///< of a stream that the fault `buffer` collects

/// What is to go wrong with a route, on purpose.
struct Faults {
    double block = 0;                        ///< a sleep blocks the thread that it is on, the loop, for this share of its time
    bool convoy = false;                     ///< the same, all of it, and answers go out at the end of the loop's turn
    double cpu = 0;                          ///< a sleep computes for this share of its time, on the loop
    std::optional<std::uint64_t> threads{};  ///< a sleep blocks one of so many threads, 0: one of its own; nothing: none
    bool nocancel = false;                   ///< work goes on when its client has left
    bool buffer = false;                     ///< a stream is collected and sent at once
    std::uint64_t at_a_time = 0;             ///< `lock` is 1, `semaphore:N` is N; 0: as many as there are
    std::uint64_t pace = 0;                  ///< so many a second are let through, the others wait; 0: as fast as they come
    std::uint64_t limit = 0;                 ///< more in flight are answered 503; 0: no limit
    double fail = 0;                         ///< this share is answered 500
    double close = 0;                        ///< after this share of the answers the connection is closed
    double reset = 0;                        ///< in place of this share of the answers the connection is reset
    double garbage = 0;                      ///< in place of this share of the answers comes what is no HTTP
    Duration drip{};                         ///< between two bytes of an answer; 0: as fast as it goes
    std::uint64_t backlog = 0;               ///< connections that may wait until the server accepts them, slowly; 0: no matter
    Duration stall{};                        ///< the whole server stops for a second, so often; 0: never
    std::string text;                        ///< as written, for tables
};

/// Reads one fault: `block:30%`, `convoy`, `thread:N`, `cpu:30%`, `lock`, `semaphore:N`, `pace:N`, `limit:N`, `nocancel`, `buffer`,
/// `fail:1%`, `close`, `reset:50%`, `garbage`, `drip:10` (milliseconds), `backlog:N`, `stall:10` (seconds), and adds it to the others.
struct FaultError {
    std::string text;
    std::string hint;
};
[[nodiscard]] std::optional<FaultError> add_fault(std::string_view word, Faults& faults);
/// Whether a fault, without its value, changes how a sleep is spent.
[[nodiscard]] bool is_of_sleep(std::string_view fault);

/// One path and what answers it.
struct Route {
    enum class View { sleep, echo, ping, inflight, page, static_files, file, redirect, status, bytes, ticks, fanout, whip };
    std::string path;                  ///< as written
    std::string pattern;               ///< for view::Routes: the path, and for `static` everything below it
    std::string name;                  ///< the path where none was given
    std::vector<std::string> methods;  ///< empty: those of the view
    View view = View::echo;
    Faults faults;
    SourcePos pos;

    Duration sleep = std::chrono::seconds(1);         ///< sleep
    Value file;                                       ///< page, file: relative to the application file; `root` of static
    pages::Value with;                                ///< page
    std::string to;                                   ///< redirect; `path` of fanout
    int status = 200;                                 ///< redirect, status
    std::uint64_t n = 0;                              ///< bytes, ticks, fanout
    Duration every = std::chrono::milliseconds(200);  ///< ticks
};

/// The word for a view in the file: `static` for View::static_files.
[[nodiscard]] std::string_view to_string(Route::View view) noexcept;

/// One setting, not typed yet: a limit is called `limits.idle`.
struct Setting {
    std::string name;
    Value value;
};

/// Names of settings, in the order in which they are shown.
[[nodiscard]] const std::vector<std::string_view>& setting_names();

/// The whole file.
struct Application {
    std::string file;  ///< as given, for messages
    std::string name;
    std::uint64_t seed = 1;  ///< of `fail`
    std::vector<Setting> settings;
    std::vector<Route> routes;
    std::vector<std::string> lines;  ///< the text, for carets
};

/// A file that was read, or everything that is wrong with it, in the order of its lines.
struct LoadResult {
    Application application;
    std::vector<SourceError> errors;
};

/// Reads an application file. Reads no other file: what `file` and `root` name is not looked at. Throws: nothing, for any input.
[[nodiscard]] LoadResult load_application(std::string_view text, std::string file);

/// A settings file: its top level is what `settings:` is in an application file, and `app`, which names one.
struct SettingsFile {
    std::string file;
    std::vector<Setting> settings;
    std::vector<std::string> lines;
    std::vector<SourceError> errors;
};
[[nodiscard]] SettingsFile load_settings(std::string_view text, std::string file);

/// The shortest stall that a route of the file asks for; 0 where none does.
[[nodiscard]] Duration stall_of(const Application& application);
/// The smallest backlog that a route of the file asks for; 0 where none does.
[[nodiscard]] std::uint64_t backlog_of(const Application& application);

/// Makes a SourceError at a place of the file, line text included.
[[nodiscard]] SourceError error_at(const Application& where, SourcePos pos, std::string text, std::string hint = {});

}  // namespace volley::appfile
