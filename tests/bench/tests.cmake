# Programs that measure; built only where asked for by name, run by `dev bench`.
add_executable(bench_parser EXCLUDE_FROM_ALL bench/parser.cpp)
target_link_libraries(bench_parser PRIVATE volley::volley volley_warnings)
target_include_directories(bench_parser PRIVATE ${PROJECT_SOURCE_DIR}/lib/src)

add_executable(bench_srtp EXCLUDE_FROM_ALL bench/srtp.cpp)
target_link_libraries(bench_srtp PRIVATE volley::volley volley_warnings srtp2)
target_include_directories(bench_srtp PRIVATE ${PROJECT_SOURCE_DIR}/lib/src ${PROJECT_SOURCE_DIR}/tests)

# The bare loops beside which load is measured share nothing with volley.
add_custom_target(bench_loops)
foreach(loop epoll_loop timerfd_loop arrivals)
  add_executable(bench_${loop} EXCLUDE_FROM_ALL bench/${loop}.cpp)
  target_link_libraries(bench_${loop} PRIVATE volley_warnings)
  target_compile_features(bench_${loop} PRIVATE cxx_std_20)
  add_dependencies(bench_loops bench_${loop})
endforeach()
