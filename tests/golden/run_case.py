#!/usr/bin/env python3
"""Runs one golden case: a folder with

  cmd            shell lines; `volley`, `http` and `https` are the program under test
  out, err       what standard output and error must be, byte for byte; a missing file means nothing
  *.pattern      the same with ~~~ for what varies, within a line
  exit           the exit status (default 0)
  serve          where it exists: `volley serve --port 0` runs with the flags in it, $PORT is its port
  anything else  files that cmd finds in its folder

Line ends are compared as LF. VOLLEY_UPDATE_GOLDEN=1 rewrites what differs, $PORT, the version and dates becoming ~~~; look at the diff afterwards.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

OWN_FILES = {'cmd', 'out', 'err', 'out.pattern', 'err.pattern', 'exit', 'serve'}
LIMIT = 60


def start_server(program, flags, env):
    server = subprocess.Popen([program, 'serve', '--port', '0', *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, text=True)
    line = server.stdout.readline()
    found = re.match(r'listening on http://\S+:(\d+) ', line)
    if not found:
        server.kill()
        sys.exit(f'volley serve did not say where it listens: {line!r}')
    return server, found.group(1)


def matches(want, got):
    return re.fullmatch('.*?'.join(map(re.escape, want.split('~~~'))), got) is not None


def check(case, name, got, port, update):
    exact, pattern = case / name, case / (name + '.pattern')
    if pattern.exists():
        want = pattern.read_text()
        same = matches(want, got)
    else:
        want = exact.read_text() if exact.exists() else ''
        same = want == got
    if same:
        return True
    if not update:
        print(f'--- {case.name}: {name} should be\n{want}\n--- but is\n{got}\n---')
        return False
    varying = re.sub(r'\b(volley/)\d+\.\d+\.\d+', r'\1~~~', got)
    varying = re.sub(r'((?:^|\n)(?:\x1b\[36m)?Date(?:\x1b\[0m)?: ).*', r'\1~~~', varying)
    varying = re.sub(r'("remote": "127.0.0.1:)\d+', r'\1~~~', varying)
    if port:
        varying = varying.replace(f':{port}', ':~~~')
    for path in exact, pattern:
        path.unlink(missing_ok=True)
    if got:
        (exact if varying == got else pattern).write_text(varying)
    return True


def main():
    case = pathlib.Path(sys.argv[1]).resolve()
    program = os.path.abspath(os.environ['VOLLEY'])
    update = os.environ.get('VOLLEY_UPDATE_GOLDEN') == '1'
    server, port = None, None
    with tempfile.TemporaryDirectory() as scratch:
        work, programs = pathlib.Path(scratch, 'work'), pathlib.Path(scratch, 'bin')
        work.mkdir()
        programs.mkdir()
        for file in case.iterdir():
            if file.name not in OWN_FILES:
                shutil.copy(file, work)
        for name in 'volley', 'http', 'https':
            (programs / name).symlink_to(program)
        env = {'PATH': f'{programs}:/usr/bin:/bin', 'HOME': scratch, 'LANG': 'C.UTF-8', 'TERM': 'xterm'}
        for name in 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TSAN_OPTIONS', 'LSAN_OPTIONS':
            if name in os.environ:
                env[name] = os.environ[name]
        try:
            if (case / 'serve').exists():
                server, port = start_server(str(programs / 'volley'), (case / 'serve').read_text().split(), env)
                env['PORT'] = port
            done = subprocess.run(['bash', '-c', (case / 'cmd').read_text()], cwd=work, env=env, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=LIMIT)
        finally:
            if server:
                server.send_signal(signal.SIGTERM)
                server.wait(LIMIT)
    # A terminal makes CRLF of each LF, so a head's CRLF comes as CR CR LF.
    texts = [re.sub('\r+\n', '\n', raw.decode('utf-8', 'backslashreplace')) for raw in (done.stdout, done.stderr)]
    ok = all([check(case, name, got, port, update) for name, got in zip(('out', 'err'), texts)])
    file = case / 'exit'
    want = int(file.read_text()) if file.exists() else 0
    if done.returncode != want:
        if update:
            file.write_text(f'{done.returncode}\n')
        else:
            print(f'--- {case.name}: exit status should be {want} but is {done.returncode}; standard error:\n{texts[1]}')
            ok = False
    return 0 if ok else 1


sys.exit(main())
