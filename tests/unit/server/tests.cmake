volley_add_test(unit_server unit unit/server/request_parser_test.cpp unit/server/answer_writer_test.cpp unit/server/kind_test.cpp)
