#include "middleware/header_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace volley::middleware {
namespace {

TEST(HeaderList, is_split_at_commas_without_blanks) {
    EXPECT_THAT(split_list("a, b ,,\tc"), testing::ElementsAre("a", "b", "c"));
    EXPECT_THAT(split_list(""), testing::IsEmpty());
}

TEST(AcceptEncoding, weights_decide) {
    for (const char* yes : {"gzip", "GZIP", "deflate, gzip;q=0.1", "*", "br;q=1, *;q=0.5", "x-gzip", "gzip ; q=1.0"})
        EXPECT_TRUE(accepts_gzip(yes)) << yes;
    for (const char* no : {"", "identity", "gzip;q=0", "*;q=1, gzip;q=0", "*;q=0", "gzip;q=x", "gzip;q=2", "deflate, br"})
        EXPECT_FALSE(accepts_gzip(no)) << no;
}

TEST(Vary, names_each_field_once) {
    http::Headers headers{{"Vary", "Origin"}};
    add_vary(headers, "Accept-Encoding");
    add_vary(headers, "origin");
    EXPECT_EQ(headers.get("Vary"), "Origin, Accept-Encoding");
    http::Headers any{{"Vary", "*"}};
    add_vary(any, "Origin");
    EXPECT_EQ(any.get("Vary"), "*");
}

}  // namespace
}  // namespace volley::middleware
