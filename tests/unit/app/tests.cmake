volley_add_test(unit_app unit unit/app/lending_pool_test.cpp)
