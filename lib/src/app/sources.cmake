target_sources(volley PRIVATE src/app/page.cpp src/app/views.cpp src/app/faults.cpp src/app/fanout.cpp src/app/off_loop.cpp
  src/app/conditional.cpp src/app/open_beneath.cpp src/app/static_files.cpp src/app/serve.cpp)
