#!/usr/bin/env python3
"""What a command line makes of a request: facts that users of HTTPie count on, told from outside with --offline.

Each fact: what it says, the arguments, the request line, headers that must be there (None: must not), the body.
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(os.environ['VOLLEY'])
JSON_ACCEPT = 'application/json, */*;q=0.5'
FORM = 'application/x-www-form-urlencoded; charset=utf-8'
FILES = {'t.txt': b'one\ntwo\n', 'n.txt': b'value\n', 'd.json': b'{"k": [1, 2.50]}', 'b.bin': b'\0\1'}

FACTS = [
    # the URL
    ('a bare colon is localhost', [':'], 'GET / HTTP/1.1', {'Host': 'localhost'}, b''),
    ('a port after it', [':8000/x'], 'GET /x HTTP/1.1', {'Host': 'localhost:8000'}, b''),
    ('a pasted URL without its scheme', ['://h.example/p'], 'GET /p HTTP/1.1', {'Host': 'h.example'}, b''),
    ('a scheme in capitals', ['HTTP://H.example/P'], 'GET /P HTTP/1.1', {'Host': 'h.example'}, b''),
    ('the default port is left out', ['https://h.example:443/'], 'GET / HTTP/1.1', {'Host': 'h.example'}, b''),
    ('an IPv6 address keeps its brackets', ['[::1]:8000/x'], 'GET /x HTTP/1.1', {'Host': '[::1]:8000'}, b''),
    ('blanks and text beyond ASCII are encoded', [':/a b/\u00e9?q=\u00fc'], 'GET /a%20b/%C3%A9?q=%C3%BC HTTP/1.1', {}, b''),
    ('dots are resolved', [':/a/../b/./c'], 'GET /b/c HTTP/1.1', {}, b''),
    ('dots are kept on demand', ['--path-as-is', ':/a/../b'], 'GET /a/../b HTTP/1.1', {}, b''),
    ('escapes are left alone', [':/%7Ea%2fb'], 'GET /%7Ea%2fb HTTP/1.1', {}, b''),
    ('a fragment stays at home', ['h.example/?a=1#frag'], 'GET /?a=1 HTTP/1.1', {}, b''),
    ('credentials in the URL', ['user:pw@h.example/x'], 'GET /x HTTP/1.1', {'Authorization': 'Basic dXNlcjpwdw==', 'Host': 'h.example'}, b''),
    # the method
    ('any case of a method', ['pUt', ':/x'], 'PUT /x HTTP/1.1', {'Content-Length': '0'}, b''),
    ('a method of one\'s own', ['AHOY', ':/x'], 'AHOY /x HTTP/1.1', {'Content-Length': '0'}, b''),
    ('HEAD announces no body', ['HEAD', ':/x'], 'HEAD /x HTTP/1.1', {'Content-Length': None}, b''),
    ('GET may have a body', ['GET', ':/x', 'a=b'], 'GET /x HTTP/1.1', {'Content-Length': '10'}, b'{"a": "b"}'),
    ('a host before an item is no method', ['localhost', 'a=b'], 'POST / HTTP/1.1', {'Host': 'localhost'}, b'{"a": "b"}'),
    ('headers and queries alone stay a GET', [':/x', 'H:v', 'q==v'], 'GET /x?q=v HTTP/1.1', {'H': 'v', 'Content-Type': None}, b''),
    # queries
    ('order and repeats are kept', [':/?x=1', 'a==1', 'a==2'], 'GET /?x=1&a=1&a=2 HTTP/1.1', {}, b''),
    ('a query is encoded as forms are', [':/', 'a==b c&d=\u00e9/~+'], 'GET /?a=b+c%26d%3D%C3%A9%2F~%2B HTTP/1.1', {}, b''),
    ('a query from a file', [':/', 'a==@n.txt'], 'GET /?a=value HTTP/1.1', {}, b''),
    ('an empty value', [':/', 'a=='], 'GET /?a= HTTP/1.1', {}, b''),
    # headers
    ('blanks around a value go', [':/', 'A: sp '], 'GET / HTTP/1.1', {'A': 'sp'}, b''),
    ('a value may hold separators', [':/', 'A:b:c=d'], 'GET / HTTP/1.1', {'A': 'b:c=d'}, b''),
    ('a default is taken away', [':/', 'User-Agent:'], 'GET / HTTP/1.1', {'User-Agent': None}, b''),
    ('a default is replaced', [':/', 'user-agent:me'], 'GET / HTTP/1.1', {'User-Agent': 'me'}, b''),
    ('a header from a file', [':/', 'A:@n.txt'], 'GET / HTTP/1.1', {'A': 'value'}, b''),
    ('another host', [':/', 'Host:foo.com'], 'GET / HTTP/1.1', {'Host': 'foo.com'}, b''),
    ('UTF-8 is sent as it is', [':/', 'A:\u00fc'], 'GET / HTTP/1.1', {'A': '\u00fc'}, b''),
    # JSON
    ('text, numbers and the rest', [':/', 'a=1', 'b:=1', 'c:=true', 'd:=null', 'f:=[1,2]', 'g:={"x":{}}'], 'POST / HTTP/1.1',
     {'Content-Type': 'application/json', 'Accept': JSON_ACCEPT}, b'{"a": "1", "b": 1, "c": true, "d": null, "f": [1, 2], "g": {"x": {}}}'),
    ('numbers as they were typed', [':/', 'a:=1.50', 'b:=1e3', 'c:=12345678901234567890'], 'POST / HTTP/1.1', {},
     b'{"a": 1.50, "b": 1e3, "c": 12345678901234567890}'),
    ('text beyond ASCII in escapes', [':/', '\u00fc=\u2603\U0001f600'], 'POST / HTTP/1.1', {}, rb'{"\u00fc": "\u2603\ud83d\ude00"}'),
    ('quotes and backslashes', [':/', 'q=a"b\\c\td'], 'POST / HTTP/1.1', {}, rb'{"q": "a\"b\\c\td"}'),
    ('the last of two wins', [':/', 'a=1', 'b=2', 'a=3'], 'POST / HTTP/1.1', {}, b'{"a": "3", "b": "2"}'),
    ('repeats inside raw JSON are kept', [':/', 'x:={"b":1,"b":3}'], 'POST / HTTP/1.1', {}, b'{"x": {"b": 1, "b": 3}}'),
    ('text and JSON from files', [':/', 'a=@t.txt', 'b:=@d.json'], 'POST / HTTP/1.1', {}, rb'{"a": "one\ntwo\n", "b": {"k": [1, 2.50]}}'),
    ('one\'s own type stays', [':/', 'content-type:application/vnd.x+json', 'a=b'], 'POST / HTTP/1.1',
     {'Content-Type': 'application/vnd.x+json', 'Accept': JSON_ACCEPT}, b'{"a": "b"}'),
    ('--json without fields asks for JSON', ['-j', ':/'], 'GET / HTTP/1.1', {'Accept': JSON_ACCEPT, 'Content-Type': 'application/json'}, b''),
    ('nesting', [':/', 'a[b][]=1', 'a[b][]:=2', 'a[c]=3'], 'POST / HTTP/1.1', {}, b'{"a": {"b": ["1", 2], "c": "3"}}'),
    ('an array for a body', [':/', '[0][x]=1', '[1][x]=2'], 'POST / HTTP/1.1', {}, b'[{"x": "1"}, {"x": "2"}]'),
    ('gaps are null', [':/', 'a[2]=z'], 'POST / HTTP/1.1', {}, b'{"a": [null, null, "z"]}'),
    ('raw JSON is gone on with', [':/', 'a:={"b":1}', 'a[c]:=2'], 'POST / HTTP/1.1', {}, b'{"a": {"b": 1, "c": 2}}'),
    ('escaped brackets', [':/', 'a\\[b\\]=c'], 'POST / HTTP/1.1', {}, b'{"a[b]": "c"}'),
    ('escaped separators', [':/', 'a\\:b\\==c'], 'POST / HTTP/1.1', {}, b'{"a:b=": "c"}'),
    ('a Windows path survives', [':/', 'a=c:\\x'], 'POST / HTTP/1.1', {}, rb'{"a": "c:\\x"}'),
    ('items that begin with a dash', [':/', '--', '-a=b', '-H:v'], 'POST / HTTP/1.1', {'-H': 'v'}, b'{"-a": "b"}'),
    # forms and files
    ('a form', ['-f', ':/', 'a=b c&d', '\u00e9=/~*()', 'a=2'], 'POST / HTTP/1.1', {'Content-Type': FORM, 'Accept': '*/*'},
     b'a=b+c%26d&%C3%A9=%2F~%2A%28%29&a=2'),
    ('a form keeps brackets in names', ['-f', ':/', 'a[b]=c'], 'POST / HTTP/1.1', {}, b'a%5Bb%5D=c'),
    ('plain JSON values in a form', ['-f', ':/', 'a:=1.50', 'b:="s"', 'c:=true'], 'POST / HTTP/1.1', {}, b'a=1.50&b=s&c=true'),
    ('parts in order, the type guessed', ['--boundary=B', '-f', ':/', 'f@t.txt', 'a"b=\u00fc'], 'POST / HTTP/1.1',
     {'Content-Type': 'multipart/form-data; boundary=B'},
     b'--B\r\nContent-Disposition: form-data; name="f"; filename="t.txt"\r\nContent-Type: text/plain\r\n\r\none\ntwo\n\r\n'
     b'--B\r\nContent-Disposition: form-data; name="a%22b"\r\n\r\n\xc3\xbc\r\n--B--\r\n'),
    ('a part\'s own type', ['--multipart', '--boundary=B', ':/', 'f@b.bin;type=x/y'], 'POST / HTTP/1.1', {},
     b'--B\r\nContent-Disposition: form-data; name="f"; filename="b.bin"\r\nContent-Type: x/y\r\n\r\n\0\1\r\n--B--\r\n'),
    ('a number is a part too', ['--multipart', '--boundary=B', ':/', 'a:=1'], 'POST / HTTP/1.1', {},
     b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n'),
    ('a file is the body', ['PUT', ':/', '@t.txt'], 'PUT / HTTP/1.1', {'Content-Type': 'text/plain', 'Content-Length': '8'}, b'one\ntwo\n'),
    ('a raw body is not judged', [':/', '--raw', 'hi'], 'POST / HTTP/1.1', {'Content-Type': 'application/json'}, b'hi'),
    ('an empty raw body makes a POST', ['--raw=', ':/'], 'POST / HTTP/1.1', {'Content-Length': '0', 'Content-Type': None}, b''),
    # credentials
    ('a password with a colon', ['-a', 'u:p:q', ':/'], 'GET / HTTP/1.1', {'Authorization': 'Basic dTpwOnE='}, b''),
    ('a user with a colon', ['-a', 'u\\:v:p', ':/'], 'GET / HTTP/1.1', {'Authorization': 'Basic dTp2OnA='}, b''),
    ('--auth wins over the URL', ['-a', 'a:b', 'http://u:p@h/'], 'GET / HTTP/1.1', {'Authorization': 'Basic YTpi'}, b''),
    ('a token', ['-A', 'bearer', '-a', 't', ':/'], 'GET / HTTP/1.1', {'Authorization': 'Bearer t'}, b''),
    ('digest waits for its challenge', ['-A', 'digest', '-a', 'u:p', ':/'], 'GET / HTTP/1.1', {'Authorization': None}, b''),
]

REFUSED = [
    ([':/', 'nosep'], 'is not a valid value'),
    ([':/', 'X;v'], 'empty value'),
    ([':/', 'a:=bad'], 'no JSON'),
    ([':/', 'a=@missing'], 'No such file or directory'),
    ([':/', 'f@t.txt'], 'perhaps you meant --form?'),
    ([':/', '@t.txt', '@n.txt'], 'from multiple files'),
    ([':/', '@t.txt', 'a=b'], 'cannot be mixed'),
    (['--raw', 'x', ':/', 'a=b'], 'cannot be mixed'),
    (['-f', ':/', 'a:={}'], 'complex JSON value types'),
    ([':/', 'a[b]c=x'], "Expecting '['"),
    ([':/', 'a=1', 'a[b]=2'], "'key' based access on 'a'"),
    (['-A', 'basic', ':/'], '--auth required'),
    (['-p', 'Z', ':/'], '--print'),
    (['--pretty=bogus', ':/'], '--pretty'),
    (['--bogus', ':/'], 'unrecognized arguments: --bogus'),
    (['::1'], 'is no URL'),
    ([], 'URL is missing'),
]


class RequestFacts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        for name, content in FILES.items():
            with open(os.path.join(cls.folder.name, name), 'wb') as file:
                file.write(content)
        cls.http = os.path.join(cls.folder.name, 'http')
        os.symlink(PROGRAM, cls.http)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_http(self, args):
        return subprocess.run([self.http, '--offline', *args], cwd=self.folder.name, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)

    def test_facts(self):
        for says, args, line, headers, body in FACTS:
            with self.subTest(says, args=args):
                done = self.run_http(args)
                self.assertEqual(done.returncode, 0, done.stderr.decode())
                head, _, got_body = done.stdout.partition(b'\r\n\r\n')
                first, *lines = head.decode().split('\r\n')
                got = {}
                for one in lines:
                    name, _, value = one.partition(': ')
                    got[name.lower()] = value
                self.assertEqual(first, line)
                for name, value in headers.items():
                    self.assertEqual(got.get(name.lower()), value, name)
                self.assertEqual(got_body, body)
                if body:
                    self.assertEqual(got.get('content-length'), str(len(body)))
                if got.get('content-type') == 'application/json' and body and 'hi' not in args:
                    json.loads(body)

    def test_refused(self):
        for args, words in REFUSED:
            with self.subTest(args=args):
                done = self.run_http(args)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stdout, b'')
                self.assertTrue(done.stderr.startswith(b'http: error: '), done.stderr)
                self.assertIn(words, done.stderr.decode())


if __name__ == '__main__':
    sys.exit(unittest.main())
