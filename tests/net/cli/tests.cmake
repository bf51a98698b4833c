volley_add_python_test(cli_request net net/cli/request_test.py TIMEOUT 300)
