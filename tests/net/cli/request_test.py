#!/usr/bin/env python3
"""The request verbs against servers that misbehave: redirects, answers cut short, hostile bytes, floods."""
import os
import pathlib
import pty
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.volley import LIMIT, Listening, read_request

PROGRAM = os.path.abspath(os.environ['VOLLEY'])


class Server(Listening):
    """Answers each connection with the bytes that `answer(request)` returns, then closes it."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = []
        super().__init__()

    def serve(self, peer):
        head, body, _ = read_request(peer)
        if head is None:
            return
        request = head.decode() + '\n' + body.decode()
        self.requests.append(request)
        peer.sendall(self.answer(request))


class Dripping(Server):
    """Sends a byte of a body without end ten times a second."""

    def __init__(self):
        super().__init__(None)

    def serve(self, peer):
        peer.recv(65536)
        peer.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
        while True:
            peer.sendall(b'x')
            time.sleep(0.1)


def answer(status, *fields, body=b''):
    head = [f'HTTP/1.1 {status}', f'Content-Length: {len(body)}', 'Connection: close', *fields]
    return '\r\n'.join(head).encode() + b'\r\n\r\n' + body


def volley(*args):
    env = {'PATH': '/usr/bin:/bin', 'HOME': '/nonexistent', 'LANG': 'C.UTF-8'}
    return subprocess.run([PROGRAM, *args], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT)


def on_terminal(*args):
    """What a terminal would be sent."""
    primary, secondary = pty.openpty()
    env = {'PATH': '/usr/bin:/bin', 'HOME': '/nonexistent', 'LANG': 'C.UTF-8', 'TERM': 'xterm'}
    child = subprocess.Popen([PROGRAM, *args], env=env, stdin=subprocess.DEVNULL, stdout=secondary, stderr=subprocess.PIPE)
    os.close(secondary)
    out = b''
    while True:
        try:
            more = os.read(primary, 65536)
        except OSError:
            break
        if not more:
            break
        out += more
    os.close(primary)
    child.communicate(timeout=LIMIT)
    return out


class Redirects(unittest.TestCase):
    def test_a_redirect_is_shown_unless_following_is_asked_for(self):
        with Server(lambda r: answer('302 Found', 'Location: /x', body=b'moved')) as server:
            done = volley('get', f':{server.port}/')
            self.assertEqual((done.returncode, done.stdout), (0, b'moved'))
            self.assertEqual(volley('get', f':{server.port}/', '--check-status').returncode, 3)

    def test_a_post_becomes_a_get_but_for_307(self):
        def views(request):
            if request.startswith('POST /see'):
                return answer('303 See Other', 'Location: /end')
            if request.startswith('POST /keep'):
                return answer('307 Temporary Redirect', 'Location: /end')
            return answer('200 OK', body=request.split(' HTTP')[0].encode() + b'|' + request.partition('\n')[2].split('\n')[-1].encode())
        with Server(views) as server:
            self.assertEqual(volley('post', f':{server.port}/see', 'a=b', '-F').stdout, b'GET /end|')
            self.assertEqual(volley('post', f':{server.port}/keep', 'a=b', '-F').stdout, b'POST /end|{"a": "b"}')

    def test_secrets_stay_with_their_origin(self):
        with Server(lambda r: answer('200 OK', body=b'end')) as other:
            with Server(lambda r: answer('302 Found', f'Location: http://127.0.0.1:{other.port}/')) as server:
                done = volley(f':{server.port}/', '-a', 'u:secret', 'Cookie:c=1', 'X-Own:1', '--follow')
                self.assertEqual(done.stdout, b'end')
                self.assertIn('Authorization: Basic', server.requests[0])
                self.assertNotIn('Authorization', other.requests[0])
                self.assertNotIn('Cookie', other.requests[0])
                self.assertIn('X-Own: 1', other.requests[0])

    def test_a_circle_ends_with_6(self):
        with Server(lambda r: answer('302 Found', 'Location: /')) as server:
            done = volley(f':{server.port}/', '-F', '--max-redirects=3')
            self.assertEqual(done.returncode, 6)
            self.assertIn(b'more than 3 redirects', done.stderr)
            self.assertEqual(len(server.requests), 4)

    def test_all_hops_are_shown_with_all(self):
        with Server(lambda r: answer('200 OK', body=b'end') if ' /end ' in r else answer('302 Found', 'Location: /end')) as server:
            self.assertNotIn(b'302', volley(f':{server.port}/', '-F', '-p', 'hb').stdout)
            shown = volley(f':{server.port}/', '-F', '-v').stdout
            self.assertLess(shown.index(b'GET / '), shown.index(b'302 Found'))
            self.assertLess(shown.index(b'302 Found'), shown.index(b'GET /end '))
            self.assertLess(shown.index(b'GET /end '), shown.index(b'200 OK'))


class BadAnswers(unittest.TestCase):
    def failure(self, raw, *args):
        with Server(lambda r: raw) as server:
            done = volley('get', f':{server.port}/', *args)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertTrue(done.stderr.startswith(b'volley: error: '), done.stderr)
        return done

    def test_an_answer_cut_short_is_shown_and_named(self):
        done = self.failure(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart')
        self.assertEqual(done.stdout, b'part')
        self.assertIn(b'cut short', done.stderr)

    def test_a_connection_closed_at_once(self):
        self.assertIn(b'closed the connection before it answered', self.failure(b'').stderr)

    def test_what_is_no_http(self):
        self.failure(b'SSH-2.0-OpenSSH_9.2\r\n')

    def test_a_head_without_end(self):
        self.assertIn(b'64 KiB', self.failure(b'HTTP/1.1 200 OK\r\n' + b'X: ' + b'y' * 70000 + b'\r\n\r\n').stderr)

    def test_json_that_is_none_is_printed_as_it_is(self):
        with Server(lambda r: answer('200 OK', 'Content-Type: application/json', body=b'{"a": oops')) as server:
            self.assertEqual(volley(f':{server.port}/', '--pretty=all').stdout, b'{"a": oops')

    def test_nesting_without_end_is_printed_as_it_is(self):
        body = b'[' * 100000
        with Server(lambda r: answer('200 OK', 'Content-Type: application/json', body=body)) as server:
            self.assertEqual(volley(f':{server.port}/', '--pretty=all').stdout, body)


class Words(unittest.TestCase):
    def test_the_limit_that_was_reached_is_named(self):
        # Whichever was smaller was named: with bytes still coming, the one that was kept.
        with Dripping() as server:
            done = volley(f':{server.port}/', '--timeout=1', '--max-time=2')
            self.assertEqual(done.returncode, 2)
            self.assertIn(b'--max-time', done.stderr)
            self.assertNotIn(b'--timeout', done.stderr)

    def test_a_body_that_cannot_be_decoded_is_said_to_be_one(self):
        with Server(lambda r: answer('200 OK', 'Content-Encoding: gzip', body=b'rubbish, not gzip')) as server:
            done = volley(f':{server.port}/')
            self.assertEqual(done.returncode, 1)
            self.assertIn(b'cannot be decoded', done.stderr)

    def test_a_redirect_that_is_not_followed_is_told(self):
        for fields in (['Location: file:///etc/passwd'], ['Location: http://['], []):
            with Server(lambda r, f=fields: answer('302 Found', *f)) as server:
                done = volley('get', f':{server.port}/', '-F')
                self.assertEqual(done.returncode, 0)
                self.assertIn(b'is not followed', done.stderr)
                self.assertEqual(volley('get', f':{server.port}/').stderr, b'')


class Terminals(unittest.TestCase):
    def test_no_byte_of_the_answer_steers_the_terminal(self):
        hostile = b'\x1b]0;owned\x07\x1b[2J\x9b31m\x00'[:-1]
        raw = b'HTTP/1.1 200 O\x1b[31mK\r\nX: a\x1b[2Jb\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n' + hostile
        with Server(lambda r: raw) as server:
            for pretty in 'format', 'none':
                out = on_terminal(f':{server.port}/', f'--pretty={pretty}')
                self.assertNotIn(b'\x1b', out)
                self.assertNotIn(b'\x07', out)
                self.assertNotIn(b'\x9b', out)
                self.assertIn(rb'\x1b]0;owned\x07\x1b[2J\x9b31m', out)
            self.assertEqual(volley(f':{server.port}/').stdout, hostile)

    def test_escapes_in_json_stay_escapes(self):
        body = rb'{"a": "\u001b[2J\u00fc"}'
        with Server(lambda r: answer('200 OK', 'Content-Type: application/json', body=body)) as server:
            self.assertIn('"\\u001b[2J\u00fc"'.encode(), on_terminal(f':{server.port}/', '--pretty=format'))

    def test_binary_data_is_replaced_by_a_note(self):
        with Server(lambda r: answer('200 OK', 'Content-Type: image/png', body=b'\x89PNG\0\1')) as server:
            out = on_terminal(f':{server.port}/')
            self.assertIn(b'NOTE: binary data not shown in terminal', out)
            self.assertNotIn(b'PNG', out)


if __name__ == '__main__':
    sys.exit(unittest.main())
