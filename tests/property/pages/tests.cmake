find_package(rapidcheck REQUIRED)
volley_add_test(property_pages property property/pages/hostile_test.cpp LIBS rapidcheck TIMEOUT 300)
