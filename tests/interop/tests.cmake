volley_add_python_test(load_nginx interop interop/load_nginx_test.py TIMEOUT 300)
volley_add_python_test(verify_servers interop interop/verify/servers_test.py TIMEOUT 600)
volley_add_python_test(verify_http2 interop interop/verify/http2_test.py TIMEOUT 600 SERIAL)
# What a pass says of each server. Nothing else of ours runs beside it: a machine kept busy by tests makes verdicts unsure, and bursts wrong.
volley_add_python_test(verify interop interop/verify/verify_test.py TIMEOUT 1800 SERIAL)
# Bursts are timed: nothing else of ours runs beside these.
foreach(case IN ITEMS "20 0" "20 2")
  separate_arguments(case)
  list(GET case 0 passes)
  list(GET case 1 burners)
  set(name verify_${passes}_times_beside_${burners}_burners)
  volley_add_python_test(${name} interop interop/verify/verify_test.py TIMEOUT 14400 SERIAL)
  set_tests_properties(interop_${name} PROPERTIES LABELS "interop;long"
    ENVIRONMENT "VOLLEY=$<TARGET_FILE:volley_program>;PYTHONDONTWRITEBYTECODE=1;VERIFY_PASSES=${passes};VERIFY_BURNERS=${burners}")
endforeach()
# What is run where there is no network but loopback: browsers and WebRTC stacks ask it for more than a test needs.
# volley_add_loopback_test(name file [LONG] ENVIRONMENT...)
function(volley_add_loopback_test name file)
  cmake_parse_arguments(PARSE_ARGV 2 arg "LONG" "" "")
  add_test(NAME interop_${name} COMMAND ${VOLLEY_BASH} ${CMAKE_CURRENT_SOURCE_DIR}/support/private_network.bash
    ${VOLLEY_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/interop/webrtc/${file})
  set_tests_properties(interop_${name} PROPERTIES LABELS interop TIMEOUT 900 SKIP_RETURN_CODE 77
    ENVIRONMENT "VOLLEY=$<TARGET_FILE:volley_program>;PYTHONDONTWRITEBYTECODE=1;${arg_UNPARSED_ARGUMENTS}")
  if(arg_LONG)
    set_tests_properties(interop_${name} PROPERTIES LABELS "interop;long" TIMEOUT 7200)
  endif()
endfunction()
volley_find_program(VOLLEY_NODE node)
# The page's reader of ring codes beside the program's own.
add_executable(ring_pictures interop/webrtc/ring_pictures.cpp)
target_link_libraries(ring_pictures PRIVATE volley::volley volley_warnings)
target_include_directories(ring_pictures PRIVATE ${PROJECT_SOURCE_DIR}/lib/src ${PROJECT_SOURCE_DIR}/tests)
add_test(NAME interop_webrtc_page_ring COMMAND ${VOLLEY_BASH} -c "set -o pipefail; \"$0\" | \"$1\" \"$2\" \"$3\"" $<TARGET_FILE:ring_pictures>
  ${VOLLEY_NODE} ${CMAKE_CURRENT_SOURCE_DIR}/interop/webrtc/page_ring.mjs ${PROJECT_SOURCE_DIR}/lib/src/app/page/client)
set_tests_properties(interop_webrtc_page_ring PROPERTIES LABELS interop TIMEOUT 300)

volley_add_loopback_test(webrtc_page page_test.py)
volley_add_loopback_test(webrtc_page_firefox page_firefox_test.py)
volley_add_loopback_test(webrtc_page_echo page_echo_test.py)
volley_add_loopback_test(webrtc_page_media page_media_test.py)
volley_add_loopback_test(webrtc_page_media_5_minutes page_media_test.py LONG PAGE_SECONDS=300)
volley_add_loopback_test(webrtc_peers peers_test.py)
volley_add_loopback_test(webrtc_media media_test.py)
volley_add_loopback_test(webrtc_media_20_times media_test.py LONG WEBRTC_PASSES=20)
volley_add_loopback_test(webrtc_peers_20_times peers_test.py LONG WEBRTC_PASSES=20)
# Browsers, codecs and OpenCV take all processors that there are: no verdict of a server is to be found beside them, and pictures that
# nobody has time for do not come back.
set_tests_properties(interop_webrtc_page interop_webrtc_page_firefox interop_webrtc_page_echo interop_webrtc_page_media interop_webrtc_peers interop_webrtc_media
  PROPERTIES RUN_SERIAL ON)
