"""What foreign code can do to the process that calls it, and an audit to which all of it is done."""

from __future__ import annotations

import pathlib
import textwrap

FAULTS = {
    "error": "raise ValueError('no')",
    "exit": "sys.exit(0)",
    "exit_text": "sys.exit('all limits met')",
    "exit_none": "raise SystemExit",
    "base": "raise type('Odd', (BaseException,), {})('odd')",
    "generator": "raise GeneratorExit",
    "keyboard": "raise KeyboardInterrupt",
    "group": "raise BaseExceptionGroup('two', [SystemExit(0), ValueError('x')])",
    "stop": "raise StopIteration",
    "memory": "raise MemoryError('64 GiB')",
    "recursion": "again = lambda: again()\n    again()",
    "unprintable": "raise type('Mute', (Exception,), {'__str__': lambda self: sys.exit(0), '__repr__': None})()",
    "last_words": "raise type('Last', (Exception,), {'__str__': lambda self: os._exit(0)})()",
    "masked": (
        "mask = property(lambda self: sys.exit(0))\n"
        "    raise type('Masked', (Exception,), {'__class__': mask, '__traceback__': mask, '__cause__': mask})()"
    ),
    "nameless": "raise type('Kind', (type,), {'__name__': property(lambda kind: 1 / 0)})('None', (Exception,), {})()",
    "builtins": "import builtins; builtins.len = builtins.next = builtins.print = None\n    raise ValueError('no len')",
    "escapes": "raise type('\\x1b[2Jmet', (Exception,), {})('\\x1b[2J\\x1b]0;all met\\x07\\ud800')",
    "long": "raise ValueError('x' * 10_000_000)",
    "own": "from auditkit.errors import AuditkitError\n    raise AuditkitError('mine')",
    "shallow": "sys.setrecursionlimit(80)\n    raise ValueError('shallow')",
    "mute": "sys.stdout = sys.stderr = None\n    raise ValueError('mute')",
    "fork": "if os.fork(): os.wait()\n    raise ValueError('twice')",
    "quit_0": "os._exit(0)",
    "quit_1": "os._exit(1)",
    "segfault": "import ctypes; ctypes.string_at(0)",
    "abort": "os.abort()",
    "killed": "os.kill(os.getpid(), 9)",
    "terminated": "os.kill(os.getpid(), 15); time.sleep(5)",
}
"""{name: lines of a function}."""
ENDS_THE_PROCESS = frozenset({"quit_0", "quit_1", "segfault", "abort", "killed", "terminated", "last_words"})

CONFIG = """
[data]
path = "people.csv"
label = "y"
groups = ["sex"]
[model]
{model}
[audit]
plugins = {plugins}
checks = ["fine"]
rules = []
{more}
[[limits]]
measurement = "fine.share.share"
at_least = 0.1
"""
FINE = """
import auditkit
@auditkit.check("fine.share", exact=True)
def share(data):
    return 1.0
"""


def lay_out(
    folder: pathlib.Path, plugins: dict[str, str], model: str = 'decisions = "d"', checks: tuple[str, ...] = ()
) -> None:
    """An audit of twelve people in a folder, with plugins by their source; a limit on one sound check is met."""
    rows = "".join(f"{'mf'[row % 2]},{row % 3 % 2},{row % 2}\n" for row in range(120))
    (folder / "people.csv").write_text("sex,y,d\n" + rows)
    for name, source in {"fine": FINE, **plugins}.items():
        (folder / f"{name}.py").write_text("import os, sys, time\nimport auditkit\n" + textwrap.dedent(source))
    names = [f"{name}.py" for name in ("fine", *plugins)]
    config = CONFIG.format(model=model, plugins=names, more="").replace('["fine"]', str(["fine", *checks]))
    (folder / "auditkit.toml").write_text(config)
