"""ART is loaded without a trace: no file in the home directory, no changed log."""

from __future__ import annotations

import logging
import os
import pathlib
import subprocess
import sys

from auditkit.art import quiet


def test_importing_art_writes_nothing_into_the_home_directory(tmp_path: pathlib.Path) -> None:
    code = (
        "from auditkit.art import require_art\n"
        "print(require_art('art.estimators.classification.blackbox').BlackBoxClassifier.__name__)"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "MPLCONFIGDIR": str(tmp_path / "mpl")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "BlackBoxClassifier"
    assert not (tmp_path / ".art").exists()


def test_quiet_puts_the_log_back() -> None:
    log = logging.getLogger("art")
    level = log.level
    with quiet():
        assert log.level == logging.CRITICAL
    assert log.level == level
