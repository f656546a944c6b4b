"""The check of fairness of predicted numbers."""

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.regression.definitions import DEFINITIONS
from auditkit.plugins.fairness.regression.parameters import Parameters


class RegressionFairness(Parameters, Check):
    """Are the predicted numbers as right for one group as for another, and how far apart do their predictions lie?

    A prediction that is right on average may be too high for one group and too low for another, or precise for one and
    imprecise for another. Prices, grades and risk scores are numbers: no threshold, and no count of decisions, shows
    this.

    For every group: mean prediction, mean residual (prediction minus label; Student's interval), mean absolute error
    (Student) and root mean squared error (delta method). Over groups: the widest difference of mean predictions and of
    mean residuals, the smallest ratio of the errors, with intervals from all pairs of groups at once, p-values from
    shuffling the groups (the statistic is the largest difference in standard errors), and the smallest difference that
    would be found 8 times in 10. The largest Kolmogorov-Smirnov and Wasserstein-1 distance between two groups'
    predictions, from one sort, with bands that hold for all groups, p-values from shuffles, and beside them what chance
    alone would give. All p-values are adjusted by Holm. Without labels there are predictions and distances only.

    Labels are taken as true. A difference of mean predictions can be right, where groups differ in what is predicted.
    Distances are above 0 even for equal groups. Errors with rare huge values make means, and their intervals, uncertain
    in small groups. Groups that were not recorded cannot be seen.
    """

    id = "fairness.regression"
    title = "Fairness of predicted numbers"
    reference = (
        "Agarwal, Dudík and Wu (2019), arXiv:1905.12843; Tamhane (1979), JASA 74; Chung and Romano (2013), "
        "arXiv:1304.5939; Massart (1990), Annals of Probability 18; Holm (1979), Scandinavian Journal of Statistics 6"
    )
    needs = frozenset({"groups", "regression"})
    handles = frozenset({"alike rows", "units"})
    presets = {
        "quick": {"intersections": 1, "permutations": 499},
        "thorough": {"intersections": 3, "permutations": 9999},
    }
    definitions = DEFINITIONS
    conditions = frozenset()
    for_groups = frozenset({
        "mean_prediction", "mean_residual", "mean_absolute_error", "root_mean_squared_error",
    })  # fmt: skip
    touches = {"intersections": ()}
    higher_level = (
        "Answers on demand would show whether a prediction changes when only the group of a real person is changed."
    )

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Measurements per group and over groups, controls, figures, and what chance would give."""
        from auditkit.plugins.fairness.regression.findings import find

        return find(self, data, context, "queries" if Capability.QUERIES in model.capabilities else "recorded")
