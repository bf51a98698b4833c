volley_add_test(net_app net net/app/app_test.cpp net/app/fanout_test.cpp net/app/query_test.cpp net/app/file_test.cpp net/app/serve_test.cpp
  net/server/fixture.cpp support/raw_client.cpp support/raw_server.cpp)
volley_add_test(net_appfile net net/app/appfile_test.cpp net/app/sleep_faults_test.cpp net/app/connection_faults_test.cpp net/app/static_test.cpp net/app/reload_test.cpp net/server/fixture.cpp
  support/raw_client.cpp)
target_compile_definitions(net_appfile PRIVATE VOLLEY_EXAMPLE="${PROJECT_SOURCE_DIR}/scenarios/app/app.yaml")
find_package(Boost 1.81 REQUIRED COMPONENTS json)
target_link_libraries(net_app PRIVATE Boost::json)
# What the helper program does with `serve`, on its own.
add_executable(app_test_server net/app/app_server.cpp)
target_link_libraries(app_test_server PRIVATE volley::volley volley_warnings)
add_dependencies(net_app app_test_server)
target_compile_definitions(net_app PRIVATE VOLLEY_TEST_SERVER="$<TARGET_FILE:app_test_server>")
volley_add_test(net_calls net net/app/calls_test.cpp net/app/call_views_test.cpp net/app/call_sessions_test.cpp net/server/fixture.cpp support/raw_client.cpp)
target_link_libraries(net_calls PRIVATE Boost::json)
add_dependencies(net_calls app_test_server)
target_compile_definitions(net_calls PRIVATE VOLLEY_TEST_SERVER="$<TARGET_FILE:app_test_server>")
