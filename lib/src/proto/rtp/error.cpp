#include "proto/rtp/error.hpp"

#include <string>

namespace volley::proto::rtp {
namespace {

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.rtp"; }
    std::string message(int v) const override {
        switch (static_cast<Errc>(v)) {
            case Errc::truncated:
                return "the packet is cut short";
            case Errc::bad_version:
                return "not version 2 of RTP";
            case Errc::bad_padding:
                return "the padding is not what it can be";
            case Errc::bad_field:
                return "a field holds what it cannot";
            case Errc::too_many:
                return "too many packets in one";
            case Errc::no_room:
                return "no room for the packet";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& category() noexcept {
    static const Category c;
    return c;
}

}  // namespace volley::proto::rtp
