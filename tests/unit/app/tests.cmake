volley_add_test(unit_app unit unit/app/settings_test.cpp)
