target_sources(volley_core PRIVATE
  src/appfile/load.cpp src/appfile/read_routes.cpp src/appfile/settings.cpp src/appfile/faults.cpp)
