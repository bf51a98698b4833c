target_sources(volley_core PRIVATE src/yaml/loader.cpp src/yaml/words.cpp src/yaml/reader.cpp)
