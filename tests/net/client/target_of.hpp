// Where a server of the tests is.
#pragma once

#include <volley/client/transport.hpp>

#include "support/raw_server.hpp"

namespace volley::test {

inline client::Target target_of(const RawServer& server) {
    client::Target target;
    target.host = "127.0.0.1";
    target.port = server.port();
    return target;
}

}  // namespace volley::test
