volley_add_python_test(cli_request net net/cli/request_test.py TIMEOUT 300)
volley_add_python_test(cli_serve_faults net net/cli/serve_faults_test.py TIMEOUT 300)
volley_add_python_test(cli_load net net/cli/load_test.py TIMEOUT 300)
