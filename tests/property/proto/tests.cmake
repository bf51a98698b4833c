volley_add_test(property_proto_sdp property property/proto/sdp_test.cpp LIBS rapidcheck TIMEOUT 300)
volley_add_test(property_proto property property/proto/response_parser_test.cpp LIBS rapidcheck TIMEOUT 300)
