"""Keys that a user presses in a terminal, and its end: they reach the command, the audit and all below it."""

from __future__ import annotations

import contextlib
import os
import pathlib
import select
import signal
import sys

import pytest

from auditkit.supervisor import WHEN_INTERRUPTED
from tests.faults import lay_out
from tests.faults.test_faults import audit
from tests.test_supervisor import is_gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="terminals as Linux has them")

SHELL = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = subprocess.Popen(sys.argv[1:], process_group=0)
os.tcsetpgrp(0, job.pid)
while True:
    status = os.waitpid(job.pid, os.WUNTRACED)[1]
    if not os.WIFSTOPPED(status):
        open("code", "w").write(f"{os.waitstatus_to_exitcode(status)}\\n")
        break
    open("stopped", "w").close()
    while not os.path.exists("continue"):
        time.sleep(0.02)
    os.tcsetpgrp(0, job.pid)
    os.killpg(job.pid, signal.SIGCONT)
"""
"""A shell that has one job, which it continues as `fg` does."""
SLEEP = """
@auditkit.check("acme.sleep", exact=True)
def sleep(data):
    import subprocess
    if os.path.exists("code"):
        return 1.0
    left = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    open("processes", "w").write(f"{os.getpid()} {os.getppid()} {left.pid}\\n")
    time.sleep(1000)
"""


class Terminal:
    """An audit that sleeps in a check, started by a shell in a terminal."""

    def __init__(self, folder: pathlib.Path) -> None:
        import pty

        lay_out(folder, {"acme": SLEEP}, checks=("acme",))
        self._folder = folder
        self.shell, self._keys = pty.fork()
        if self.shell == 0:
            for number in (signal.SIGHUP, signal.SIGINT):  # which are ignored under nohup, or in the background
                signal.signal(number, signal.SIG_DFL)
            os.chdir(folder)
            os.execv(sys.executable, [sys.executable, "-c", SHELL, sys.executable, "-m", "auditkit", "run", "-q"])
        self.output = b""
        self.processes = [int(process) for process in self.wait_for("processes").split()]

    def press(self, keys: bytes) -> None:
        os.write(self._keys, keys)

    def wait_for(self, name: str) -> str:
        """What is in a file, once something is."""
        path = self._folder / name
        while not path.exists() or not (text := path.read_text()).endswith("\n"):
            self._listen()
        return text

    def wait_for_state(self, state: str) -> None:
        """Until all processes of the check are in a state, as /proc has it."""
        while {self._state(process) for process in self.processes} != {state}:
            self._listen()

    def end(self) -> None:
        """Close it, as a window is closed, after what was shown until then."""
        while self._listen():
            pass
        os.close(self._keys)
        os.waitpid(self.shell, 0)

    def _state(self, process: int) -> str:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]

    def _listen(self) -> bool:
        """Hear a little of what is shown; whether there was something."""
        if select.select([self._keys], [], [], 0.02)[0]:
            with contextlib.suppress(OSError):  # the shell has ended
                before, self.output = self.output, self.output + os.read(self._keys, 4096)
                return self.output != before
        return False


@pytest.mark.parametrize("keys", [b"\x03", b"\x03\x03"], ids=["once", "twice"])
def test_an_interrupt_leaves_one_sentence_and_no_process(tmp_path, keys):
    terminal = Terminal(tmp_path)
    for key in keys:
        terminal.press(bytes([key]))
    assert terminal.wait_for("code") == "130\n"
    assert all(map(is_gone, terminal.processes))
    terminal.end()
    shown = terminal.output.replace(b"^C", b"").replace(b"\r\x1b[2K", b"").decode()
    assert shown == f"auditkit: {WHEN_INTERRUPTED}\r\n"
    assert audit(tmp_path).returncode == 0, "nothing holds the lock of its folder"


def test_a_stop_stops_everybody_and_what_is_continued_ends_with_the_terminal(tmp_path):
    terminal = Terminal(tmp_path)
    terminal.press(b"\x1a")
    terminal.wait_for_state("T")
    (tmp_path / "continue").touch()
    terminal.wait_for_state("S")
    os.kill(terminal.shell, signal.SIGKILL)  # the end of who leads the session hangs up on its jobs
    terminal.end()
    assert all(map(is_gone, terminal.processes))
