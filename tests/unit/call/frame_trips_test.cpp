#include "call/frame_trips.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "support/seeded_random.hpp"

namespace volley::call {
namespace {
using namespace std::chrono_literals;

const TimePoint start = TimePoint{} + 1000s;
constexpr Duration step = 33ms;
constexpr std::uint32_t ticks = 90 * 33;

/// A call and the server that it sends to, frame by frame.
struct Model {
    int frames = 600;
    int uncounted = 0;             // of them, the last ones
    std::uint32_t codes = 65'536;  // 0: none is painted
    bool dithered = true;
    bool decoded = true;                                               // what comes back is decoded
    double misread = 0;                                                // of the pictures: another code, any
    double unreadable = 0;                                             // of the pictures
    enum class Stamps { kept, even, by_clock } stamps = Stamps::kept;  // even: its own, equally far apart
    bool new_offset_halfway = false;
    double drift = 0;     // of the frames: from there on all timestamps are a tick more or less
    double dropped = 0;   // of the frames
    double repeated = 0;  // sent twice: with the same timestamp where stamps are kept, else with one of its own
    double strays = 0;    // of the server's own: of no frame of ours, black
    Duration delay = 80ms;
    Duration jitter = 10ms;   // each frame's own
    bool overtaking = false;  // frames come in the order in which they arrive, else in their own
};

struct Told {
    TripCounts counts;
    FrameTrips::Stamps stamps{};
    std::uint64_t wrong = 0;  // matched with another frame than it was
    std::uint64_t came = 0;   // of those sent, at least once
    std::uint64_t known_by_both = 0;
    std::uint64_t freezes = 0;
    std::size_t under_way = 0;
};

struct Event {
    TimePoint at;
    enum class Kind { sent, returned, decoded } kind;
    std::uint64_t frame;  // which of ours; none: of the server
    std::uint32_t timestamp;
    std::optional<std::uint32_t> code;
    TimePoint last_packet;
};
constexpr std::uint64_t none = ~std::uint64_t{0};

std::vector<Event> events_of(const Model& model, std::uint64_t seed) {
    test::SeededRandom random(seed);
    std::vector<Event> out;
    struct Arrival {
        TimePoint at;
        std::uint64_t frame;
        std::uint32_t timestamp;
    };
    std::vector<Arrival> arrivals;
    const auto first_stamp = static_cast<std::uint32_t>(random.next());
    auto offset = static_cast<std::uint32_t>(random.next());
    std::uint32_t even = offset;
    // Each instant is another, so that an arrival tells which frame it is of.
    const auto unlike = [&random](Duration most) {
        return Duration(static_cast<std::int64_t>(random.uniform() * static_cast<double>(most.count())));
    };
    TimePoint before = start;
    for (int i = 0; i < model.frames; ++i) {
        const auto frame = static_cast<std::uint64_t>(i);
        const TimePoint sent = start + i * step + unlike(2ms);
        std::uint32_t stamp = first_stamp + static_cast<std::uint32_t>(i) * ticks;
        if (model.dithered) stamp += timestamp_dither(seed, frame);
        out.push_back({sent, Event::Kind::sent, frame, stamp, {}, sent});
        if (model.codes != 0) out.back().code = static_cast<std::uint32_t>(frame % model.codes);
        if (model.new_offset_halfway && i == model.frames / 2) offset += 123'456'789;
        if (model.drift > 0 && random.uniform() < model.drift) offset += random.uniform() < 0.5 ? 1U : ~0U;
        if (random.uniform() < model.dropped) continue;
        TimePoint at = sent + model.delay + unlike(model.jitter);
        if (!model.overtaking) at = std::max(at, before + 1ms);  // another tick of its clock
        before = at;
        const auto back = [&](TimePoint when, std::uint64_t of) {
            even += ticks;
            std::uint32_t returned = stamp + offset;
            if (model.stamps == Model::Stamps::even) returned = even;
            if (model.stamps == Model::Stamps::by_clock)
                returned = offset + static_cast<std::uint32_t>((when - start).count() * 9 / 100'000);
            if (of == none && model.stamps == Model::Stamps::kept)
                returned += 1500 + static_cast<std::uint32_t>(random.below(64));
            arrivals.push_back({when, of, returned});
        };
        back(at, frame);
        if (random.uniform() < model.repeated) back(before = at + 1ms, frame);
        if (random.uniform() < model.strays) back(before = before + 2ms, none);
    }
    std::stable_sort(arrivals.begin(), arrivals.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    for (const Arrival& arrival : arrivals) {
        out.push_back({arrival.at, Event::Kind::returned, arrival.frame, arrival.timestamp, {}, arrival.at});
        if (!model.decoded) continue;
        std::optional<std::uint32_t> code;
        if (model.codes != 0 && arrival.frame != none) code = static_cast<std::uint32_t>(arrival.frame % model.codes);
        if (code && random.uniform() < model.misread) code = static_cast<std::uint32_t>(random.below(model.codes));
        if (random.uniform() < model.unreadable) code.reset();
        out.push_back({arrival.at + 3ms, Event::Kind::decoded, arrival.frame, arrival.timestamp, code, arrival.at});
    }
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    return out;
}

Told tell(const Model& model, std::uint64_t seed) {
    Told out;
    std::map<TimePoint, std::uint64_t> truth;  // arrival -> frame
    std::map<std::uint64_t, bool> came;
    TripPlan plan;
    plan.decoded = model.decoded;
    FrameTrips trips(plan);
    const auto take = [&] {
        while (const auto trip = trips.poll()) {
            if (truth.at(trip->last_packet) != trip->index) ++out.wrong;
            if (trip->by == KnownBy::both) ++out.known_by_both;
            EXPECT_GE(trip->network(), model.delay);
        }
    };
    TimePoint now = start;
    for (const Event& event : events_of(model, seed)) {
        while (trips.next_timeout() && *trips.next_timeout() <= event.at) {
            trips.advance(*trips.next_timeout());
            take();
        }
        now = event.at;
        switch (event.kind) {
            case Event::Kind::sent:
                trips.note_sent(
                    {event.frame, event.code, event.timestamp, event.at - 5ms, event.at,
                     event.frame + static_cast<std::uint64_t>(model.uncounted) < static_cast<std::uint64_t>(model.frames)});
                break;
            case Event::Kind::returned:
                truth[event.at] = event.frame;
                if (event.frame != none) came[event.frame] = true;
                trips.note_returned({event.timestamp, event.at, event.at});
                break;
            case Event::Kind::decoded:
                trips.note_decoded({event.timestamp, event.at, event.code});
                break;
        }
        take();
    }
    trips.finish(now);
    take();
    for (int i = 0; i < 1000 && trips.next_timeout(); ++i) trips.advance(*trips.next_timeout());
    EXPECT_FALSE(trips.next_timeout()) << "all ends";
    out.counts = trips.counts();
    out.stamps = trips.stamps();
    out.came = came.size();
    out.freezes = trips.freezes().freezes();
    out.under_way = trips.under_way();
    EXPECT_EQ(out.counts.sent, out.counts.returned + out.counts.lost + out.counts.untold + out.under_way);
    return out;
}

/// Many seeds. @return what they told, added up
template <class Check>
void with_seeds(const Model& model, int seeds, Check check) {
    for (int seed = 0; seed < seeds; ++seed) {
        const Told told = tell(model, static_cast<std::uint64_t>(seed));
        SCOPED_TRACE("seed " + std::to_string(seed));
        EXPECT_EQ(told.wrong, 0U);
        check(told);
        if (testing::Test::HasFailure()) return;
    }
}

TEST(FrameTrips, a_server_that_keeps_timestamps_is_followed_by_them) {
    Model model;
    model.decoded = false;
    with_seeds(model, 200, [&](const Told& told) {
        EXPECT_EQ(told.stamps, FrameTrips::Stamps::kept);
        EXPECT_EQ(told.counts.returned, 600U) << "those that came before the offset was known, too";
        EXPECT_EQ(told.counts.lost, 0U);
        EXPECT_EQ(told.counts.unknown, 0U);
        EXPECT_EQ(told.freezes, 0U);
    });
}

TEST(FrameTrips, timestamps_and_pictures_bear_each_other_out) {
    with_seeds({}, 100, [&](const Told& told) {
        EXPECT_EQ(told.counts.returned, 600U);
        EXPECT_EQ(told.known_by_both, 600U);
        EXPECT_EQ(told.counts.decoded, 600U);
        EXPECT_EQ(told.counts.mismatched, 0U);
    });
}

TEST(FrameTrips, what_is_dropped_is_lost_and_nothing_else) {
    for (const bool decoded : {false, true}) {
        Model model;
        model.decoded = decoded;
        model.dropped = 0.1;
        model.jitter = 60ms;
        model.overtaking = !decoded;
        with_seeds(model, 150, [&](const Told& told) {
            EXPECT_EQ(told.stamps, FrameTrips::Stamps::kept);
            EXPECT_EQ(told.counts.returned, told.came);
            EXPECT_EQ(told.counts.lost, 600 - told.came);
        });
    }
}

TEST(FrameTrips, a_server_that_restamps_is_followed_by_pictures) {
    for (const auto stamps : {Model::Stamps::even, Model::Stamps::by_clock}) {
        for (const std::uint32_t codes : {256U, 65'536U}) {
            Model model;
            model.stamps = stamps;
            model.codes = codes;
            model.dropped = 0.1;
            model.repeated = 0.05;
            model.delay = 300ms;
            model.jitter = 50ms;
            with_seeds(model, 80, [&](const Told& told) {
                EXPECT_EQ(told.stamps, FrameTrips::Stamps::restamped);
                EXPECT_EQ(told.counts.returned, told.came);
                EXPECT_EQ(told.counts.lost, 600 - told.came);
                EXPECT_EQ(told.known_by_both, 0U);
                EXPECT_EQ(told.counts.repeated, told.counts.received - told.came);
            });
        }
    }
}

// As GStreamer's, which follows the clock of who sends: an offset is found again and again, and fits until the next tick.
TEST(FrameTrips, a_server_whose_timestamps_drift_is_followed_by_pictures_once_that_shows) {
    for (const double drift : {0.02, 0.05, 0.2}) {
        Model model;
        model.drift = drift;
        with_seeds(model, 100, [&](const Told& told) {
            EXPECT_LE(told.counts.mismatched, 8U);
            EXPECT_EQ(told.counts.returned + told.counts.mismatched, 600U);
            EXPECT_EQ(told.counts.unknown, 0U);
        });
    }
    Model unread;
    unread.drift = 0.02;
    unread.codes = 0;
    with_seeds(unread, 100, [&](const Told& told) {
        EXPECT_EQ(told.counts.mismatched, 0U);
        EXPECT_GT(told.counts.returned, 100U) << "where nothing else tells, it is searched for again";
    });
}

TEST(FrameTrips, a_server_that_restamps_and_whose_pictures_nobody_reads_is_not_guessed_at) {
    for (const bool decoded : {false, true}) {
        Model model;
        model.decoded = decoded;
        model.codes = 0;
        model.stamps = Model::Stamps::even;
        with_seeds(model, 100, [&](const Told& told) {
            EXPECT_EQ(told.stamps, FrameTrips::Stamps::restamped);
            EXPECT_EQ(told.counts.returned, 0U);
            EXPECT_EQ(told.counts.lost, 0U) << "they may have come";
            EXPECT_EQ(told.counts.untold, 600U);
            EXPECT_EQ(told.counts.unknown, 600U);
        });
    }
}

TEST(FrameTrips, without_dither_an_offset_is_not_believed_until_pictures_bear_it_out) {
    Model model;
    model.dithered = false;
    model.decoded = false;
    with_seeds(model, 50, [&](const Told& told) {
        EXPECT_EQ(told.stamps, FrameTrips::Stamps::ambiguous);
        EXPECT_EQ(told.counts.returned, 0U);
    });
    model.decoded = true;
    model.dropped = 0.1;
    with_seeds(model, 50, [&](const Told& told) {
        EXPECT_EQ(told.stamps, FrameTrips::Stamps::kept);
        EXPECT_EQ(told.counts.returned, told.came);
    });
    // The server's own stamps are then like ours, and where frames come back at once just one offset fits, until it drops one.
    Model at_once;
    at_once.dithered = false;
    at_once.decoded = false;
    at_once.stamps = Model::Stamps::even;
    at_once.dropped = 0.03;
    at_once.delay = 5ms;
    at_once.jitter = 2ms;
    with_seeds(at_once, 50, [&](const Told& told) { EXPECT_EQ(told.counts.returned, 0U); });
    // Pictures that were dropped give it away.
    model.stamps = Model::Stamps::even;
    with_seeds(model, 50, [&](const Told& told) { EXPECT_GE(told.counts.returned, 300U); });
}

TEST(FrameTrips, misread_pictures_are_mismatches_where_timestamps_are_kept) {
    for (const std::uint32_t codes : {256U, 65'536U}) {
        Model model;
        model.codes = codes;
        model.misread = 0.05;
        model.unreadable = 0.05;
        model.dropped = 0.05;
        std::uint64_t mismatched = 0;
        with_seeds(model, 150, [&](const Told& told) {
            EXPECT_EQ(told.stamps, FrameTrips::Stamps::kept);
            EXPECT_EQ(told.counts.returned, told.came - told.counts.mismatched);
            EXPECT_GT(told.counts.unreadable, 5U);
            mismatched += told.counts.mismatched;
        });
        EXPECT_NEAR(static_cast<double>(mismatched) / 150, 600 * 0.95 * 0.95 * 0.05, 5);
    }
}

TEST(FrameTrips, misread_pictures_of_a_server_that_restamps_fall_out) {
    Model model;
    model.stamps = Model::Stamps::by_clock;
    model.misread = 0.02;
    model.dropped = 0.1;
    with_seeds(model, 150, [&](const Told& told) {
        EXPECT_GE(told.counts.returned, told.came * 9 / 10);
        EXPECT_GT(told.counts.unknown, 0U);
    });
}

TEST(FrameTrips, of_two_pictures_that_cannot_both_be_right_none_is_believed) {
    FrameTrips trips;
    for (std::uint32_t i = 0; i < 40; ++i)
        trips.note_sent({i, i, i * ticks + timestamp_dither(1, i), start + i * step, start + i * step});
    const TimePoint at = start + 40 * step;
    std::vector<std::uint64_t> told;
    // 30 was read off the picture of 11, and nobody can know that it was not 12 that was read wrongly.
    const std::vector<std::uint32_t> read = {10, 30, 12, 13, 13, 9, 14};
    for (std::uint32_t i = 0; i < read.size(); ++i) {
        const TimePoint now = at + i * step;
        trips.note_returned({1'000 + i * ticks, now, now});
        trips.note_decoded({1'000 + i * ticks, now + 1ms, read[i]});
    }
    trips.finish(at + 1s);
    while (const auto trip = trips.poll()) told.push_back(trip->index);
    EXPECT_EQ(told, (std::vector<std::uint64_t>{10, 13, 14}));
    EXPECT_EQ(trips.counts().unknown, 3U) << "30, 12, and 9, which comes too late to be true";
    EXPECT_EQ(trips.counts().repeated, 1U);
}

TEST(FrameTrips, frames_of_the_servers_own_are_none_of_ours) {
    Model model;
    model.strays = 0.02;
    with_seeds(model, 150, [&](const Told& told) {
        EXPECT_GE(told.counts.returned, 550U);
        EXPECT_GT(told.counts.unknown, 0U);
    });
}

TEST(FrameTrips, a_server_that_begins_anew_with_another_offset_is_found_again) {
    for (const bool decoded : {false, true}) {
        Model model;
        model.decoded = decoded;
        model.new_offset_halfway = true;
        with_seeds(model, 150, [&](const Told& told) {
            EXPECT_EQ(told.stamps, FrameTrips::Stamps::kept);
            EXPECT_GE(told.counts.returned, 590U);
        });
    }
}

TEST(FrameTrips, a_repetition_counts_once) {
    Model model;
    model.repeated = 0.2;
    model.decoded = false;
    with_seeds(model, 50, [&](const Told& told) {
        EXPECT_EQ(told.counts.returned, 600U);
        EXPECT_EQ(told.counts.repeated, told.counts.received - 600);
        EXPECT_GT(told.counts.repeated, 50U);
    });
}

TEST(FrameTrips, what_comes_after_the_timeout_is_late_and_lost) {
    Model model;
    model.delay = 5500ms;
    with_seeds(model, 20, [&](const Told& told) {
        EXPECT_EQ(told.counts.returned, 0U);
        EXPECT_EQ(told.counts.lost, 600U);
        EXPECT_EQ(told.counts.late, 600U);
    });
    model.stamps = Model::Stamps::even;
    with_seeds(model, 20, [&](const Told& told) {
        EXPECT_EQ(told.counts.returned, 0U) << "by its picture a frame is not looked for so far back";
        EXPECT_EQ(told.counts.lost, 600U);
    });
}

TEST(FrameTrips, frames_that_do_not_count_are_in_no_number) {
    Model model;
    model.uncounted = 20;
    for (const bool decoded : {true, false}) {
        model.decoded = decoded;
        with_seeds(model, 20, [&](const Told& told) {
            EXPECT_EQ(told.counts.sent, 580U);
            EXPECT_EQ(told.counts.returned, 580U);
            EXPECT_EQ(told.counts.received, 580U);
            EXPECT_EQ(told.counts.decoded, decoded ? 580U : 0U);
            EXPECT_EQ(told.counts.unknown + told.counts.mismatched + told.counts.lost + told.under_way, 0U);
        });
    }
    model.dropped = 0.3;
    with_seeds(model, 20, [&](const Told& told) {
        EXPECT_EQ(told.counts.sent, 580U);
        EXPECT_EQ(told.counts.received, told.counts.returned);
    });
    model.stamps = Model::Stamps::even;
    with_seeds(model, 20, [&](const Told& told) { EXPECT_EQ(told.counts.sent, 580U); });
}

TEST(FrameTrips, a_server_that_sends_nothing_back_loses_all) {
    Model model;
    model.dropped = 1;
    with_seeds(model, 3, [&](const Told& told) {
        EXPECT_EQ(told.counts.lost, 600U);
        EXPECT_EQ(told.counts.untold, 0U);
    });
}

TEST(FrameTrips, codes_that_stand_for_two_frames_are_told_by_their_way) {
    for (const Duration delay : {5ms, 300ms, 3000ms}) {
        FrameTrips trips;
        constexpr Duration sixtieth = 16'667us;
        std::deque<std::uint64_t> under_way;
        std::uint64_t wrong = 0;
        TimePoint now = start;
        const auto take_back = [&](TimePoint until) {
            while (!under_way.empty() && start + static_cast<std::int64_t>(under_way.front()) * sixtieth + delay <= until) {
                const std::uint64_t frame = under_way.front();
                under_way.pop_front();
                const TimePoint at = start + static_cast<std::int64_t>(frame) * sixtieth + delay;
                const auto stamp = static_cast<std::uint32_t>(1'000 + frame * 1500);  // the server's own
                trips.note_returned({stamp, at, at});
                trips.note_decoded({stamp, at + 1ms, static_cast<std::uint32_t>(frame % 256)});
                while (const auto trip = trips.poll())
                    if (trip->network() != delay) ++wrong;
            }
        };
        for (std::uint64_t i = 0; i < 720; ++i) {
            now = start + static_cast<std::int64_t>(i) * sixtieth;
            take_back(now);
            trips.note_sent({i, static_cast<std::uint32_t>(i % 256),
                             static_cast<std::uint32_t>(i * 1500 + timestamp_dither(1, i)), now, now});
            under_way.push_back(i);
        }
        take_back(now + 10s);
        trips.finish(now + 10s);
        while (const auto trip = trips.poll())
            if (trip->network() != delay) ++wrong;
        EXPECT_EQ(wrong, 0U);
        EXPECT_EQ(trips.counts().returned, 720U) << to_seconds(delay);
        EXPECT_EQ(trips.counts().lost, 0U);
    }
}

TEST(FrameTrips, where_codes_stand_for_two_frames_and_nothing_tells_which_none_is_lost) {
    // The first frame comes when 300 are under way: each of the first 44 codes may be of another one.
    FrameTrips trips;
    constexpr Duration sixtieth = 16'667us;
    for (std::uint64_t i = 0; i < 300; ++i) {
        const TimePoint at = start + static_cast<std::int64_t>(i) * sixtieth;
        trips.note_sent(
            {i, static_cast<std::uint32_t>(i % 256), static_cast<std::uint32_t>(i * 1500 + timestamp_dither(1, i)), at, at});
    }
    for (std::uint64_t i = 0; i < 300; ++i) {
        const TimePoint at = start + 300 * sixtieth - 10ms + static_cast<std::int64_t>(i) * 10us;
        const auto stamp = static_cast<std::uint32_t>(1'000 + i * 1500);
        trips.note_returned({stamp, at, at});
        trips.note_decoded({stamp, at + 1us, static_cast<std::uint32_t>(i % 256)});
    }
    trips.finish(start + 30s);
    EXPECT_EQ(trips.counts().lost, 0U);
    EXPECT_EQ(trips.counts().returned + trips.counts().untold, 300U);
}

// The server's encoder leaves out three frames of four, and now and then draws so coarsely that one ring stays what it was: the code is that of a frame
// that did not come back.
TEST(FrameTrips, a_code_with_one_ring_read_wrongly_is_no_match) {
    const auto misread = [](std::uint64_t frame) {  // rings show the Gray code, of which one is that of a frame before
        return frame % 40 == 0 ? static_cast<std::uint32_t>(frame - 1) : static_cast<std::uint32_t>(frame);
    };
    for (const Duration jitter : {0ms, 5ms}) {
        FrameTrips trips;
        test::SeededRandom random(7);
        std::uint64_t matched = 0;
        std::uint64_t wrong = 0;
        std::uint64_t came = 0;
        const auto take = [&] {
            for (; const auto trip = trips.poll(); ++matched) wrong += trip->network() > 100ms + jitter ? 1 : 0;
        };
        for (std::uint64_t i = 0; i < 800; ++i) {
            const TimePoint at = start + static_cast<std::int64_t>(i) * step;
            trips.note_sent(
                {i, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i * ticks + timestamp_dither(1, i)), at, at});
            if (i < 4 || i % 4 != 3) continue;
            const std::uint64_t back = i - 3;  // 99 ms ago
            const TimePoint came_at = at + 1ms + from_seconds(to_seconds(jitter) * random.uniform());
            const auto stamp = static_cast<std::uint32_t>(1'000 + back * ticks);  // the server's own
            trips.note_returned({stamp, came_at, came_at});
            trips.note_decoded({stamp, came_at, misread(back)});
            ++came;
            take();
        }
        trips.finish(start + 60s);
        take();
        EXPECT_EQ(wrong, 0U);
        EXPECT_EQ(matched, came - 19);
        EXPECT_EQ(trips.counts().unknown, 19U);
    }
}

// A server that sends the newest picture it has, again and again, goes on when nothing is sent to it any more.
TEST(FrameTrips, what_a_server_sends_when_all_that_was_sent_has_had_its_time_is_not_counted) {
    for (const bool restamped : {false, true}) {
        FrameTrips trips;
        std::uint64_t stamps = 1'000;
        const auto come = [&](std::uint32_t frame, TimePoint at, bool again, bool uncalled_for) {
            auto stamp = frame * ticks + timestamp_dither(1, frame);
            if (restamped || again) stamp = static_cast<std::uint32_t>(stamps += ticks + 7);
            trips.note_returned({stamp, at, at, uncalled_for});
            trips.note_decoded({stamp, at + 1ms, frame});
        };
        for (std::uint32_t i = 0; i < 100; ++i) {
            const TimePoint at = start + i * step;
            trips.note_sent({i, i, i * ticks + timestamp_dither(1, i), at, at});
            if (i >= 3 && i != 53) come(i - 3, at + 1ms, false, false);  // 50 is left out
        }
        const TimePoint end = start + 100 * step;
        come(97, end, false, false);
        come(98, end + step, false, false);
        const TripCounts before = trips.counts();
        for (int k = 0; k < 10; ++k) come(98, end + (k + 2) * step, true, true);
        come(99, end + 12 * step, false, true);
        for (int k = 0; k < 60; ++k) come(99, end + (k + 13) * step, true, true);
        trips.finish(end + 10s);
        const TripCounts& counts = trips.counts();
        EXPECT_EQ(before.received, 98U);
        EXPECT_EQ(counts.received, 99U) << "the last of ours, though late, and no repetition";
        EXPECT_EQ(counts.decoded, 99U);
        EXPECT_EQ(counts.returned, 99U) << restamped;
        EXPECT_EQ(counts.lost, 1U);
        EXPECT_EQ(counts.repeated, 0U);
        EXPECT_EQ(counts.mismatched, 0U);
        EXPECT_EQ(counts.unknown, 0U);
        EXPECT_EQ(trips.freezes().freezes(), 0U);
    }
}

// Now and then a picture of something else reads as if it showed a code.
TEST(FrameTrips, codes_of_pictures_that_show_none_are_not_believed) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        test::SeededRandom random(seed);
        FrameTrips trips;
        std::uint32_t stamp = 5;
        for (std::uint64_t i = 0; i < 300; ++i) {
            const TimePoint at = start + static_cast<std::int64_t>(i) * 66ms;
            trips.note_sent({i, static_cast<std::uint32_t>(i % 256),
                             static_cast<std::uint32_t>(i * 6000 + timestamp_dither(seed, i)), at, at});
            stamp += 5900 + static_cast<std::uint32_t>(random.below(200));
            trips.note_returned({stamp, at + 20ms, at + 20ms});
            std::optional<std::uint32_t> code;
            if (random.uniform() < 0.12) code = static_cast<std::uint32_t>(random.below(256));
            trips.note_decoded({stamp, at + 22ms, code});
        }
        trips.finish(start + 40s);
        ASSERT_EQ(trips.counts().returned, 0U) << seed;
        ASSERT_EQ(trips.counts().lost, 0U) << seed;
        ASSERT_EQ(trips.counts().untold, 300U) << seed;
        ASSERT_EQ(trips.counts().unknown, 300U) << seed;
    }
}

TEST(FrameTrips, pictures_of_something_else_that_follow_ours_are_not_believed_for_long) {
    std::uint64_t believed = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        test::SeededRandom random(seed);
        FrameTrips trips;
        for (std::uint64_t i = 0; i < 600; ++i) {
            const TimePoint at = start + static_cast<std::int64_t>(i) * 66ms;
            trips.note_sent({i, static_cast<std::uint32_t>(i % 256),
                             static_cast<std::uint32_t>(i * 6000 + timestamp_dither(seed, i)), at, at});
            const auto stamp = static_cast<std::uint32_t>(i * 6000 + random.below(100));
            trips.note_returned({stamp, at + 20ms, at + 20ms});
            std::optional<std::uint32_t> code = static_cast<std::uint32_t>(i % 256);
            if (i >= 100) code.reset();
            if (i >= 100 && random.uniform() < 0.1) code = static_cast<std::uint32_t>(random.below(256));
            trips.note_decoded({stamp, at + 22ms, code});
        }
        trips.finish(start + 60s);
        ASSERT_GE(trips.counts().returned, 100U);
        believed += trips.counts().returned - 100;
    }
    EXPECT_LT(believed, 50U) << "less than one of 500 pictures";
}

TEST(FrameTrips, what_is_under_way_when_a_call_is_cut_short_is_not_lost) {
    FrameTrips trips({5s, false});
    for (std::uint64_t i = 0; i < 300; ++i) {
        const TimePoint at = start + static_cast<std::int64_t>(i) * step;
        const auto stamp = static_cast<std::uint32_t>(i * ticks + timestamp_dither(1, i));
        trips.note_sent({i, {}, stamp, at, at});
        if (i < 100) trips.note_returned({stamp, at + 1ms, at + 1ms});
    }
    const TimePoint end = start + 300 * step;
    trips.finish(end);
    EXPECT_EQ(trips.counts().returned, 100U);
    EXPECT_EQ(trips.counts().lost, 49U) << "those that were sent over five seconds ago";
    EXPECT_EQ(trips.under_way(), 151U);
}

TEST(FrameTrips, a_short_call_is_told_when_it_ends) {
    Model model;
    model.frames = 10;
    model.decoded = false;
    with_seeds(model, 100, [&](const Told& told) {
        EXPECT_EQ(told.stamps, FrameTrips::Stamps::kept);
        EXPECT_EQ(told.counts.returned, 10U);
    });
    model.frames = 5;
    with_seeds(model, 500, [&](const Told& told) {
        EXPECT_EQ(told.stamps, FrameTrips::Stamps::kept);
        EXPECT_EQ(told.counts.returned, 5U);
        EXPECT_EQ(told.counts.unknown, 0U);
    });
    model.frames = 3;
    with_seeds(model, 100, [&](const Told& told) {
        EXPECT_EQ(told.stamps, FrameTrips::Stamps::searching) << "too few to tell";
        EXPECT_EQ(told.counts.returned, 0U);
        EXPECT_EQ(told.counts.untold, 3U);
    });
    model.decoded = true;
    with_seeds(model, 100, [&](const Told& told) { EXPECT_EQ(told.counts.returned, 3U) << "by their pictures"; });
}

TEST(FrameTrips, a_short_call_to_a_server_that_restamps_is_not_guessed_at) {
    for (const auto stamps : {Model::Stamps::even, Model::Stamps::by_clock}) {
        Model model;
        model.decoded = false;
        model.stamps = stamps;
        for (model.frames = 5; model.frames < 12; ++model.frames)
            with_seeds(model, 500, [&](const Told& told) { EXPECT_EQ(told.counts.returned, 0U); });
    }
}

TEST(FrameTrips, times_of_a_frame_are_told_apart) {
    FrameTrips trips;
    std::vector<FrameTrip> told;
    for (std::uint64_t i = 0; i < 20; ++i) {
        const TimePoint at = start + static_cast<std::int64_t>(i) * step;
        const auto stamp = static_cast<std::uint32_t>(i * ticks + timestamp_dither(1, i));
        trips.note_sent({i, static_cast<std::uint32_t>(i), stamp, at, at + 4ms});
        trips.note_returned({stamp + 77, at + 10ms, at + 11ms});
        trips.note_decoded({stamp + 77, at + 13ms, static_cast<std::uint32_t>(i)});
        while (const auto trip = trips.poll()) told.push_back(*trip);
    }
    ASSERT_EQ(told.size(), 20U);
    EXPECT_TRUE(trips.by_timestamp());
    EXPECT_EQ(trips.offset(), 77U);
    EXPECT_EQ(trips.first_sent(), start + 4ms);
    EXPECT_EQ(trips.first_frame(), start + 13ms);
    TripTimes times;
    for (std::size_t i = 0; i < told.size(); ++i) {
        EXPECT_EQ(told[i].index, i) << "in their order";
        EXPECT_EQ(told[i].coding(), 4ms);
        EXPECT_EQ(told[i].network(), 6ms);
        EXPECT_EQ(told[i].assembly(), 1ms);
        EXPECT_EQ(told[i].decoding(), 2ms);
        EXPECT_EQ(told[i].whole(), 13ms);
        times.record(told[i]);
    }
    TripTimes sum;
    sum.merge(times);
    sum.merge(times);
    EXPECT_EQ(sum.whole.count(), 40U);
    EXPECT_EQ(sum.network.max(), 6ms);
    EXPECT_EQ(sum.assembly.max(), 1ms);
    EXPECT_EQ(sum.decoding.max(), 2ms);
    EXPECT_EQ(to_string(told[0].by), "both");
}

TEST(FrameTrips, a_picture_that_is_not_decoded_in_time_is_not_waited_for) {
    FrameTrips trips;
    for (std::uint64_t i = 0; i < 30; ++i) {
        const TimePoint at = start + static_cast<std::int64_t>(i) * step;
        const auto stamp = static_cast<std::uint32_t>(i * ticks + timestamp_dither(1, i));
        trips.note_sent({i, {}, stamp, at, at});
        trips.note_returned({stamp, at + 10ms, at + 11ms});
    }
    EXPECT_EQ(trips.counts().returned, 0U);
    const TimePoint last = start + 29 * step + 10ms;
    EXPECT_EQ(trips.next_timeout(), start + 10ms + FrameTrips::decode_hold);
    trips.advance(last + FrameTrips::decode_hold);
    EXPECT_EQ(trips.counts().returned, 30U);
    const auto trip = trips.poll();
    ASSERT_TRUE(trip);
    EXPECT_FALSE(trip->decoded);
    EXPECT_EQ(trip->whole(), 11ms);
    EXPECT_EQ(trip->by, KnownBy::timestamp);
}

TEST(FrameTrips, a_long_call_remembers_little) {
    FrameTrips trips({5s, false});
    for (std::uint64_t i = 0; i < 200'000; ++i) {
        const TimePoint at = start + static_cast<std::int64_t>(i) * 1ms;
        trips.note_sent({i, {}, static_cast<std::uint32_t>(i * 90 + timestamp_dither(1, i)), at, at});
    }
    EXPECT_LE(trips.under_way(), FrameTrips::most_remembered);
    EXPECT_EQ(trips.counts().lost, 200'000 - trips.under_way());
    for (std::uint32_t i = 0; i < 200'000; ++i) trips.note_returned({i * 1'000'003, start + 200s, start + 200s});
    EXPECT_EQ(trips.counts().received, 200'000U);
    EXPECT_EQ(trips.counts().returned, 0U);
}

TEST(FrameTrips, dither_is_the_same_again_and_spread_evenly) {
    std::array<int, 64> counts{};
    for (std::uint64_t i = 0; i < 6400; ++i) {
        EXPECT_EQ(timestamp_dither(5, i), timestamp_dither(5, i));
        ++counts.at(timestamp_dither(5, i));
    }
    for (const int count : counts) EXPECT_NEAR(count, 100, 50);
    EXPECT_NE(timestamp_dither(5, 1) + 100 * timestamp_dither(5, 2), timestamp_dither(6, 1) + 100 * timestamp_dither(6, 2));
}

}  // namespace
}  // namespace volley::call
