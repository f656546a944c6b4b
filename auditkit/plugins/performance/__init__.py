"""Performance: how good the answers are, for everyone and for every group."""

from auditkit.checks import Check
from auditkit.hookspecs import hookimpl


@hookimpl
def register_checks() -> list[type[Check]]:
    """The checks of this family."""
    from auditkit.plugins.performance.case_scores.check import CaseScores
    from auditkit.plugins.performance.check import Quality
    from auditkit.plugins.performance.survival.check import SurvivalQuality

    return [Quality, CaseScores, SurvivalQuality]
