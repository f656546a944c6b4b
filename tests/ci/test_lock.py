"""The lock: what it pins, for which platform, and that a file that it does not name is not installed."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import subprocess
import sys
import tomllib
import zipfile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.ci import ROOT, script

lock = script("lock")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKED = {canonicalize_name(pin.name): pin.version for pin in lock.read(lock.LOCK)}


def asked_for(extras: set[str]) -> list[Requirement]:
    """What pyproject.toml requires here, with the extras that these extras name."""
    lines = [line for extra in extras for line in PROJECT["project"]["optional-dependencies"][extra]]
    requirements = []
    for requirement in map(Requirement, lines):
        if requirement.name == PROJECT["project"]["name"]:
            requirements += asked_for(requirement.extras)
        elif requirement.marker is None or requirement.marker.evaluate():
            requirements.append(requirement)
    return requirements


def test_the_lock_and_the_constraints_hold_the_same_versions():
    text = lock.CONSTRAINTS.read_text()
    assert [line for line in text.splitlines() if not line.startswith("#")] == lock.public(lock.read(lock.LOCK))


def test_what_pyproject_asks_for_is_pinned_within_its_range():
    required = [*map(Requirement, PROJECT["project"]["dependencies"]), *asked_for({"test"})]
    tools = [Requirement(line) for line in PROJECT["build-system"]["requires"]]
    assert len(required) > 40
    for requirement in (*required, *tools):
        name = canonicalize_name(requirement.name)
        assert name in LOCKED, f"{name} is not in the lock: run .ci/lock.py"
        assert requirement.specifier.contains(LOCKED[name]), f"{requirement} excludes {LOCKED[name]}: run .ci/lock.py"
    build = {canonicalize_name(pin.name) for pin in lock.read(lock.BUILD_LOCK)}
    assert build >= {"setuptools", *(canonicalize_name(tool.name) for tool in tools)}


def test_the_lock_is_for_the_cpu_and_has_nothing_of_nvidia():
    assert not [name for name in LOCKED if name.startswith(("nvidia", "cuda", "triton")) or name == "xgboost"]
    assert LOCKED["torch"].endswith("+cpu") and "xgboost-cpu" in LOCKED


def test_a_version_without_its_hash_is_named(tmp_path):
    (tmp_path / "a.lock").write_text("# For here\n--only-binary=:all:\nsix==1.17.0\n")
    with pytest.raises(ValueError, match=r"a.lock: no version with its sha256: 'six==1.17.0'; make the lock again"):
        lock.read(tmp_path / "a.lock")


def test_a_lock_for_another_platform_is_named_before_pip_speaks_of_tampering(tmp_path):
    (tmp_path / "a.lock").write_text(f"# For {lock.platform()}; made by hand\n")
    lock.check(tmp_path / "a.lock")
    (tmp_path / "a.lock").write_text("# For cpython-399 riscos-arm; made by hand\n")
    with pytest.raises(SystemExit, match=r"is for cpython-399 riscos-arm, and this is .*constraints.txt has the same"):
        lock.check(tmp_path / "a.lock")


def recipe() -> list[str]:
    """The commands by which CI installs."""
    command = ["make", "--dry-run", "--always-make", "--no-print-directory", ".venv/locked.stamp"]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.splitlines()


def test_ci_installs_by_hash_and_builds_with_what_it_installed():
    assert "make test LOCKED=yes" in (ROOT / ".ci" / "run").read_text()
    build, packages, project = [line for line in recipe() if "pip install" in line]
    assert build.endswith("--require-hashes -r .ci/build.lock")
    assert packages.endswith("--require-hashes --no-build-isolation -r .ci/test.lock")
    assert project.endswith("--no-build-isolation --no-deps -e .")


def test_a_file_that_the_lock_does_not_name_is_not_installed(tmp_path):
    wheel = tmp_path / "acme-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("acme-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        archive.writestr("acme-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("acme-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (words,) = [line.partition("pip install ")[2].split() for line in recipe() if line.endswith("-r .ci/test.lock")]
    options = ["--dry-run", "--no-index", "--find-links", str(tmp_path), *words[:-1]]

    def install(sha256: str) -> subprocess.CompletedProcess:
        lock.write(tmp_path / "a.lock", *lock.WHEELS_ALONE, *lock.lines([lock.Pin("acme", "1.0", sha256)]))
        command = [sys.executable, "-m", "pip", "install", *options, str(tmp_path / "a.lock")]
        return subprocess.run(command, capture_output=True, text=True)

    done = install(digest)
    assert done.returncode == 0, done.stderr
    done = install("0" * 64)
    assert done.returncode == 1 and "DO NOT MATCH THE HASHES" in done.stderr


@pytest.mark.skipif(not os.environ.get("LOCKED"), reason="make test LOCKED=yes alone installs from the lock")
def test_ci_has_what_the_lock_names_and_nothing_else():
    installed = {
        canonicalize_name(distribution.name): distribution.version
        for distribution in importlib.metadata.distributions()
    }
    # pip comes with Python
    assert {name: version for name, version in installed.items() if name not in ("pip", "auditkit-rai")} == LOCKED
