"""How many threads libraries use is set, and set back."""

from __future__ import annotations

import os

import torch
from threadpoolctl import threadpool_info

from auditkit.workers.threads import at_most


def used() -> tuple[set[int], int, str | None]:
    return (
        {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"},
        torch.get_num_threads(),
        os.environ.get("OMP_NUM_THREADS"),
    )


def test_all_libraries_use_so_many_and_then_as_many_as_before():
    before = used()
    with at_most(3):
        assert used() == ({3}, 3, "3")
        with at_most(None):
            assert used() == ({3}, 3, "3")
    assert used() == before
