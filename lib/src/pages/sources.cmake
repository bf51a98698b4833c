target_sources(volley_core PRIVATE src/pages/escape.cpp src/pages/html_place.cpp src/pages/parse.cpp src/pages/render.cpp)
