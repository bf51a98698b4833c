# Programs that measure; built only where asked for by name, run by `dev bench`.
# The bare loops beside which load is measured share nothing with volley.
add_custom_target(bench_loops)
foreach(loop epoll_loop timerfd_loop arrivals)
  add_executable(bench_${loop} EXCLUDE_FROM_ALL bench/${loop}.cpp)
  target_link_libraries(bench_${loop} PRIVATE volley_warnings)
  target_compile_features(bench_${loop} PRIVATE cxx_std_20)
  add_dependencies(bench_loops bench_${loop})
endforeach()
