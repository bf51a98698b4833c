find_package(ZLIB REQUIRED)
volley_add_test(unit_middleware unit unit/middleware/header_list_test.cpp unit/middleware/middleware_test.cpp LIBS ZLIB::ZLIB)
