find_package(rapidcheck REQUIRED)
volley_add_test(property_load property property/load/schedule_test.cpp LIBS rapidcheck)
