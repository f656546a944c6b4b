"""Libraries that keep threads work in a fork of a process that used them, and an unknown thread refuses one."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

USED = """
import os, json, pathlib
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "4"
import numpy as np, pyarrow as pa, pyarrow.compute as pc, torch
from sklearn.ensemble import HistGradientBoostingClassifier
from auditkit.workers import fork

def use():
    rows = np.random.default_rng(0).normal(size=(4000, 8))
    rows.T @ rows
    torch.set_num_threads(4)
    weights = torch.ones(600, 600, requires_grad=True)
    (weights @ weights).sum().backward()
    HistGradientBoostingClassifier(max_iter=2).fit(rows, rows[:, 0] > 0).predict(rows)
    return pc.sum(pa.array(np.arange(10))).as_py()

use()
assert len(os.listdir("/proc/self/task")) > 1, "no library started a thread, so this shows nothing"
before = fork.refusal()
read, write = os.pipe()
child = fork.fork()
if child == 0:
    os.write(write, str(use()).encode())
    os._exit(0)
after = fork.threads_left()
assert os.waitpid(child, 0)[1] == 0
print(json.dumps([before, after, os.read(read, 10).decode(), use()]))
"""
UNKNOWN = """
import _thread, json, os, time
from auditkit.workers import fork
_thread.start_new_thread(time.sleep, (60,))  # as a library in C starts one: Python's list does not know it
time.sleep(0.1)
before = fork.refusal()
child = fork.fork()
if child == 0:
    os._exit(0)
print(json.dumps([before, fork.threads_left()]))
"""


def run(script: str) -> list[object]:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=120, check=True
    )
    answer: list[object] = json.loads(done.stdout)
    return answer


def test_pools_of_openmp_blas_arrow_and_autograd_live_through_a_fork():
    assert run(USED) == ["", "", "45", 45]


def test_a_thread_that_nobody_knows_is_found_right_after_the_fork():
    assert run(UNKNOWN)[1] == "threads of a library run in this process"
