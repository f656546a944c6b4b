"""One writer at a time, by a lock that goes with its process."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from auditkit.errors import EvidenceError, EvidenceLost
from auditkit.runfolder import locked
from auditkit.runfolder.lock import hold_to_locked
from tests.command import auditkit
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


REPLACING = {
    "audit_started(plan)": "os.rename('audit', 'away')\n    os.mkdir('b')\n    os.symlink('b', 'audit')",
    "check_finished(result)": "os.rename('audit', 'away')\n    os.mkdir('audit')",
    "audit_finished(result)": "os.rename('audit', 'away')\n    os.symlink('away', 'audit')",
}


@pytest.mark.parametrize("hook", REPLACING)
def test_a_folder_that_a_plugin_replaces_gets_nothing_and_is_no_verdict(tmp_path, hook):
    lay_out(tmp_path, {"mover": f"@auditkit.hookimpl\ndef {hook}:\n    {REPLACING[hook]}\n"})
    done = auditkit(tmp_path, "run", "-q", "--exit-zero")
    assert done.returncode == 3
    assert "was moved or replaced while the audit wrote to it, so nothing more is written or sealed" in done.stderr
    if "audit_finished" not in hook:
        assert list((tmp_path / "audit").iterdir()) == []
        assert '"complete": false' in (tmp_path / "away" / "manifest.json").read_text()


def test_a_folder_under_a_link_is_locked_as_what_it_leads_to(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with locked(tmp_path / "link"):
        hold_to_locked(tmp_path / "real")
        hold_to_locked(tmp_path / "nobody's")
        (tmp_path / "link").unlink()  # whose name nobody writes to
    lost = pytest.raises(EvidenceLost)
    with lost, locked(tmp_path / "real"):
        (tmp_path / "real").rmdir()
