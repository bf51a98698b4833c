volley_add_test(unit_report unit unit/report/call_text_test.cpp unit/report/github_test.cpp unit/report/hdr_test.cpp unit/report/json_test.cpp
  unit/report/junit_test.cpp unit/report/load_text_test.cpp unit/report/load_words_test.cpp unit/report/media_json_test.cpp unit/report/media_text_test.cpp unit/report/samples_test.cpp
  unit/report/terminal_test.cpp unit/report/text_test.cpp unit/report/verdict_text_test.cpp LIBS ZLIB::ZLIB Boost::json)
