#include "streams/stats.hpp"

#include <set>

#include <gtest/gtest.h>

namespace volley::streams {
namespace {

double value(const NamedValues& values, std::string_view name) {
    for (const auto& [one, number] : values)
        if (one == name) return number;
    ADD_FAILURE() << "no " << name;
    return 0;
}

template <class Stats>
void expect_names_once(const Stats& stats) {
    std::set<std::string_view> names;
    for (const auto& [name, number] : named_values(stats)) EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_GT(names.size(), 5U);
}

TEST(NamedValues, have_the_names_of_w3c_and_seconds) {
    InboundStats in;
    in.packets_lost = -2;
    in.jitter = std::chrono::milliseconds(3);
    in.total_freezes_duration = std::chrono::milliseconds(400);
    EXPECT_EQ(value(named_values(in), "packetsLost"), -2);
    EXPECT_DOUBLE_EQ(value(named_values(in), "jitter"), 0.003);
    EXPECT_DOUBLE_EQ(value(named_values(in), "totalFreezesDuration"), 0.4);
    OutboundStats out;
    out.retransmitted_packets_sent = 5;
    out.rtx_ssrc = 9;
    EXPECT_EQ(value(named_values(out), "retransmittedPacketsSent"), 5);
    EXPECT_EQ(value(named_values(out), "rtxSsrc"), 9);
    RemoteInboundStats remote;
    remote.fraction_lost = 0.25;
    remote.round_trip_time = std::chrono::milliseconds(80);
    EXPECT_EQ(value(named_values(remote), "fractionLost"), 0.25);
    EXPECT_DOUBLE_EQ(value(named_values(remote), "roundTripTime"), 0.08);
    TransportStats transport;
    transport.available_outgoing_bitrate = 7;
    EXPECT_EQ(value(named_values(transport), "availableOutgoingBitrate"), 7);
}

TEST(NamedValues, each_name_is_there_once) {
    InboundStats in;
    in.rtx_ssrc = 1;
    expect_names_once(in);
    OutboundStats out;
    out.rtx_ssrc = 1;
    expect_names_once(out);
    RemoteInboundStats remote;
    remote.round_trip_time = Duration();
    expect_names_once(remote);
    TransportStats transport;
    transport.remote_estimate = 1;
    expect_names_once(transport);
}

}  // namespace
}  // namespace volley::streams
