#include "media/load.hpp"

#include <array>
#include <climits>
#include <mutex>
#include <utility>

#include <dlfcn.h>
#include <unistd.h>

#include <volley/media.hpp>

namespace volley::media {
namespace {

// The folder of the running program; empty where the kernel does not say.
std::string program_folder() {
    std::array<char, PATH_MAX> path{};
    const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
    if (size <= 0 || static_cast<std::size_t>(size) >= path.size()) return {};
    const std::string program(path.data(), static_cast<std::size_t>(size));
    return program.substr(0, program.rfind('/'));
}

struct Chosen {
    std::mutex mutex;
    std::string path;
};
Chosen& chosen() {
    static Chosen c;
    return c;
}

/// One of the two plugins.
struct Kind {
    const char* name;
    const char* file;
    const char* symbol;
    const char* package;
};
constexpr Kind codecs{"media", plugin_file, plugin_symbol, "volley-media"};
constexpr Kind movies{"avformat", movie_plugin_file, movie_plugin_symbol, "volley-avformat"};

std::vector<std::string> places_of(const char* name) {
    const std::string file = std::string("/") + name;
    std::vector<std::string> places;
    if (const std::string folder = program_folder(); !folder.empty()) {
        places.push_back(folder + file);
        places.push_back(folder + "/" VOLLEY_PLUGIN_FROM_BINDIR + file);
    }
    places.push_back(VOLLEY_PLUGINDIR + file);
    return places;
}

template <class Entry>
struct Found {
    const Entry* entry = nullptr;
    Fault fault;
};

template <class Entry>
Found<Entry> load(const Kind& kind, const std::vector<std::string>& places) {
    const auto none = [&](const std::string& why) {
        return Found<Entry>{nullptr, "no " + std::string(kind.name) + " plugin: " + why};
    };
    const std::string* found = nullptr;
    for (const std::string& place : places)
        if (found == nullptr && access(place.c_str(), F_OK) == 0) found = &place;
    if (found == nullptr) {
        const std::string where = places.empty() ? std::string(kind.file) : places.back();
        return none(where + ": not found; install the package " + kind.package);
    }
    // A path without a slash would be looked for in the system's folders.
    const std::string path = found->find('/') == std::string::npos ? "./" + *found : *found;
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        const char* why = dlerror();
        return none(why == nullptr ? path + ": cannot be loaded" : why);
    }
    using Function = const Entry* (*)() noexcept;
    const auto entry_of = reinterpret_cast<Function>(dlsym(library, kind.symbol));
    const Entry* entry = entry_of == nullptr ? nullptr : entry_of();
    if (entry != nullptr && entry->abi == abi_version) return {entry, {}};
    auto out = none(path +
                    (entry == nullptr ? " is none"
                                      : " is of another version: its interface has the number " + std::to_string(entry->abi) +
                                            ", ours " + std::to_string(abi_version)) +
                    "; install volley and " + kind.package + " of one version");
    dlclose(library);
    return out;
}

}  // namespace

void set_plugin(std::string path) {
    const std::lock_guard lock(chosen().mutex);
    chosen().path = std::move(path);
}

std::vector<std::string> plugin_places() {
    {
        const std::lock_guard lock(chosen().mutex);
        if (!chosen().path.empty()) return {chosen().path};
    }
    return places_of(plugin_file);
}

Loaded load_plugin(const std::vector<std::string>& places) {
    auto found = load<PluginEntry>(codecs, places);
    return {found.entry == nullptr ? nullptr : found.entry->plugin, std::move(found.fault)};
}

LoadedMovies load_movie_plugin(const std::vector<std::string>& places) {
    auto found = load<MoviePluginEntry>(movies, places);
    return {found.entry == nullptr ? nullptr : found.entry->plugin, std::move(found.fault)};
}

const Loaded& plugin() {
    static const Loaded loaded = load_plugin(plugin_places());
    return loaded;
}

const LoadedMovies& movie_plugin() {
    static const LoadedMovies loaded = [] {
        auto places = plugin_places();
        for (auto& place : places) place = place.substr(0, place.rfind('/') + 1) + movie_plugin_file;
        return load_movie_plugin(places);
    }();
    return loaded;
}

}  // namespace volley::media
