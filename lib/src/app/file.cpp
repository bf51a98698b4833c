// A view that reads from a disk, which has no asynchronous interface that is worth the name.
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <system_error>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <fmt/format.h>

#include "app/stop_at_exit.hpp"
#include "app/views.hpp"
#include "app/words.hpp"

namespace volley::app {
namespace {

using view::awaitable;
using view::Request;
using view::Response;

constexpr std::uint64_t most_bytes = 64UL * 1024 * 1024;
constexpr std::size_t piece = 64UL * 1024;

/// Closes what it holds.
class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }

private:
    int fd_;
};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

/// A file in a new temporary directory, which only we may enter: byte i is i mod 251. It grows to what is asked for and is removed with
/// this object.
/// Thread safety: every member may be called from any thread. All of them block.
class DemoFile {
public:
    DemoFile() = default;
    DemoFile(const DemoFile&) = delete;
    DemoFile& operator=(const DemoFile&) = delete;
    ~DemoFile() {
        if (directory_.empty()) return;
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }

    /// Opens it for reading, with at least so many bytes in it. Throws: std::system_error.
    Descriptor open(std::uint64_t bytes) {
        const std::scoped_lock lock(mutex_);
        if (directory_.empty()) {
            std::string name = (std::filesystem::temp_directory_path() / "volley-file-XXXXXX").string();
            if (::mkdtemp(name.data()) == nullptr) fail("making a temporary directory");
            directory_ = std::move(name);
        }
        const std::string path = directory_ + "/demo";
        if (size_ < bytes || size_ == 0) grow(path, bytes);
        const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0) fail("opening the file");
        return Descriptor(fd);
    }

private:
    void grow(const std::string& path, std::uint64_t bytes) {
        const Descriptor out(::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!out) fail("making the file");
        std::array<char, piece> buffer{};
        while (size_ < bytes) {
            const std::size_t n = std::min<std::uint64_t>(piece, bytes - size_);
            for (std::size_t i = 0; i < n; ++i) buffer[i] = static_cast<char>((size_ + i) % 251);
            const ssize_t written = ::pwrite(out.get(), buffer.data(), n, static_cast<off_t>(size_));
            if (written < 0) fail("writing the file");
            size_ += static_cast<std::uint64_t>(written);
        }
        if (::fdatasync(out.get()) != 0) fail("writing the file");  // so that its pages can be dropped
    }

    std::mutex mutex_;
    std::string directory_;
    std::uint64_t size_ = 0;
};

struct Read {
    std::uint64_t bytes = 0;
    std::string sha256;
    Duration took{};
};

Read read_file(DemoFile& file, std::uint64_t bytes, const std::stop_token& stop) {
    const Descriptor in = file.open(bytes);
    // From the disk, not from the page cache, where the file system allows it.
    (void)::posix_fadvise(in.get(), 0, 0, POSIX_FADV_DONTNEED);
    const TimePoint start = Clock::now();
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
    std::array<char, piece> buffer{};
    Read read;
    while (read.bytes < bytes && !stop.stop_requested()) {
        const ssize_t n = ::read(in.get(), buffer.data(), std::min<std::uint64_t>(piece, bytes - read.bytes));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) fail("reading the file");
        if (n == 0) break;
        EVP_DigestUpdate(digest.get(), buffer.data(), static_cast<std::size_t>(n));
        read.bytes += static_cast<std::uint64_t>(n);
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
    unsigned size = 0;
    EVP_DigestFinal_ex(digest.get(), sum.data(), &size);
    for (unsigned i = 0; i < size; ++i) read.sha256 += fmt::format("{:02x}", sum[i]);
    read.took = Clock::now() - start;
    return read;
}

class File {
public:
    File() : file_(std::make_shared<DemoFile>()) {
        // OpenSSL 3.0 reads its configuration at first use and never frees what it keeps for the thread that happens on, unless that is
        // the one which ends the process: so not on a thread of the pool.
        OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, nullptr);
    }

    awaitable<Response> get(const Request& request) {
        const auto bytes = read_count(request.query_value("bytes").value_or("1048576"));
        if (!bytes || *bytes > most_bytes) co_return Response::error(400, "'bytes' is a number from 0 to 67108864");
        const StopAtExit stop;
        auto work = [file = file_, n = *bytes, token = stop.token()] { return read_file(*file, n, token); };
        const Read read = co_await view::sync_to_async(std::move(work), view::Thread::pool);
        co_return Response::json(fmt::format("{{\"bytes\": {}, \"sha256\": \"{}\", \"read_ms\": {:.3f}}}\n", read.bytes,
                                             read.sha256, to_seconds(read.took) * 1e3));
    }

private:
    std::shared_ptr<DemoFile> file_;  // shared with the reads that run
};

}  // namespace

void add_file(view::Routes& routes) { routes.add("/file", File()); }

}  // namespace volley::app
