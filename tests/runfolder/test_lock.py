"""One writer at a time, by a lock that goes with its process."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from auditkit.errors import EvidenceError
from auditkit.runfolder import locked
from tests.faults import lay_out
from tests.faults.test_faults import audit

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a folder cannot be locked there")
HOLD = """
import sys, time
from auditkit.runfolder import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_writer_is_refused_until_the_first_is_gone(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    with (
        pytest.raises(EvidenceError, match=r"another audit is writing to .*run; wait until it has ended"),
        locked(tmp_path / "run"),
    ):
        pass
    with locked(tmp_path / "other"), locked(None):
        pass
    holder.kill()
    holder.communicate()
    with locked(tmp_path / "run"):
        assert not list((tmp_path / "run").iterdir()), "nothing is left of a lock"


def test_a_process_that_was_forked_meanwhile_does_not_keep_it(tmp_path):
    with locked(tmp_path):
        child = os.fork()
        if child == 0:
            time.sleep(30)
            os._exit(0)
    try:
        with locked(tmp_path):
            pass
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_the_command_is_refused_while_another_audit_writes(tmp_path):
    lay_out(tmp_path, {})
    with locked(tmp_path / "audit"):
        done = audit(tmp_path)
    assert done.returncode == 2 and "another audit is writing to" in done.stderr
    assert audit(tmp_path).returncode == 0
