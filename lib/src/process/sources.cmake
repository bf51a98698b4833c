target_sources(volley PRIVATE
  src/process/helper.cpp src/process/helper_main.cpp src/process/launch.cpp src/process/log_ring.cpp src/process/ports.cpp
  src/process/proc_tree.cpp src/process/ready.cpp src/process/server_processes.cpp src/process/spawn.cpp src/process/supervisor.cpp)

# What a library user's tests start servers with; the command-line program starts itself instead.
add_executable(volley_server_helper helper/main.cpp)
set_target_properties(volley_server_helper PROPERTIES OUTPUT_NAME volley-server)
target_link_libraries(volley_server_helper PRIVATE volley::volley $<BUILD_INTERFACE:volley_warnings>)
