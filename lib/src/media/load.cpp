#include "media/load.hpp"

#include <array>
#include <climits>
#include <mutex>

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

Fault no_plugin(const std::string& why) { return "no media plugin: " + why; }

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
    const std::string file = std::string("/") + plugin_file;
    std::vector<std::string> places;
    if (const std::string folder = program_folder(); !folder.empty()) {
        places.push_back(folder + file);
        places.push_back(folder + "/" VOLLEY_PLUGIN_FROM_BINDIR + file);
    }
    places.push_back(VOLLEY_PLUGINDIR + file);
    return places;
}

Loaded load_plugin(const std::vector<std::string>& places) {
    const std::string* found = nullptr;
    for (const std::string& place : places)
        if (found == nullptr && access(place.c_str(), F_OK) == 0) found = &place;
    if (found == nullptr) {
        const std::string where = places.empty() ? std::string(plugin_file) : places.back();
        return {nullptr, no_plugin(where + ": not found; install the package volley-media")};
    }
    // A path without a slash would be looked for in the system's folders.
    const std::string path = found->find('/') == std::string::npos ? "./" + *found : *found;
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        const char* why = dlerror();
        return {nullptr, no_plugin(why == nullptr ? path + ": cannot be loaded" : why)};
    }
    const auto entry_of = reinterpret_cast<PluginFunction>(dlsym(library, plugin_symbol));
    const PluginEntry* entry = entry_of == nullptr ? nullptr : entry_of();
    if (entry == nullptr || entry->abi != abi_version) {
        const Fault fault =
            no_plugin(path +
                      (entry == nullptr ? " is none"
                                        : " is of another version: its interface has the number " + std::to_string(entry->abi) +
                                              ", ours " + std::to_string(abi_version)) +
                      "; install volley and volley-media of one version");
        dlclose(library);
        return {nullptr, fault};
    }
    return {entry->plugin, {}};
}

const Loaded& plugin() {
    static const Loaded loaded = load_plugin(plugin_places());
    return loaded;
}

}  // namespace volley::media
