#include "call/memory_limit.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace volley::call {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;

std::optional<std::uint64_t> limit(std::string_view groups, const std::map<std::string, std::string>& files) {
    return least_memory_limit(groups, [&](const std::string& path) -> std::optional<std::string> {
        EXPECT_TRUE(path.starts_with("/sys/fs/cgroup/")) << path;
        EXPECT_EQ(path.find(".."), std::string::npos) << path;
        const auto file = files.find(path);
        return file == files.end() ? std::nullopt : std::optional(file->second);
    });
}

TEST(MemoryLimit, of_a_group_and_those_it_stands_in_the_least_counts) {
    const std::map<std::string, std::string> files{{"/sys/fs/cgroup/a/b/memory.max", "max\n"},
                                                   {"/sys/fs/cgroup/a/memory.max", "268435456\n"},
                                                   {"/sys/fs/cgroup/memory.max", "1073741824\n"}};
    EXPECT_EQ(limit("0::/a/b\n", files), 256 * mib);
    EXPECT_EQ(limit("0::/a/b", files), 256 * mib);
    EXPECT_EQ(limit("0::/\n", files), 1024 * mib) << "the own group, as a container sees it";
    EXPECT_EQ(limit("0::/gone/further\n", files), 1024 * mib) << "a path of the host's in a container";
    EXPECT_FALSE(limit("0::/x\n", {{"/sys/fs/cgroup/x/memory.max", "max\n"}}));
}

TEST(MemoryLimit, of_the_first_version_is_that_of_the_memory_controller) {
    const std::map<std::string, std::string> files{
        {"/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "536870912\n"},
        {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
        {"/sys/fs/cgroup/docker/1/memory.max", "1\n"},
    };
    EXPECT_EQ(limit("12:cpu,cpuacct:/x\n4:hugetlb,memory:/docker/1\n1:name=systemd:/docker/1\n", files), 512 * mib);
    EXPECT_FALSE(limit("4:memoryless:/docker/1\n", files));
}

TEST(MemoryLimit, what_makes_no_sense_sets_none) {
    for (const char* text : {"", "\n", "0\n", "-1\n", "12 MiB\n", "99999999999999999999999999\n", "max"})
        EXPECT_FALSE(limit("0::/\n", {{"/sys/fs/cgroup/memory.max", text}})) << text;
    for (const char* groups : {"", "\n", "0", "0:", "::", ":", "0::", "nonsense\n\n\n"})
        EXPECT_FALSE(limit(groups, {})) << groups;
    EXPECT_EQ(limit("0::/../../x\n", {{"/sys/fs/cgroup/memory.max", "4096\n"}}), 4096U);
    std::size_t reads = 0;
    const auto count = [&](const std::string&) -> std::optional<std::string> {
        ++reads;
        return std::nullopt;
    };
    std::string deep;
    for (int i = 0; i < 1000; ++i) deep += "/x";
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "0::" + deep + '\n';
    EXPECT_FALSE(least_memory_limit(many, count));
    EXPECT_LE(reads, 64U * 64U);
}

TEST(MemoryLimit, this_process_has_some) { EXPECT_GT(usable_memory(), mib); }

}  // namespace
}  // namespace volley::call
