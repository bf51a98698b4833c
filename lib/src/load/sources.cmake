target_sources(volley_core PRIVATE src/load/random.cpp src/load/schedule.cpp src/load/think.cpp)
# A fused multiply-add rounds once where others round twice: the same seed would not give the same arrivals on every machine.
set_source_files_properties(src/load/schedule.cpp src/load/think.cpp PROPERTIES COMPILE_OPTIONS -ffp-contract=off)
