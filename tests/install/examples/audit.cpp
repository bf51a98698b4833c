// A synchronous view behind middleware: one of the library's, one asynchronous and one synchronous of our own.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <volley/middleware.hpp>
#include <volley/server/server.hpp>
#include <volley/view.hpp>
#include <volley/view/context.hpp>

namespace view = volley::view;

struct Account {
    view::Response get(const view::Request& request) {
        if (request.param("name") == "nobody") throw view::HttpError(404, "there is no such account");
        return view::Response::text("the account of " + std::string(request.param("name").value_or("")) + "\n");
    }
};

/// Short cut: who brings no token gets no further.
struct RequireToken {
    view::awaitable<view::Response> operator()(const view::Request& request, const view::AsyncNext& next) const {
        if (request.headers.get("Authorization") != "Bearer secret") co_return view::Response::error(401, "a token is needed");
        co_return co_await next(request);
    }
};

/// Changes the answer on its way out.
struct Audit {
    view::Response operator()(const view::Request& request, const view::SyncNext& next) const {
        view::Response response = next(request);
        response.headers.add("X-Audit", view::current_context()->request_id());
        return response;
    }
};

int main(int argc, char** argv) {
    view::Routes routes;
    routes.add("/account/{name}", Account{});
    routes
        .use(volley::middleware::AccessLog(
                 [](std::string_view line) { std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data()); }),
             "access log")
        .use(RequireToken{}, "token")
        .use(Audit{}, "audit");
    volley::server::Options options;
    options.port = argc > 1 ? static_cast<std::uint16_t>(std::atoi(argv[1])) : std::uint16_t{8000};
    return volley::server::run(std::move(routes), options);
}
