target_sources(volley PRIVATE src/call/loop.cpp src/call/routes.cpp src/call/turn_stream.cpp src/call/client_call.cpp src/call/server_port.cpp
  src/call/echo.cpp src/call/signalling.cpp src/call/pings.cpp src/call/frame_trips.cpp src/call/chirp_trips.cpp src/call/one_call.cpp src/call/caller.cpp src/call/ice_servers.cpp src/call/local_addresses.cpp src/call/offer.cpp
  src/call/answer_media.cpp src/call/frame_loop.cpp src/call/frame_workers.cpp src/call/media_formats.cpp src/call/media_leg.cpp src/call/media_sources.cpp src/call/picture_budget.cpp
  src/call/media_streams.cpp src/call/picture_look.cpp src/call/recording.cpp src/call/returned_audio.cpp src/call/returned_video.cpp src/call/sound_loop.cpp src/call/sound_source.cpp src/call/video_transformer.cpp)
