volley_add_python_test(load_nginx interop interop/load_nginx_test.py TIMEOUT 300)
volley_add_python_test(verify_servers interop interop/verify/servers_test.py TIMEOUT 600)
# Bursts are timed: nothing else of ours runs beside them.
volley_add_python_test(verify interop interop/verify/verify_test.py TIMEOUT 1500)
set_tests_properties(interop_verify PROPERTIES RUN_SERIAL ON)
foreach(burners IN ITEMS 0 2)
  volley_add_python_test(verify_often_${burners} interop interop/verify/verify_test.py TIMEOUT 14400)
  set_tests_properties(interop_verify_often_${burners} PROPERTIES RUN_SERIAL ON LABELS "interop;long"
    ENVIRONMENT "VOLLEY=$<TARGET_FILE:volley_program>;PYTHONDONTWRITEBYTECODE=1;VERIFY_PASSES=20;VERIFY_BURNERS=${burners}")
endforeach()
