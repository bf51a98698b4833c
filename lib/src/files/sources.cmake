target_sources(volley PRIVATE src/files/conditional.cpp src/files/open_beneath.cpp src/files/static_files.cpp)
