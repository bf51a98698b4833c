// Asio and its OpenSSL part, compiled once: BOOST_ASIO_SEPARATE_COMPILATION is set for every user of the library.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
