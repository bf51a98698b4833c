#include "streams/abilities.hpp"

#include "proto/rtp/transport_cc.hpp"

namespace volley::streams {

std::vector<proto::sdp::HeaderExtension> header_extensions() {
    std::vector<proto::sdp::HeaderExtension> out;
    for (const std::string_view uri : {mid_uri, abs_send_time_uri, proto::rtp::transport_cc_uri}) {
        proto::sdp::HeaderExtension extension;
        extension.id = static_cast<std::uint16_t>(out.size() + 1);
        extension.uri = uri;
        out.push_back(std::move(extension));
    }
    return out;
}

std::vector<std::string> feedback_of(std::string_view kind) {
    if (kind != "video") return {"transport-cc"};
    return {"nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"};
}

proto::sdp::Codec rtx_of(const proto::sdp::Codec& of, std::uint8_t payload_type) {
    proto::sdp::Codec out;
    out.payload_type = payload_type;
    out.name = "rtx";
    out.clock_rate = of.clock_rate;
    out.parameters = "apt=" + std::to_string(of.payload_type);
    return out;
}

}  // namespace volley::streams
