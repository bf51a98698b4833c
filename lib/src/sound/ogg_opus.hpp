// Opus packets off an Ogg file. Source: RFC 3533 (Ogg), RFC 7845 (Opus in it), RFC 6716 section 3 (what a packet says of its length).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/file_fault.hpp"

namespace volley::sound {

/// The identification header. Source: RFC 7845 section 5.1.
struct OpusHead {
    int channels = 1;                   ///< 1 or 2 with mapping family 0
    int pre_skip = 0;                   ///< samples at 48 kHz that are not to be played at the start
    std::uint32_t input_rate = 48'000;  ///< what the encoder was given; for information
    int gain_q8 = 0;                    ///< to be applied when playing, in 1/256 dB
    int mapping_family = 0;
};

/// Samples of each channel at 48 kHz that a packet holds. Nothing for what is no Opus packet: empty, no frame, more than 120 ms.
[[nodiscard]] std::optional<int> opus_samples(BytesView packet) noexcept;

/// One packet of sound.
struct OggOpusPacket {
    BytesView data;            ///< valid until the next call
    int samples = 0;           ///< of each channel, at 48 kHz
    std::uint64_t offset = 0;  ///< of the page that it ends on
};

/// Reads the packets of the first Opus stream in the borrowed bytes of a whole file; pages of other streams are passed over, and so is what
/// is no page or has a wrong checksum (a packet that lay on such a page is left out). The stream's last page is the end, whatever is chained
/// to it. Mapping family 0 alone (mono and stereo): that is what RTP carries. Thread safety: as a plain value. Lifetime: as the bytes'.
class OggOpusReader {
public:
    static constexpr std::size_t largest_packet = 64 * 1024;
    static constexpr std::uint64_t most_damaged_pages = 1000;

    [[nodiscard]] static FileResult<OggOpusReader> open(BytesView file);

    [[nodiscard]] const OpusHead& head() const noexcept { return head_; }
    /// The next packet; none at the end, and after most_damaged_pages. Errors: a packet over largest_packet, or that is no Opus packet: it is
    /// left out, and the next call goes on behind it.
    [[nodiscard]] FileResult<std::optional<OggOpusPacket>> next();
    /// Back to the first packet of sound.
    void rewind() { place_ = start_; }
    /// Pages so far that were passed over for their checksum, or lacked in the stream's count of pages.
    [[nodiscard]] std::uint64_t damaged_pages() const noexcept { return place_.damaged; }

private:
    struct Page {
        std::uint8_t flags = 0;
        std::uint32_t serial = 0;
        std::uint32_t sequence = 0;
        BytesView lacing;
        BytesView body;
        std::size_t offset = 0;
    };
    struct Place {
        Page page;
        std::size_t lace = 0;       // the next lacing value of the page
        std::size_t body_at = 0;    // and the first byte of its body that belongs to it
        std::size_t next_page = 0;  // from where on it is looked for
        std::optional<std::uint32_t> next_sequence;
        bool joining = false;  // a packet goes on on the next page
        std::uint64_t damaged = 0;
    };
    struct RawPacket {
        BytesView data;  // at most the first largest_packet bytes
        std::size_t size = 0;
        std::uint64_t offset = 0;
    };
    [[nodiscard]] std::optional<Page> find_page();
    [[nodiscard]] bool turn_page();
    [[nodiscard]] std::optional<RawPacket> next_raw();

    BytesView file_;
    OpusHead head_;
    std::uint32_t serial_ = 0;
    Place place_;
    Place start_;   // of the sound
    Bytes packet_;  // one that lies on more than one page
};

}  // namespace volley::sound
