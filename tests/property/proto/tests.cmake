volley_add_test(property_proto property property/proto/response_parser_test.cpp LIBS rapidcheck TIMEOUT 300)
