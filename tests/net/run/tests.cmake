if(NOT VOLLEY_SANITIZE MATCHES "undefined")
  # Without descriptors: this sanitizer looks at memory through a pipe, and takes what it cannot look at for broken.
  volley_add_test(net_run net net/run/broken_test.cpp)
endif()
volley_add_python_test(run net net/run/run_test.py TIMEOUT 300)
volley_add_python_test(run_calls net net/run/calls_test.py TIMEOUT 300)
set_property(TEST net_run_calls APPEND PROPERTY ENVIRONMENT "CALL_SERVER=$<TARGET_FILE:call_server>")
# Not under sanitizers, whose generator is too slow for verdicts.
volley_add_python_test(probes interop net/run/probes_test.py TIMEOUT 300 SERIAL)
volley_add_python_test(numbers net net/run/numbers_test.py TIMEOUT 300)
volley_add_python_test(live net net/run/live_test.py TIMEOUT 600)
volley_add_python_test(scenarios interop net/run/scenarios_test.py TIMEOUT 300)
volley_add_python_test(outputs net net/run/outputs_test.py TIMEOUT 300)
