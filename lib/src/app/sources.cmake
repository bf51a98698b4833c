target_sources(volley PRIVATE src/app/page.cpp src/app/views.cpp src/app/sleep.cpp src/app/nap_threads.cpp src/app/faults.cpp src/app/fanout.cpp src/app/query.cpp
  src/app/sqlite.cpp src/app/file.cpp src/app/words.cpp src/app/self_address.cpp src/app/notice.cpp src/app/build.cpp src/app/settings.cpp src/app/watch.cpp src/app/reload.cpp
  src/app/serve.cpp src/app/calls.cpp src/app/call_media.cpp src/app/call_notice.cpp src/app/call_links.cpp src/app/call_messages.cpp src/app/call_processes.cpp src/app/processes.cpp src/app/call_sessions.cpp src/app/call_views.cpp ${CMAKE_CURRENT_BINARY_DIR}/page_files.cpp)

set(page_files)
foreach(file IN ITEMS index.html client.css client.js client/call.js client/codecs.js client/frames.js client/pings.js client/ring.js client/samples.js
    client/scene.js client/session.js client/signalling.js client/sources.js client/stats.js client/ui.js)
  list(APPEND page_files ${CMAKE_CURRENT_SOURCE_DIR}/src/app/page/${file})
endforeach()
list(JOIN page_files "," page_files_word)
add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/page_files.cpp
  COMMAND ${CMAKE_COMMAND} -DOUT=${CMAKE_CURRENT_BINARY_DIR}/page_files.cpp -DHEADER=app/page_files.hpp -DNAMESPACE=volley::app -DFILES=${page_files_word}
    -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${page_files} ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
