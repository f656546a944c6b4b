"""The command `auditkit`: it runs no foreign code itself, and its exit code is one that the audit reported.

The audit is a child process. What a model or a plugin does to that process, an audit that reported nothing is an error.
Who was at work when it died is left out, and the audit is begun again from the checks that were finished.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from auditkit.descendants import descendants, end_all_below, send_all_below, take_up_orphans

SUPERVISED = frozenset({"run", "train", "demo", "render", "verify", "plugins", "explain", "schema"})
"""Commands that may run code of a model or a plugin."""
AUDITS = frozenset({"run", "train", "demo"})
"""Of them those that leave a sealed folder."""
CHANNEL = "AUDITKIT_SUPERVISOR"
"""The variable that tells the child where to report, and who may not be called again."""
NO_RESULT = 3
INTERRUPTED = 130
WHEN_INTERRUPTED = "interrupted; the same command goes on from the checks that were finished"
INTERNAL = 4
_LAST = "null\n"
"""The words behind all that the audit says."""
SECONDS_TO_END = 10
"""After its report, until a child that does not end is ended."""
FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")

# The child has the parent's import path, for a folder more or less on it could bring in other code.
_CHILD = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); sys.argv[:2] = ['auditkit']; "
    "from auditkit.cli import main; main()"
)


def supervise(arguments: Sequence[str]) -> int:
    """Run the command in a child, and again without each foreign call that ends the child.

    Args:
        arguments: the words behind `auditkit`.

    Returns:
        The exit code that the child reported, of an audit with its folder sealed; else that there is no result.
    """
    try:
        return _supervised(arguments)
    except OSError as error:  # too few processes, files or bytes of memory are allowed
        print(f"auditkit: the system refused: {error}. This is no verdict", file=sys.stderr)
        return NO_RESULT
    except Exception as error:  # a traceback ends in exit code 1, which is a verdict
        words = f"{type(error).__name__}: {error}"
        print(f"auditkit: internal error: {words}. This is no verdict; please report it", file=sys.stderr)
        return INTERNAL


def _supervised(arguments: Sequence[str]) -> int:
    ended: dict[str, str] = {}
    while True:
        attempt = _Attempt(arguments, ended)
        if INTERRUPTED in (attempt.code, 128 + attempt.stopped):
            clear = "\r\x1b[2K" if sys.stderr.isatty() else ""  # of half a line that says how far a check is
            print(f"{clear}auditkit: {WHEN_INTERRUPTED}", file=sys.stderr)
            return INTERRUPTED
        if attempt.code is not None and (attempt.code not in (0, 1) or _is_whole(arguments, attempt.sealed)):
            return attempt.code
        if attempt.stopped:
            return 128 + attempt.stopped
        culprit = attempt.at_work
        where = f" while it ran {culprit}" if culprit else ""
        if not culprit or culprit in ended or not attempt.dispensable:
            print(f"auditkit: the audit ended without a result{where} ({attempt.how}). This is no verdict; what was "
                  "finished is kept, and the same command goes on from it", file=sys.stderr)  # fmt: skip
            return NO_RESULT
        print(f"auditkit: the audit ended{where} ({attempt.how}); it goes on without that", file=sys.stderr)
        ended[culprit] = attempt.how


def import_path() -> list[str]:
    """The folders that this process imports from; whatever else a program put among them Python passes over too."""
    return [folder for folder in sys.path if isinstance(folder, str)]


def _is_whole(arguments: Sequence[str], folder: str) -> bool:
    """Whether a verdict stands in a sealed folder, where the command makes one."""
    if arguments[0] not in AUDITS or "--plan" in arguments:
        return True
    try:
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as manifest:
            return bool(folder) and json.load(manifest)["complete"] is True
    except (OSError, ValueError, LookupError):
        return False


class _Attempt:
    """One child, from its start to its end."""

    code: int | None = None
    """The exit code that it reported."""
    sealed = ""
    """The run folder that it sealed."""
    at_work = ""
    """The foreign code that it ran last, if it was still running."""
    dispensable = False
    """Whether the audit can go on without it."""
    stopped = 0
    """The signal by which the user ended the command."""
    _late: threading.Timer | None = None
    """Ends a call of foreign code that takes too long."""
    _latest: float | None = None
    """When it does, by the monotonic clock."""
    _why = ""
    """Why the child was ended by this process."""
    _listens = False
    """Whether the child can be interrupted without a trace."""

    def __init__(self, arguments: Sequence[str], ended: dict[str, str]) -> None:
        read, write = os.pipe()
        self._mark = os.urandom(8).hex()
        """Before each message, for code that writes where nobody expects it may write there too."""
        flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
        command = [sys.executable, *flags, "-c", _CHILD, json.dumps(import_path()), *arguments]
        environment = {**os.environ, CHANNEL: json.dumps([_inheritable(write), ended, self._mark])}
        sys.stdout.flush()
        # what this process was started with is not the audit's; what that left without a parent could not be told apart
        alone = sys.platform == "linux" and not descendants(os.getpid())
        if alone:
            take_up_orphans()
        with self._passing_on():
            # a session of its own: an interrupt reaches the supervisor alone, which passes it on
            self._child = subprocess.Popen(command, env=environment, close_fds=False, start_new_session=True)
            if self.stopped:
                self._child.kill()
            os.set_inheritable(write, False)
            reader = threading.Thread(target=self._read, args=(read,), daemon=True)
            reader.start()
            status = self._child.wait()
            with contextlib.suppress(OSError, AttributeError):
                os.killpg(self._child.pid, signal.SIGKILL)  # what the audit left running
            if alone:
                end_all_below()
        # behind all that the child wrote, whoever else still holds the channel
        os.write(write, f"\n{self._mark} {_LAST}".encode())
        os.close(write)
        reader.join()
        self._limit(None)
        self.how = self._why or in_words(status)

    def _read(self, channel: int) -> None:
        with open(channel, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                mark, _, words = line.partition(" ")
                if mark != self._mark:
                    continue
                if words == _LAST:
                    return
                message = _message(words)
                if not message:
                    continue
                self._listens = True
                self.at_work = message.get("at_work", self.at_work)
                self.dispensable = message.get("dispensable", False)
                self._limit(message.get("seconds"))
                self.code = message.get("code", self.code)
                self.sealed = message.get("sealed", self.sealed)
                if "code" in message:
                    self._let_end()

    def _limit(self, seconds: float | None) -> None:
        """End the child where its next message takes longer than this."""
        if self._late is not None:
            self._late.cancel()
        self._latest = None if seconds is None else time.monotonic() + seconds
        if seconds is not None:
            self._late = self._ended_after(seconds, f"it took more than {seconds:g} seconds")

    def _let_end(self) -> None:
        """Give what the audit left running some time to end by itself."""
        self._ended_after(SECONDS_TO_END, "")

    def _ended_after(self, seconds: float, why: str) -> threading.Timer:
        def end() -> None:
            self._why = why
            self._child.kill()

        late = threading.Timer(seconds, end)
        late.daemon = True
        late.start()
        return late

    @contextlib.contextmanager
    def _passing_on(self) -> Iterator[None]:
        """Meanwhile, signals by which a user ends the command go to the audit."""

        def pass_on(number: int, frame: object) -> None:
            again, self.stopped = bool(self.stopped), number
            if not hasattr(self, "_child"):
                return
            # who interrupts twice waits no longer; and an audit that just begins has nothing to bring to an end
            at_once = number == signal.SIGINT and (again or not self._listens)
            with contextlib.suppress(OSError):
                self._child.send_signal(signal.SIGKILL if at_once else number)

        known = [getattr(signal, name) for name in FORWARDED if hasattr(signal, name)]
        # what is ignored, as a hang-up under nohup, stays so
        numbers = [number for number in known if signal.getsignal(number) != signal.SIG_IGN]
        before = {number: signal.signal(number, pass_on) for number in numbers}
        stop = getattr(signal, "SIGTSTP", None)
        if stop is not None and signal.getsignal(stop) != signal.SIG_IGN:
            before[stop] = signal.signal(stop, self._stand_still)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stand_still(self, number: int, frame: object) -> None:
        """Stop with the audit and all below it, until the terminal continues this process."""
        if not hasattr(self, "_child"):
            return
        seconds_left = None if self._latest is None else self._latest - time.monotonic()
        self._limit(None)
        for _ in range(2):  # who was started while the first were stopped, too
            self._send_all(signal.SIGSTOP)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, self._stand_still)
        self._limit(seconds_left)
        self._send_all(signal.SIGCONT)

    def _send_all(self, number: signal.Signals) -> None:
        with contextlib.suppress(OSError):
            self._child.send_signal(number)
        send_all_below(self._child.pid, number)


def _message(line: str) -> dict[str, Any]:
    """What the audit says in a line; nothing where code that it ran wrote there."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _inheritable(descriptor: int) -> int:
    """What a child opens it by."""
    if sys.platform == "win32":
        import msvcrt

        handle = msvcrt.get_osfhandle(descriptor)
        os.set_handle_inheritable(handle, True)
        return handle
    os.set_inheritable(descriptor, True)
    return descriptor


def opened(descriptor: int) -> int:
    """What `_inheritable` gave, in the child."""
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.open_osfhandle(descriptor, os.O_WRONLY)
    return descriptor


def in_words(status: int) -> str:
    """How a process ended: by its exit code, or by minus the signal."""
    if status >= 0:
        return f"exit code {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = "unknown"
    return f"signal {-status}, {name}" + (", as where memory runs out" if name == "SIGKILL" else "")
