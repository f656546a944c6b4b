"""The check of scores over groups."""

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.scores.definitions import BNSP, BPSN, DEFINITIONS
from auditkit.plugins.fairness.scores.parameters import Parameters
from auditkit.variants import named


class ScoreFairness(Parameters, Check):
    """Do scores rank people equally well in every group, and does the same score mean the same in each?

    Decisions are made from scores by a threshold, and the threshold can be moved. Scores that rank one group worse, or
    that are too high for one group, are unfair at any threshold; and a gap that is small at the chosen
    threshold only is a warning.

    Scores are sorted once. Ranking: the area under the ROC curve per group, its widest difference, and the area between
    the curves of two groups (ABROCA), tested by shuffling groups among people of equal label; of texts also the areas
    of each identity's texts against all other texts (BPSN, BNSP). Meaning, where scores are probabilities: mean score
    less observed rate, and the calibration error in bins, tested by drawing labels from the scores. Threshold: gaps in
    selection and in error rates at the model's own threshold and at every other one nearby. Intervals of differences
    hold for all pairs of groups at once and can reach 0; p-values are adjusted by Holm over all tests of this check.

    A group without enough people of both labels is not ranked, and a disparity over the others then bounds the one over
    all. Labels are taken as true. A well ranked group can still be scored too low as a whole. Where groups differ in
    how common the label is, equal calibration and equal error rates exclude each other, so a gap in one of them is no
    fault by itself. For resampling, scores are rounded to 128 levels: the tests lose a little power and stay valid. Of
    more than 100 groups the areas between curves are not compared, and the calibration error of each has no test.
    """

    id = "fairness.scores"
    title = "Fairness of scores"
    reference = (
        "Gardner, Brooks and Baker (2019), LAK '19; Pleiss et al. (2017), arXiv:1709.02012; Chouldechova (2017), "
        "arXiv:1703.00056; DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44; Borkan et al. (2019), "
        "arXiv:1903.04561"
    )
    needs = frozenset({Capability.SCORES, "labels", "groups", "binary"})
    handles = frozenset({"units"})
    presets = {
        "quick": {"permutations": 499, "trials": 100},
        "thorough": {"permutations": 9999, "trials": 400, "intersections": 2},
    }
    definitions = DEFINITIONS
    conditions = frozenset({"bins", "from", "threshold", "to"})
    for_groups = frozenset({
        "auc", "calibration_in_the_large", "calibration_error", "calibration_error_by_chance", BPSN, BNSP,
    })  # fmt: skip
    over_groups = frozenset({"abroca_by_chance"})
    touches = {
        "intersections": (),
        "bins": ("calibration_error", "calibration_error_by_chance"),
        "window": named("demographic_parity_worst_nearby", "equalized_odds_worst_nearby"),
    }
    higher_level = (
        "Answers on demand would show whether a score changes when only the group of a real person is changed."
    )

    def leaves_out(self, name: str, data: AuditData) -> str:
        """Of other inputs than texts there is no identity that they mention."""
        if name not in (BPSN, BNSP) or data.modality == "text":
            return ""
        return f"is measured of texts alone; these are inputs of kind {data.modality}"

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Areas, calibration, gaps over thresholds; controls, figures and one table."""
        from auditkit.plugins.fairness.scores.findings import find

        return find(self, data, context, "queries" if Capability.QUERIES in model.capabilities else "recorded")
