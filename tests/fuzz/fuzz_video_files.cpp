// Video files from anywhere: what is read lies within them, and reading comes to an end.
#include <cstdio>
#include <cstdlib>

#include "picture/ivf.hpp"
#include "picture/y4m.hpp"

namespace {

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_video_files: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace volley;
    using namespace volley::picture;
    const BytesView input(data, size);
    if (auto y4m = Y4mReader::open(input)) {
        must(is_possible_size(y4m->width(), y4m->height()), "a picture can have the size");
        std::size_t frames = 0;
        for (auto next = y4m->next(); next && *next; next = y4m->next()) {
            const Picture copy(**next);  // reads every byte of it
            must(copy.bytes().size() * ++frames < size, "frames do not overlap");
        }
    }
    if (auto ivf = IvfReader::open(input)) {
        IvfWriter writer(ivf->header());
        std::size_t bytes = 32;
        auto next = ivf->next();
        for (; next && *next; next = ivf->next()) {
            must((**next).offset + (**next).data.size() <= size, "a frame lies within the file");
            bytes += 12 + (**next).data.size();
            writer.add((**next).timestamp, (**next).data);
        }
        const Bytes written = writer.take();
        must(written.size() == bytes && bytes <= size, "frames do not overlap");
        must(IvfReader::open(written).has_value(), "what is read can be written");
    }
    return 0;
}
