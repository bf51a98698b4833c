#include "proto/h264/error.hpp"

#include <string>

namespace volley::proto::h264 {
namespace {

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.h264"; }
    std::string message(int v) const override {
        switch (static_cast<Errc>(v)) {
            case Errc::truncated:
                return "the payload or picture is cut short";
            case Errc::not_h264:
                return "a value that H.264 does not have";
            case Errc::unsupported:
                return "a kind of packet that packetization-mode 1 does not have";
            case Errc::no_start:
                return "the beginning of a NAL unit is not there";
            case Errc::unfinished:
                return "the end of a NAL unit is not there";
            case Errc::too_large:
                return "the picture is too large";
            case Errc::too_many:
                return "too many NAL units in one picture";
            case Errc::no_room:
                return "no room for the picture in the packet";
            case Errc::bad_profile:
                return "not a profile-level-id that fits";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& category() noexcept {
    static const Category c;
    return c;
}

}  // namespace volley::proto::h264
