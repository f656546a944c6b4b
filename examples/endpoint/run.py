"""Starts the canned server, shows what would be sent, and audits both models behind it; writes into work/."""

from __future__ import annotations

import contextlib
import csv
import pathlib
import subprocess
import sys
from collections.abc import Iterator

HERE = pathlib.Path(__file__).resolve().parent
REVIEWS = {
    # (region, word, true sentiment): how many reviews
    ("north", "wonderful", "positive"): 20, ("north", "awful", "negative"): 20, ("north", "long", "positive"): 5,
    ("south", "wonderful", "positive"): 10, ("south", "wonderful", "negative"): 10, ("south", "awful", "negative"): 15,
    ("south", "long", "positive"): 10,
}  # fmt: skip


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
    """Write the data, and the configurations with the port of this server."""
    work.mkdir(parents=True, exist_ok=True)
    # of 100 women 40 have an income from 30 thousand, of 100 men 60; every fifth did not do as the income suggests
    loans = [
        (sex, 30 + place % 7 if place < most else 20 + place % 9, int((place < most) != (place % 5 == 0)))
        for sex, most in (("f", 40), ("m", 60))
        for place in range(100)
    ]
    reviews = [
        (region, f"a {word} film, the {number}th of its kind", sentiment)
        for (region, word, sentiment), count in REVIEWS.items()
        for number in range(count)
    ]
    tables = {"loans": (("sex", "income", "paid"), loans), "reviews": (("region", "review", "sentiment"), reviews)}
    for name, (columns, rows) in tables.items():
        with (work / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        settings = (HERE / f"{name}.toml").read_text().replace(":8000/", f":{port}/")
        (work / f"{name}.toml").write_text(settings)


def main() -> None:
    work = HERE / "work"
    with served() as port:
        prepare(work, port)
        for name in ("loans", "reviews"):
            audit = [sys.executable, "-m", "auditkit", "run", str(work / f"{name}.toml"), "--out", str(work / name)]
            subprocess.run([*audit, "--plan"], check=True)
            subprocess.run(audit, check=False)


if __name__ == "__main__":
    main()
