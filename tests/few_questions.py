"""Fewer questions for whole audits: of checks whose numbers no test of such an audit looks at, and which ask most.

What these checks find is tested by their own tests; here it matters that they run, and what becomes of their results.
"""

from __future__ import annotations

FEW_QUESTIONS: dict[str, dict[str, int]] = {
    "explanations.importance": {"rows": 15, "background": 15},
    "robustness.certificates": {"rows": 10, "samples": 300},
    "robustness.changes": {"rows": 25},
    "robustness.corruptions": {"rows": 100, "shuffles": 99},
    "robustness.evasion": {"rows": 15, "max_queries": 100, "trial_rows": 10},
}


def as_toml() -> str:
    """The same as tables of auditkit.toml."""
    tables = (
        "\n".join([f'[checks."{check}"]', *(f"{name} = {value}" for name, value in parameters.items())])
        for check, parameters in FEW_QUESTIONS.items()
    )
    return "\n" + "\n".join(tables) + "\n"
