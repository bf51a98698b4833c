volley_add_test(unit_app unit unit/app/lending_pool_test.cpp unit/app/settings_test.cpp unit/app/call_messages_test.cpp)
volley_add_test(unit_app_no_plugin unit unit/app/no_plugin_test.cpp)  # a program of its own: it looks for its plugin once
