"""Starts the canned language model, shows what would be sent, and audits its answers; writes into work/."""

from __future__ import annotations

import contextlib
import csv
import pathlib
import subprocess
import sys
from collections.abc import Iterator

HERE = pathlib.Path(__file__).resolve().parent
SPOKEN = {"standard": "Where is counter number {}?", "dialect": "Where's ye counter number {}?"}


@contextlib.contextmanager
def served() -> Iterator[int]:
    """The port of the server, while it runs."""
    server = subprocess.Popen([sys.executable, str(HERE / "server.py")], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
    finally:
        server.kill()
        server.communicate()


def prepare(work: pathlib.Path, port: int) -> None:
    """Write the questions, 100 in each way to speak, and the configuration with the port of this server."""
    work.mkdir(parents=True, exist_ok=True)
    rows = [(way, text.format(number)) for way, text in SPOKEN.items() for number in range(100)]
    with (work / "questions.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("spoken", "question"), *rows])
    settings = (HERE / "auditkit.toml").read_text().replace(":8000/", f":{port}/")
    (work / "auditkit.toml").write_text(settings)


def main() -> None:
    work = HERE / "work"
    with served() as port:
        prepare(work, port)
        audit = [sys.executable, "-m", "auditkit", "run", str(work / "auditkit.toml"), "--out", str(work / "audit")]
        subprocess.run([*audit, "--plan"], check=True)
        subprocess.run(audit, check=False)


if __name__ == "__main__":
    main()
