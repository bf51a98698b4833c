volley_add_test(unit_pages unit unit/pages/template_test.cpp)
