// Coded pictures out of the packets of a stream, for who is given packets as they come and not frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "base/bytes.hpp"
#include "media/plugin.hpp"
#include "streams/session.hpp"

namespace volley::call {

/// Puts the packets of one stream in order and hands out whole pictures. What is not whole by the time that so many later packets have come is left
/// out, and all up to the next key picture with it: nothing that a decoder would stumble over is handed out. Pure. Thread safety: as a plain value.
class PacketFrames {
public:
    static constexpr std::size_t most_waiting = 512;  ///< packets; a key picture may have a hundred

    struct Picture {
        Bytes bytes;
        std::uint32_t timestamp = 0;
    };

    explicit PacketFrames(media::VideoCodec codec) : codec_(codec) {}

    /// @param packet  its codec is this object's. Repeated and late ones are left out, and those without payload, which are padding.
    /// @param whole  told of each picture that is now whole, in order
    void add(const streams::PacketReceived& packet, const std::function<void(Picture&&)>& whole);

private:
    struct Waiting {
        std::uint32_t timestamp = 0;
        bool marker = false;
        Bytes payload;

        [[nodiscard]] bool is_padding() const noexcept { return payload.empty(); }
    };
    [[nodiscard]] bool take_front(const std::function<void(Picture&&)>& whole);
    void skip_front();

    const media::VideoCodec codec_;
    std::map<std::uint64_t, Waiting> waiting_;  // by sequence number
    bool begun_ = false;
    std::uint64_t next_ = 0;  // the number that the next picture begins with
    bool until_key_ = true;
};

}  // namespace volley::call
