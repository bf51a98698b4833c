target_sources(volley PRIVATE src/verify/verify.cpp src/verify/builtin.cpp src/verify/prober.cpp src/verify/canaries.cpp src/verify/process_tape.cpp)
