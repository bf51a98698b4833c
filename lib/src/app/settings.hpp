// Settings from every place that they may come from.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <volley/app/app.hpp>

#include "appfile/model.hpp"

namespace volley::app {

/// One setting with its winner.
struct SettingRow {
    std::string name;
    std::string value;   ///< as given
    std::string origin;  ///< `flag --port`, `environment VOLLEY_PORT`, `file settings.yaml:3`, `app.yaml:4`, `default`
};

struct Settings {
    ServeOptions options;
    std::vector<SettingRow> rows;     ///< in the order of appfile::setting_names()
    std::vector<std::string> errors;  ///< ready to be printed, each with its origin
};

/// Decides. Every value that is given is looked at, also where another one wins. Pure.
[[nodiscard]] Settings resolve_settings(const std::vector<std::pair<std::string, std::string>>& flags,
                                        const std::map<std::string, std::string>& environment, const appfile::SettingsFile& file,
                                        const appfile::Application& application);

/// The variable of the environment for a setting: `limits.idle` is VOLLEY_LIMITS_IDLE.
[[nodiscard]] std::string variable_of(std::string_view setting);

/// The setting that a flag of `volley serve` sets, without its dashes: `rtc-port` is `calls.port`. Nothing for any other word.
[[nodiscard]] std::optional<std::string_view> setting_of_flag(std::string_view flag);

/// Sets one setting from text. @return what is expected instead, where the text is none of it.
[[nodiscard]] std::optional<std::string> apply_setting(std::string_view name, const std::string& text, ServeOptions& options);

/// Columns side by side.
[[nodiscard]] std::string print_settings(const std::vector<SettingRow>& rows);

}  // namespace volley::app
