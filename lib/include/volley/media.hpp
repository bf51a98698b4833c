// Transforms of one's own for the video of calls, beside those that come with Volley (none, cartoon, edges, rotate), and where the plugin is that
// holds those and the codecs.
//
//     volley::media::add_transform("negative", [] {
//         return [](const volley::media::Frame& frame, double) {
//             for (int y = 0; y < frame.height; ++y)
//                 for (int x = 0; x < frame.width; ++x) {
//                     std::uint8_t& luma = frame.planes[0][y * frame.strides[0] + x];
//                     luma = static_cast<std::uint8_t>(255 - luma);
//                 }
//         };
//     });
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

namespace volley::media {

/// A decoded picture, to be changed where it stands: 8-bit planes Y, U (Cb), V (Cr), limited range. U and V have half the width and height, rounded
/// up. Valid during the call only.
struct Frame {
    int width = 0;  ///< in pixels, 1 to 4,096
    int height = 0;
    std::array<std::uint8_t*, 3> planes{};
    std::array<int, 3> strides{};  ///< bytes from the beginning of a row to that of the next; at least the plane's width
};

/// Changes one frame. `seconds`: its own time, from the stream's first frame on. Called on a worker thread, for one stream never at the same time;
/// what it throws ends the stream.
using FrameFunction = std::function<void(const Frame& frame, double seconds)>;

/// Adds a transform that offers can ask for by name, from then on. `make` is called for each stream, on any thread: what it captures by value is
/// that stream's own.
/// @param name  1 to 40 characters of a-z, 0-9, - and _. @return false, and nothing is added, where it is another or taken.
/// Thread safety: callable from anywhere.
bool add_transform(std::string name, std::function<FrameFunction()> make);

/// Where the media plugin is, for programs that stand elsewhere than it is looked for: not in one folder with it (as in a build), nor installed in
/// one tree with it. CMake's find_package(volley) says it in volley_MEDIA_PLUGIN. The plugin for files that FFmpeg reads, libvolley_avformat.so, is
/// looked for beside it. Counts until the plugin is first needed.
/// Thread safety: callable from anywhere.
void set_plugin(std::string path);

}  // namespace volley::media
