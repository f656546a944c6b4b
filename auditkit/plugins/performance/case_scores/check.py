"""The check of how well a system does, case by case."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.performance.case_scores.definitions import CHANGE, DEFINITIONS
from auditkit.plugins.performance.case_scores.parameters import Parameters


class CaseScores(Parameters, Check):
    """How well does the system do, case by case, for everyone and for every group?

    Detection, segmentation, forecasts, rankings, policies and generated texts are judged by a score of each case: the
    Dice of a picture, the return of an episode, the seconds of an answer. A mean alone hides the cases that go badly
    wrong.

    For each score the mean, the median, the score that 95 of 100 cases reach, the share of cases worse than the owner's
    threshold, and the share without a score, overall and per group, with 95 % intervals; where the training split was
    scored too, how much the mean has changed since. Means of bounded scores have
    intervals that stay in the range and are not empty where all cases are alike; means of others lean to the longer
    tail, and are inconclusive where one case makes most of the spread or samples of these very cases are not covered.

    How the scores were made is not looked at, and references are taken as true. Rows are taken as independent cases,
    but for those of one `[data] unit`.
    """

    id = "performance.case_scores"
    title = "Scores of cases"
    reference = "Agresti and Coull (1998), The American Statistician 52; Hall (1992), JRSS B 54"
    applies_when = "for cases with scores (task case_scores)"
    needs = frozenset({"case_scores"})
    presets = {"quick": {"trials": 100}, "thorough": {"trials": 1000}}
    definitions = DEFINITIONS
    conditions = frozenset({"score"})
    for_groups = frozenset(DEFINITIONS) - {CHANGE}
    touches = {"worst_cases": (), "trials": ("mean_score",)}
    level = "recorded"
    higher_level = "Answers on demand would show how scores change when cases do."

    def leaves_out(self, name: str, data: AuditData) -> str:
        """The share of poor cases where nobody said what is poor, and the change where training was not scored."""
        if name == CHANGE and (data.train is None or not data.train.scored):
            return "is measured where the cases of the training split were scored too"
        if name != "poor_share" or any(score.poor is not None for score in data.case_scores.values()):
            return ""
        return "is measured where the owner says what is poor; write poor = … under [data.case_scores.NAME]"

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The scores, by name."""
        poor = {name for name, score in data.case_scores.items() if score.poor is not None}
        return {"score": MeasuredAt(tuple(poor if name == "poor_share" else data.case_scores))}

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Measurements overall and per group, controls, figures."""
        from auditkit.plugins.performance.case_scores.findings import find

        return find(self, data, context, "recorded")
