volley_add_test(unit_view unit unit/view/routes_test.cpp unit/view/message_test.cpp unit/view/sync_test.cpp)
