// Beast, compiled once: BOOST_BEAST_SEPARATE_COMPILATION is set for every user of the library.
#include <boost/beast/src.hpp>
