// The program that users of the library have their servers supervised by; the command-line program uses itself.
#include <volley/server/spawn.hpp>

int main(int argc, char** argv) { return volley::server::helper_main(argc, argv); }
