volley_add_python_test(load_nginx interop interop/load_nginx_test.py TIMEOUT 300)
volley_add_python_test(verify_servers interop interop/verify/servers_test.py TIMEOUT 600)
