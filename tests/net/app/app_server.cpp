#include <volley/app/app.hpp>

int main(int argc, char** argv) { return volley::app::serve_main(argc - 1, argv + 1); }
