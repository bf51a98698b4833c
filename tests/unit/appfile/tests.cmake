volley_add_test(unit_appfile unit unit/appfile/load_test.cpp)
