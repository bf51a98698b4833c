"""A WSGI application that sleeps for ?s= seconds."""
import time
import urllib.parse


def application(environ, start_response):
    if environ["PATH_INFO"] == "/ping":
        body = b"pong\n"
    else:
        time.sleep(float(urllib.parse.parse_qs(environ["QUERY_STRING"]).get("s", ["0.5"])[0]))
        body = b"slept\n"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
