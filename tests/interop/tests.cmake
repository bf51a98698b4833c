volley_add_python_test(load_nginx interop interop/load_nginx_test.py TIMEOUT 300)
