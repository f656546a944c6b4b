"""What the terminal shows of a plan: how many calls, and that attacks seldom ask for all of them."""

import json

from tests.command import auditkit

MODEL = """import numpy
def model(): return lambda table: numpy.where(table["a"] > 0, "yes", "no")
"""
SETTINGS = """[model]
object = "m:model"
[data]
path = "rows.csv"
label = "y"
[audit]
checks = ["robustness.evasion"]
budget = "quick"
"""


def test_a_plan_with_calls_says_that_attacks_ask_at_most_so_many(tmp_path):
    (tmp_path / "m.py").write_text(MODEL)
    rows = [f"{a},{b},{'yes' if a > 0 else 'no'}" for a in range(-30, 31) for b in (0.5, 1.5)]
    (tmp_path / "rows.csv").write_text("\n".join(["a,b,y", *rows]))
    (tmp_path / "auditkit.toml").write_text(SETTINGS)
    shown = " ".join(auditkit(tmp_path, "run", "--plan").stdout.split())
    (planned,) = json.loads(auditkit(tmp_path, "run", "--plan", "--json").stdout)[0]["checks"]
    assert f"{planned['calls']:,}" in shown and planned["calls"] > 40 * 1000
    assert "model calls: of attacks the most that they ask" in shown
