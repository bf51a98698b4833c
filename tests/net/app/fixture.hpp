// The application on a thread of its own, and what its tests ask it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <volley/app/app.hpp>

#include "net/server/fixture.hpp"
#include "support/raw_client.hpp"

namespace volley::test {

class App : public testing::Test {
protected:
    explicit App(std::string_view kind = "coroutine", app::AppOptions options = {})
        : server(app::make_routes(with(options, self)), options_of(kind)) {
        self->set("127.0.0.1", server.port());
    }

    RawClient::Answer ask(std::string_view request) {
        RawClient client(server.port());
        client.send(request);
        return client.read_answer();
    }
    RawClient::Answer get(std::string_view target) { return ask("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n"); }
    RawClient::Answer post(std::string_view target, std::string_view type, std::string_view body) {
        return ask("POST " + std::string(target) + " HTTP/1.1\r\nHost: h\r\nContent-Type: " + std::string(type) +
                   "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    }
    static boost::json::object object_of(const RawClient::Answer& answer) {
        boost::system::error_code ec;
        const boost::json::value value = boost::json::parse(answer.body, ec);
        EXPECT_FALSE(ec) << answer.body;
        return value.is_object() ? value.get_object() : boost::json::object();
    }
    static app::AppOptions with(app::AppOptions options, std::shared_ptr<const app::SelfAddress> self) {
        if (!options.self) options.self = std::move(self);
        return options;
    }

    std::shared_ptr<app::SelfAddress> self = std::make_shared<app::SelfAddress>();
    LiveServer server;
};

}  // namespace volley::test
