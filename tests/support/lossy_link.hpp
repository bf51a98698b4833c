// One direction of a network in virtual time: loses, delays, reorders, duplicates and damages packets, the same way for the same seed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "base/bytes.hpp"

#include <volley/time.hpp>

namespace volley::test {

struct LinkModel {
    double loss = 0;
    double duplicate = 0;
    double damage = 0;  ///< one byte of the packet becomes another
    Duration delay{};
    Duration jitter{};  ///< up to so much more, evenly; reorders
};

class LossyLink {
public:
    LossyLink(LinkModel model, std::uint64_t seed) : model_(model), random_(seed) {}

    void send(TimePoint now, Bytes packet) {
        ++sent_;
        if (chance(model_.loss)) return;
        const bool twice = chance(model_.duplicate);
        if (twice) put(now, packet);
        if (!packet.empty() && chance(model_.damage))
            packet[random_() % packet.size()] ^= static_cast<std::uint8_t>(1 + random_() % 255);
        put(now, std::move(packet));
    }
    [[nodiscard]] std::optional<TimePoint> next() const {
        return under_way_.empty() ? std::nullopt : std::optional<TimePoint>(under_way_.begin()->first);
    }
    [[nodiscard]] std::optional<Bytes> receive(TimePoint now) {
        if (under_way_.empty() || under_way_.begin()->first > now) return std::nullopt;
        Bytes packet = std::move(under_way_.begin()->second);
        under_way_.erase(under_way_.begin());
        return packet;
    }
    [[nodiscard]] std::size_t sent() const { return sent_; }
    void set_model(LinkModel model) { model_ = model; }

private:
    bool chance(double p) { return p > 0 && std::uniform_real_distribution<>(0, 1)(random_) < p; }
    void put(TimePoint now, Bytes packet) {
        const auto more = model_.jitter.count() > 0
                              ? Duration(static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(model_.jitter.count())))
                              : Duration();
        under_way_.emplace(now + model_.delay + more, std::move(packet));  // equal times keep their order
    }

    LinkModel model_;
    std::mt19937_64 random_;
    std::multimap<TimePoint, Bytes> under_way_;
    std::size_t sent_ = 0;
};

/// The earlier of two times that may not be.
[[nodiscard]] inline std::optional<TimePoint> earlier(std::optional<TimePoint> a, std::optional<TimePoint> b) {
    if (!a || !b) return a ? a : b;
    return std::min(a, b);
}

}  // namespace volley::test
