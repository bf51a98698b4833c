"""Starts a server of the table, waits until it answers, and ends it with all its processes."""
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from support.volley import free_port

LIMIT = 60  # seconds to become ready; a busy machine takes ten to import Django
PR_SET_PDEATHSIG = 1
prctl = ctypes.CDLL(None).prctl  # found before the fork: after it, another thread may hold the linker's lock for ever


def _die_with_the_test():
    """At the end of the thread that starts the server, which therefore stays until it has ended it."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Running:
    """with Running(server) as it: it.url(0.5) answers, it.pid is the server's first process, it.log() what it said."""

    def __init__(self, server):
        self.server = server
        self.processes = []
        self.ended = []  # the process groups that there were
        self.folder = tempfile.mkdtemp(prefix="volley-verify-")
        self.port = self.behind = None

    def __enter__(self):
        try:
            for attempt in range(3):  # a port that was free may be taken by now
                self.port, self.behind = free_port(), free_port()
                if self._start():
                    return self
                self._end()
            raise RuntimeError(f"{self.server.name} does not start:\n{self.log()}")
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *exception):
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self):
        return self.processes[-1].pid

    def url(self, seconds=None):
        return self.origin + self.server.path.format(s=self.server.service_time if seconds is None else seconds)

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    def log(self):
        return (pathlib.Path(self.folder) / "log").read_text(errors="replace")

    def _start(self):
        words = {"port": self.port, "folder": self.folder, "behind": self.behind}
        for name, text in self.server.files.items():
            (pathlib.Path(self.folder) / name).write_text(text.format(**words))
        with open(pathlib.Path(self.folder) / "log", "ab") as log:
            for command in filter(None, (self.server.behind, self.server.command)):
                self.processes.append(subprocess.Popen(
                    [word.format(**words) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                    env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1", **self.server.environment), start_new_session=True,
                    preexec_fn=_die_with_the_test))
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            if any(process.poll() is not None for process in self.processes):
                return False
            try:
                with urllib.request.urlopen(self.origin + self.server.ready, timeout=5) as answer:
                    if answer.status == 200:
                        return True
            except (OSError, urllib.error.URLError):
                pass  # not yet
            time.sleep(0.05)
        return False

    def _end(self):
        """Each is the leader of a group of its own, which its workers are in."""
        for process in self.processes:
            self._signal(process, signal.SIGTERM)
        deadline = time.monotonic() + 5
        for process in self.processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass  # a server that is held up does not listen
            self._signal(process, signal.SIGKILL)
            process.wait()
            self.ended.append(process.pid)
        self.processes = []

    @staticmethod
    def _signal(process, number):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass  # all of them have gone
