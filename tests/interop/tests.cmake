volley_add_python_test(load_nginx interop interop/load_nginx_test.py TIMEOUT 300)
volley_add_python_test(verify_servers interop interop/verify/servers_test.py TIMEOUT 600)
volley_add_python_test(verify_http2 interop interop/verify/http2_test.py TIMEOUT 600 SERIAL)
# Bursts are timed: nothing else of ours runs beside them.
foreach(case IN ITEMS "1 0" "20 0" "20 2")
  separate_arguments(case)
  list(GET case 0 passes)
  list(GET case 1 burners)
  set(name verify_${passes}_times_beside_${burners}_burners)
  volley_add_python_test(${name} interop interop/verify/verify_test.py TIMEOUT 14400 SERIAL)
  set_tests_properties(interop_${name} PROPERTIES LABELS "interop;long"
    ENVIRONMENT "VOLLEY=$<TARGET_FILE:volley_program>;PYTHONDONTWRITEBYTECODE=1;VERIFY_PASSES=${passes};VERIFY_BURNERS=${burners}")
endforeach()
# A browser asks the network for more than the page: here it finds nobody.
add_test(NAME interop_webrtc_page COMMAND ${VOLLEY_BASH} ${CMAKE_CURRENT_SOURCE_DIR}/support/private_network.bash
  ${VOLLEY_BASH} -c ". ${CMAKE_CURRENT_SOURCE_DIR}/support/require_or_skip.bash; require_or_skip chromium test -x /usr/bin/chromium; exec ${VOLLEY_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/interop/webrtc/page_test.py")
set_tests_properties(interop_webrtc_page PROPERTIES LABELS interop TIMEOUT 600 SKIP_RETURN_CODE 77
  ENVIRONMENT "VOLLEY=$<TARGET_FILE:volley_program>;PYTHONDONTWRITEBYTECODE=1")
