"""Fairness: what decisions do to groups and to their intersections."""

from auditkit.checks import Check
from auditkit.hookspecs import hookimpl
from auditkit.trainers import Trainer


@hookimpl
def register_checks() -> list[type[Check]]:
    """The checks of this family."""
    from auditkit.plugins.fairness.case_scores.check import CaseScoresFairness
    from auditkit.plugins.fairness.generated.check import GeneratedGroups
    from auditkit.plugins.fairness.group_probabilities.check import GroupProbabilityFairness
    from auditkit.plugins.fairness.groups.check import GroupFairness
    from auditkit.plugins.fairness.impact.adverse_check import AdverseImpact
    from auditkit.plugins.fairness.impact.audit_check import BiasAudit
    from auditkit.plugins.fairness.individual.check import IndividualFairness
    from auditkit.plugins.fairness.ranking.check import RankingFairness
    from auditkit.plugins.fairness.regression.check import RegressionFairness
    from auditkit.plugins.fairness.scores.check import ScoreFairness
    from auditkit.plugins.fairness.selective_labels.check import SelectiveLabels
    from auditkit.plugins.fairness.slices.check import Slices
    from auditkit.plugins.fairness.survival.check import SurvivalFairness

    return [
        GroupFairness,
        AdverseImpact,
        CaseScoresFairness,
        BiasAudit,
        GeneratedGroups,
        GroupProbabilityFairness,
        IndividualFairness,
        RankingFairness,
        RegressionFairness,
        ScoreFairness,
        SelectiveLabels,
        Slices,
        SurvivalFairness,
    ]


@hookimpl
def register_trainers() -> list[type[Trainer]]:
    """The trainers of this family."""
    from auditkit.plugins.fairness.mitigation.exponentiated_gradient import ExponentiatedGradient
    from auditkit.plugins.fairness.mitigation.reweighing import Reweighing
    from auditkit.plugins.fairness.mitigation.threshold_optimizer import ThresholdOptimizer

    return [ExponentiatedGradient, Reweighing, ThresholdOptimizer]
