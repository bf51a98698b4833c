volley_add_test(unit_cli unit unit/cli/json_test.cpp unit/cli/request_items_test.cpp unit/cli/build_request_test.cpp
  unit/cli/options_test.cpp unit/cli/printer_test.cpp)
target_link_libraries(unit_cli PRIVATE volley_cli)
