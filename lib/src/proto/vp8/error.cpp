#include "proto/vp8/error.hpp"

#include <string>

namespace volley::proto::vp8 {
namespace {

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.vp8"; }
    std::string message(int v) const override {
        switch (static_cast<Errc>(v)) {
            case Errc::truncated:
                return "the payload or frame is cut short";
            case Errc::not_vp8:
                return "not a frame of VP8";
            case Errc::no_start:
                return "the beginning of the frame is not there";
            case Errc::second_start:
                return "a frame begins within another";
            case Errc::mixed_pictures:
                return "packets of one frame say different picture ids";
            case Errc::too_large:
                return "the frame is too large";
            case Errc::no_room:
                return "no room for the frame in the packet";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& category() noexcept {
    static const Category c;
    return c;
}

}  // namespace volley::proto::vp8
