target_sources(volley PRIVATE src/app/page.cpp src/app/views.cpp src/app/sleep.cpp src/app/nap_threads.cpp src/app/faults.cpp src/app/fanout.cpp src/app/query.cpp
  src/app/sqlite.cpp src/app/file.cpp src/app/words.cpp src/app/self_address.cpp src/app/notice.cpp src/app/build.cpp src/app/settings.cpp src/app/watch.cpp src/app/reload.cpp
  src/app/serve.cpp)
