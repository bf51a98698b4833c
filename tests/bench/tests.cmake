# Programs that measure; built only where asked for by name, run by `dev bench`.
add_executable(bench_parser EXCLUDE_FROM_ALL bench/parser.cpp)
target_link_libraries(bench_parser PRIVATE volley::volley volley_warnings)
target_include_directories(bench_parser PRIVATE ${PROJECT_SOURCE_DIR}/lib/src)
