"""Ten kills and two full disks at random moments; the benchmark makes hundreds."""

from __future__ import annotations

import sys

import pytest

from benchmarks.endurance import endure


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_ten_kills_and_two_full_disks_leave_the_same_evidence_and_nothing_else(tmp_path):
    met = endure(tmp_path, kills=10, disks=2, seed=0)
    assert sum(met[who] for who in ("command", "audit", "worker", "nothing")) == 10
