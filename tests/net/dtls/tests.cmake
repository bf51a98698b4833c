# The program that OpenSSL comes with is the other side.
volley_find_program(VOLLEY_OPENSSL openssl)
volley_add_test(net_dtls net net/dtls/openssl_peer_test.cpp)
target_compile_definitions(net_dtls PRIVATE VOLLEY_OPENSSL="${VOLLEY_OPENSSL}")
