target_sources(volley PRIVATE src/view/gauge.cpp src/view/message.cpp src/view/routes.cpp)
