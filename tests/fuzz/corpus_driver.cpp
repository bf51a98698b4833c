// Calls a fuzz target without libFuzzer: with the files of its corpus, then with mutations of them, the same ones in each run.
//   PROGRAM CORPUS_FOLDER [MUTATIONS [FIRST]]       a failure names its mutation: PROGRAM CORPUS_FOLDER 1 <it> repeats that one alone
#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size);

namespace {

using Bytes = std::vector<unsigned char>;

// What the input is called that the target is looking at; written out by a signal handler.
std::array<char, 256> current{};

extern "C" void name_current(int signal) {
    constexpr std::string_view said = "\nfuzz target failed at ";
    (void)!write(STDERR_FILENO, said.data(), said.size());
    (void)!write(STDERR_FILENO, current.data(), std::char_traits<char>::length(current.data()));
    (void)!write(STDERR_FILENO, "\n", 1);
    std::signal(signal, SIG_DFL);
    (void)std::raise(signal);
}

// A copy of just that size, so that the address sanitizer sees a read behind the end.
void run(const std::string& name, const Bytes& bytes) {
    std::snprintf(current.data(), current.size(), "%s", name.c_str());
    const std::unique_ptr<unsigned char[]> exact(new unsigned char[bytes.size()]);
    std::copy(bytes.begin(), bytes.end(), exact.get());
    LLVMFuzzerTestOneInput(exact.get(), bytes.size());
}

void mutate(Bytes& bytes, const std::vector<Bytes>& corpus, std::mt19937_64& random) {
    const auto below = [&random](std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random() % n); };
    const auto position = [](std::size_t n) { return static_cast<std::ptrdiff_t>(n); };
    // Bytes that decide something in texts, more often than others.
    constexpr std::string_view telling = "\r\n\r\n \t:;,0123456789aAfFxX-+\"\0\x7f\x80\xff";
    const std::size_t at = below(bytes.size());
    const std::size_t count = std::min(1 + below(16), bytes.size() - at);
    const auto telling_byte = [&] { return static_cast<unsigned char>(telling[below(telling.size())]); };
    switch (below(7)) {
        case 0:
            if (!bytes.empty()) bytes[at] = telling_byte();
            break;
        case 1:
            if (!bytes.empty()) bytes[at] = static_cast<unsigned char>(random());
            break;
        case 2:
            bytes.insert(bytes.begin() + position(at), telling_byte());
            break;
        case 3:
            bytes.erase(bytes.begin() + position(at), bytes.begin() + position(at + count));
            break;
        case 4: {
            const Bytes piece(bytes.begin() + position(at), bytes.begin() + position(at + count));
            bytes.insert(bytes.begin() + position(below(bytes.size())), piece.begin(), piece.end());
            break;
        }
        case 5:
            bytes.resize(at);
            break;
        default: {
            // The end of another file of the corpus in place of this one's.
            const Bytes& other = corpus[below(corpus.size())];
            bytes.resize(at);
            bytes.insert(bytes.end(), other.begin() + position(below(other.size())), other.end());
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: %s CORPUS_FOLDER [MUTATIONS [FIRST]]\n", argv[0]);
        return 2;
    }
    for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) std::signal(signal, name_current);
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<Bytes> corpus;
    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
        run(file.filename().string(), corpus.back());
    }
    if (corpus.empty()) {
        std::fprintf(stderr, "%s: no files\n", argv[1]);
        return 1;
    }
    run("nothing", {});
    const unsigned long mutations = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
    const unsigned long first = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 0;
    for (unsigned long i = first; i < first + mutations; ++i) {
        std::mt19937_64 random(i);  // one for each, so that each can be repeated alone
        Bytes bytes = corpus[random() % corpus.size()];
        for (std::size_t times = 1 + random() % 4; times > 0; --times) mutate(bytes, corpus, random);
        run("mutation " + std::to_string(i), bytes);
    }
    std::printf("%zu files, %lu mutations\n", corpus.size(), mutations);
}
