target_sources(volley PRIVATE src/view/compose.cpp src/view/frame.cpp src/view/gauge.cpp src/view/message.cpp src/view/routes.cpp src/view/sync.cpp
  src/view/sync_threads.cpp)
