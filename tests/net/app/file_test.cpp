// Reading from a disk.
#include <array>
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>

#include <openssl/evp.h>

#include "net/app/fixture.hpp"

namespace volley::test {
namespace {

/// A folder for temporary files of the application alone.
class Temporary {
public:
    Temporary() : path_((std::filesystem::temp_directory_path() / "volley-test-XXXXXX").string()) {
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp");
        if (const char* before = std::getenv("TMPDIR")) before_ = before;
        ::setenv("TMPDIR", path_.c_str(), 1);
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    ~Temporary() {
        before_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before_.c_str(), 1);
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] bool empty() const { return std::filesystem::is_empty(path_); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
    std::string before_;
};

/// Its base comes first, so that the application finds the folder and leaves it before it is removed.
class File : private Temporary, public App {
protected:
    [[nodiscard]] const std::string& folder() const { return path(); }
};

std::string expected_sum(std::size_t bytes) {
    std::string text(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i % 251);
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), sum.data(), &size, EVP_sha256(), nullptr);
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        hex += "0123456789abcdef"[sum[i] >> 4U];
        hex += "0123456789abcdef"[sum[i] & 15U];
    }
    return hex;
}

TEST_F(File, sums_what_stands_on_the_disk) {
    for (const std::size_t bytes : {0UL, 1UL, 65'536UL, 200'001UL, 70'000UL}) {
        const auto answer = get("/file?bytes=" + std::to_string(bytes));
        ASSERT_EQ(answer.status, 200) << answer.body;
        const auto body = object_of(answer);
        EXPECT_EQ(body.at("bytes").as_int64(), static_cast<std::int64_t>(bytes));
        EXPECT_EQ(body.at("sha256").as_string(), expected_sum(bytes)) << bytes;
        EXPECT_GE(body.at("read_ms").as_double(), 0);
    }
    EXPECT_EQ(object_of(get("/file")).at("bytes").as_int64(), 1'048'576);
    for (const char* query : {"bytes=-1", "bytes=x", "bytes=67108865", "bytes="})
        EXPECT_EQ(get("/file?" + std::string(query)).status, 400) << query;
    EXPECT_EQ(get("/file?name=../../etc/passwd&bytes=1").status, 200) << "no name is ever looked at";
}

TEST_F(File, many_read_while_it_grows) {
    std::vector<RawClient> all;
    for (std::size_t i = 0; i < 20; ++i) {
        all.emplace_back(server.port());
        all.back().get("/file?bytes=" + std::to_string(i * 10'000));
    }
    for (std::size_t i = 0; i < all.size(); ++i)
        EXPECT_EQ(object_of(all[i].read_answer()).at("sha256").as_string(), expected_sum(i * 10'000));
}

TEST_F(File, a_link_in_its_place_is_not_followed) {
    ASSERT_EQ(get("/file?bytes=10").status, 200);
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
        std::filesystem::remove(entry.path() / "demo");
        std::filesystem::create_symlink("/etc/passwd", entry.path() / "demo");
    }
    const auto answer = get("/file?bytes=10");
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body, testing::Not(testing::HasSubstr("demo"))) << "the outside is not told where";
}

TEST(FileEnd, nothing_stays_behind) {
    const Temporary temporary;
    {
        LiveServer server(app::make_routes(), options_of("coroutine"));
        RawClient client(server.port());
        client.get("/file?bytes=10");
        ASSERT_EQ(client.read_answer().status, 200);
        EXPECT_FALSE(temporary.empty());
    }
    EXPECT_TRUE(eventually([&] { return temporary.empty(); }));
}

}  // namespace
}  // namespace volley::test
