// Signalling: how a WebRTC call is offered over HTTP.
#pragma once

#include <memory>

#include <volley/view.hpp>

#include "app/calls.hpp"
#include "app/views.hpp"

namespace volley::app {

/// Where the JSON of the request holds an `sdp`, answers that offer as aiortc's example server does: one request, all candidates in it.
/// It sleeps before, as `sleep` does, if the request asks for that. Without an `sdp` it is sleep_view().
[[nodiscard]] Answer offer_view(SleepWays ways, std::shared_ptr<Calls> calls);

/// The endpoint of WHIP or WHEP: POST of an offer makes a session, whose path is that of the request and the session's name.
/// Who offers data channels is answered with those, and gets echo. Source: RFC 9725; draft-ietf-wish-whep for the other direction.
/// Pages of this machine may use it, whatever their port, and those of CallOptions::cors: any page that somebody looks at could call a server
/// that listens on loopback else. Both specifications leave to the server whom it lets.
[[nodiscard]] view::AnyView whip_endpoint(std::shared_ptr<Calls> calls);
/// Its sessions: a route whose parameter `session` is the name. PATCH and DELETE.
[[nodiscard]] view::AnyView whip_session(std::shared_ptr<Calls> calls);

}  // namespace volley::app
