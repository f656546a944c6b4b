"""Pictures that other processes draw are those that this one draws."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.charts

PROGRAM = """
import os
from auditkit.figures import bars
from auditkit.reports.charts import album, drawn_by, picture, picture_of, with_pictures
from auditkit.results import Axis
from auditkit.workers.side_by_side import side_by_side

name, share = Axis(field="name", title="name"), Axis(field="share", title="share")
figures = [
    bars(f"figure {number}", "bars", [{"name": "a", "share": number / 20}], label=name, value=share)
    for number in range(2 * album.FEWEST)
]
parent, here = os.getpid(), []

def noted(figure):
    if os.getpid() != parent and FAULT:
        os._exit(0)
    here.append(figure)
    return picture(figure)

album.picture = noted
def drawn(figures):
    with drawn_by(2, side_by_side):
        return [with_pictures(lambda: [picture_of(figure) for figure in figures]) for _ in range(2)]

BEFORE
first, second = drawn(figures[LEFT_OUT:])
print(len(here) // 2, first == second == [picture(figure) for figure in figures[LEFT_OUT:]])
"""


@pytest.mark.parametrize(
    ("how", "drawn_here"),
    [({}, 0), ({"FAULT": "True"}, 12), ({"LEFT_OUT": "1"}, 11), ({"BEFORE": "picture(figures[0])"}, 12)],
    ids=["two processes", "processes that end", "a few pictures", "threads that drew before"],
)
def test_two_processes_draw_what_this_one_would_and_it_draws_what_they_do_not(how, drawn_here):
    program = PROGRAM
    for word, code in ({"FAULT": "False", "LEFT_OUT": "0", "BEFORE": ""} | how).items():
        program = program.replace(word, code)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=200)
    assert done.stdout == f"{drawn_here} True\n", done.stderr
