// A plugin of a later version, for the tests of the loader.
#include "media/plugin.hpp"

extern "C" const volley::media::PluginEntry* volley_media_plugin() noexcept {
    static const volley::media::PluginEntry entry{volley::media::abi_version + 1, nullptr};
    return &entry;
}
