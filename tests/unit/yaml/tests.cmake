volley_add_test(unit_yaml unit unit/yaml/loader_test.cpp unit/yaml/words_test.cpp)
