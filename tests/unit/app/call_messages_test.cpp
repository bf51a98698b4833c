#include "app/call_messages.hpp"

#include <string>

#include <gtest/gtest.h>

namespace volley::app {
namespace {

const std::string binary("\0\xff\n", 3);

TEST(CallMessages, questions_come_back_as_they_were) {
    const auto offer = read_question(to_bytes(CallQuestion(OfferQuestion{"v=0\r\n", "192.0.2.1:5", binary})));
    ASSERT_TRUE(offer && std::holds_alternative<OfferQuestion>(*offer));
    EXPECT_EQ(std::get<OfferQuestion>(*offer).offer, "v=0\r\n");
    EXPECT_EQ(std::get<OfferQuestion>(*offer).remote, "192.0.2.1:5");
    EXPECT_EQ(std::get<OfferQuestion>(*offer).transform, binary);
    const auto knows = read_question(to_bytes(CallQuestion(KnowsQuestion{"a"})));
    ASSERT_TRUE(knows && std::holds_alternative<KnowsQuestion>(*knows));
    EXPECT_EQ(std::get<KnowsQuestion>(*knows).id, "a");
    for (const std::optional<std::string>& tag : {std::optional<std::string>(), std::optional<std::string>("")}) {
        const auto patch = read_question(to_bytes(CallQuestion(PatchQuestion{"b", tag, binary})));
        ASSERT_TRUE(patch && std::holds_alternative<PatchQuestion>(*patch));
        EXPECT_EQ(std::get<PatchQuestion>(*patch).if_match, tag);
        EXPECT_EQ(std::get<PatchQuestion>(*patch).fragment, binary);
    }
    const auto hang_up = read_question(to_bytes(CallQuestion(HangUpQuestion{""})));
    ASSERT_TRUE(hang_up && std::holds_alternative<HangUpQuestion>(*hang_up));
}

TEST(CallMessages, replies_come_back_as_they_were) {
    const auto refusal = read_reply(to_bytes(CallReply(CallRefusal{429, "text", "hint", {3, 7}})));
    ASSERT_TRUE(refusal && std::holds_alternative<CallRefusal>(*refusal));
    EXPECT_EQ(std::get<CallRefusal>(*refusal).status, 429);
    EXPECT_EQ(std::get<CallRefusal>(*refusal).text, "text");
    EXPECT_EQ(std::get<CallRefusal>(*refusal).hint, "hint");
    EXPECT_EQ(std::get<CallRefusal>(*refusal).pos, (SourcePos{3, 7}));
    const auto answer = read_reply(to_bytes(CallReply(CallAnswer{"id", "sdp", "tag"})));
    ASSERT_TRUE(answer && std::holds_alternative<CallAnswer>(*answer));
    EXPECT_EQ(std::get<CallAnswer>(*answer).id, "id");
    EXPECT_EQ(std::get<CallAnswer>(*answer).answer, "sdp");
    EXPECT_EQ(std::get<CallAnswer>(*answer).etag, "tag");
    const auto patched = read_reply(to_bytes(CallReply(CallPatched{binary, "tag"})));
    ASSERT_TRUE(patched && std::holds_alternative<CallPatched>(*patched));
    EXPECT_EQ(std::get<CallPatched>(*patched).fragment, binary);
    for (const bool known : {false, true}) {
        const auto reply = read_reply(to_bytes(CallReply(known)));
        ASSERT_TRUE(reply && std::holds_alternative<bool>(*reply));
        EXPECT_EQ(std::get<bool>(*reply), known);
    }
}

TEST(CallMessages, bytes_that_are_none_are_refused) {
    Bytes whole = to_bytes(CallQuestion(PatchQuestion{"b", "tag", "fragment"}));
    for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(read_question(BytesView(whole).first(n))) << n;
    whole.push_back(0);
    EXPECT_FALSE(read_question(whole)) << "something behind it";
    EXPECT_FALSE(read_question(Bytes{4}));
    EXPECT_FALSE(read_question(Bytes{1, 0xff, 0xff, 0xff, 0xff, 'a'}));
    EXPECT_FALSE(read_reply(Bytes{}));
    EXPECT_FALSE(read_reply(Bytes{9, 1}));
}

}  // namespace
}  // namespace volley::app
