"""One resolution of the test environment, written twice: constraints.txt for everyone, and CI's lock with hashes.

    .venv/bin/python .ci/lock.py              keeps the versions of constraints.txt; adds what pyproject.toml asks for
    .venv/bin/python .ci/lock.py --upgrade    takes the newest versions
    python3 .ci/lock.py --check               ends in an error where the lock is for another platform

It asks the index that pip is set up with, which must have the CPU build of torch. The lock is for the platform that it
was made on: a hash is that of a file, and other platforms have other files.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import re
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
LOCK = ROOT / ".ci" / "test.lock"
BUILD_LOCK = ROOT / ".ci" / "build.lock"
"""The build tools, which are installed first: pip would fetch those of lime and of the project without a hash."""

WHEELS_ALONE = ("--only-binary=:all:", "--no-binary=lime")
"""A wheel runs no code when it is installed; lime is to be had as source only."""


class Pin(NamedTuple):
    """One file that may be installed."""

    name: str
    version: str
    sha256: str


def read(path: pathlib.Path) -> list[Pin]:
    """The pins of a lock, and of the lock that it includes.

    Raises:
        ValueError: a line is no pin with its hash.
    """
    pins = []
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            pins += read(path.parent / line.removeprefix("-r "))
        elif pin := re.fullmatch(r"([\w.-]+)==([\w.+]+) --hash=sha256:([0-9a-f]{64})", line):
            pins.append(Pin(*pin.groups()))
        elif not line.startswith(("#", "--")):
            raise ValueError(
                f"{path.name}: no version with its sha256: {line!r}; make the lock again: python .ci/lock.py"
            )
    return sorted(pins, key=lambda pin: pin.name.lower())


def resolve(requirements: list[str], constraints: list[str]) -> list[Pin]:
    """What pip would install for these requirements into an empty environment."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(constraints))
        file.flush()
        command = ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-", "--constraint", file.name]
        done = subprocess.run(
            [sys.executable, "-m", "pip", *command, *WHEELS_ALONE, *requirements],
            stdout=subprocess.PIPE, check=True, cwd=ROOT,
        )  # fmt: skip
    pins = []
    for package in json.loads(done.stdout)["install"]:
        # the project itself is the one that is no archive
        if archive := package["download_info"].get("archive_info"):
            stated = package["metadata"]
            pins.append(Pin(stated["name"], stated["version"], archive["hashes"]["sha256"]))
    return sorted(pins, key=lambda pin: pin.name.lower())


def platform() -> str:
    """What the files of a lock depend on."""
    return f"{sys.implementation.cache_tag} {sysconfig.get_platform()}"


def lines(pins: list[Pin]) -> list[str]:
    """The pins with their hashes, as pip reads them."""
    return [f"{pin.name}=={pin.version} --hash=sha256:{pin.sha256}" for pin in pins]


def public(pins: list[Pin]) -> list[str]:
    """The pins for any platform: without hashes, and without the build (`+cpu`), which other indexes do not have."""
    return [f"{pin.name}=={pin.version.partition('+')[0]}" for pin in pins]


def check(path: pathlib.Path) -> None:
    """Ends in an error where a lock is for another platform, which pip would call a file that was tampered with."""
    required = path.read_text().partition(";")[0].removeprefix("# For ")
    if required != platform():
        sys.exit(
            f"{path.name} is for {required}, and this is {platform()}: constraints.txt has the same versions, "
            "without hashes; `python .ci/lock.py` there makes a lock for this platform"
        )


def write(path: pathlib.Path, *text: str) -> None:
    """One line each."""
    path.write_text("".join(f"{line}\n" for line in text))


def main() -> None:
    """Checks the lock, or makes it again together with constraints.txt."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only ask whether the lock is for this platform")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    arguments = parser.parse_args()
    if arguments.check:
        return check(LOCK)
    pins = resolve([".[test]"], [] if arguments.upgrade else CONSTRAINTS.read_text().splitlines())
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    # lime is built with setuptools
    tools = resolve([*needed, "setuptools"], public(pins))
    only_wheels, but_lime = WHEELS_ALONE
    made_for = f"# For {platform()}; made by .ci/lock.py"
    write(CONSTRAINTS, "# The versions of .ci/test.lock for any platform; made by .ci/lock.py", *public(pins))
    write(BUILD_LOCK, made_for, only_wheels, *lines(tools))
    rest = [pin for pin in pins if pin not in tools]
    write(LOCK, made_for, f"-r {BUILD_LOCK.name}", only_wheels, but_lime, *lines(rest))


if __name__ == "__main__":
    main()
