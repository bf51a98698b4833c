volley_add_python_test(run net net/run/run_test.py TIMEOUT 300)
volley_add_python_test(numbers net net/run/numbers_test.py TIMEOUT 300)
volley_add_python_test(scenarios interop net/run/scenarios_test.py TIMEOUT 300)
volley_add_python_test(outputs net net/run/outputs_test.py TIMEOUT 300)
