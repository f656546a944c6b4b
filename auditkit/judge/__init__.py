"""Limits applied to measurements: verdicts, the outcome of the audit, its exit code. One function, one table.

limit         whole interval on the right side          met
whole interval on the wrong side          missed
interval across the bound                 inconclusive
no interval and not exact                 inconclusive
undefined, hidden, invalid, inconclusive  inconclusive
its check ended in error                  error
nothing matched, or its check was skipped not tested
exit code     1 a limit missed · 3 an error, or a limit inconclusive or not tested ·
5 nothing was judged · 0 every limit met or waived
"""

from auditkit.judge.decision import judge_measurement
from auditkit.judge.limits import Judgement, check_names, judge, outcome_of, with_names, worst_of
from auditkit.judge.matches import concerned, is_bare
from auditkit.judge.sentences import NO_SETTING, about, bounds, everyone_alone, scope_of

__all__ = [
    "NO_SETTING",
    "Judgement",
    "about",
    "bounds",
    "check_names",
    "concerned",
    "everyone_alone",
    "is_bare",
    "judge",
    "judge_measurement",
    "outcome_of",
    "scope_of",
    "with_names",
    "worst_of",
]
