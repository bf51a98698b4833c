// A library that is no plugin, for the tests of the loader.
extern "C" int volley_test_nothing() { return 0; }
