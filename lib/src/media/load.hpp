// Finds and loads the media plugin.
#pragma once

#include <string>
#include <vector>

#include "media/plugin.hpp"

namespace volley::media {

/// The plugin, or why there is none.
struct Loaded {
    Plugin* plugin = nullptr;  ///< for as long as the process lives
    Fault fault;  ///< `no media plugin: /usr/lib/.../libvolley_media.so: not found; install the package volley-media`
};

/// The plugin, loaded by the first call (100 ms or so) and never unloaded; later calls give the same answer. Looked for in the places of
/// plugin_places(). Thread safety: callable from anywhere.
[[nodiscard]] const Loaded& plugin();

/// The plugin for files that libavformat reads, or why there is none.
struct LoadedMovies {
    MoviePlugin* plugin = nullptr;
    Fault fault;
};
/// As plugin(); it stands where that one does.
[[nodiscard]] const LoadedMovies& movie_plugin();

/// Where plugin() looks: what set_plugin() said, or else, in this order: beside the program (a build's folder), then where an installed one is, as
/// seen from the program and as compiled in. The first file that exists is loaded.
[[nodiscard]] std::vector<std::string> plugin_places();

/// What plugin() does, with places of the caller's, each time anew.
[[nodiscard]] Loaded load_plugin(const std::vector<std::string>& places);
[[nodiscard]] LoadedMovies load_movie_plugin(const std::vector<std::string>& places);

}  // namespace volley::media
