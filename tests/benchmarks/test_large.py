"""The benchmark of many people and many groups: what it measures, and that it runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.large import Work, lines
from benchmarks.process_tree import held_together, measured

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
HOLDS = """
import os, sys
held = bytearray(os.urandom(1)) * 100_000_000
child = os.fork()
if child == 0:
    {child}
    os.write(1, b"ready")
os.read(0, 1)
"""


@pytest.mark.parametrize(
    ("child", "least", "most"), [("pass", 100, 160), ("held[0] = 1; held[:] = held[::-1]", 200, 360)]
)
def test_memory_that_processes_share_counts_once_and_what_each_writes_counts_for_each(child, least, most):
    program = [sys.executable, "-c", HOLDS.format(child=child)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.read(5) == b"ready"
        held = held_together(process.pid)
        process.stdin.close()
    assert least * 1e6 <= held <= most * 1e6


def test_what_children_compute_is_counted_and_the_exit_code_is_kept():
    spin = "import time\nwhile time.process_time() < 0.3: pass"
    cost = measured(
        [
            sys.executable,
            "-c",
            f"import subprocess, sys; subprocess.run([sys.executable, '-c', {spin!r}]); sys.exit(5)",
        ],
        {},
    )
    assert cost.code == 5
    assert cost.processor >= 0.3


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_small_table_is_made_and_audited(tmp_path, suffix):
    work = Work(400, {"branch": 4}, checks=("fairness.groups",), suffix=suffix)
    (_, made), (line, well) = lines(work, tmp_path, [1])
    assert made and well, line
    assert "exit code 0" in line
    assert (tmp_path / "out-1" / "report.html").exists()
