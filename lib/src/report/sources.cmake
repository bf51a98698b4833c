target_sources(volley_core PRIVATE src/report/result.cpp src/report/text.cpp src/report/json.cpp)
