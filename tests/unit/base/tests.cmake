volley_add_test(unit_base unit unit/base/time_test.cpp unit/base/url_test.cpp unit/base/redirect_test.cpp unit/base/error_test.cpp
  unit/base/mask_test.cpp unit/base/utf8_test.cpp unit/base/base64_test.cpp
  unit/base/bytes_test.cpp unit/base/crypto_test.cpp unit/base/random_test.cpp unit/base/endpoint_test.cpp)
