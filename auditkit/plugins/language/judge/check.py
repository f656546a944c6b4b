"""The check of a judge's grades, which is held against people's first."""

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.language.judge.definitions import AGREEMENT, DEFINITIONS, SHARE
from auditkit.plugins.language.judge.parameters import Parameters


class Judge(Parameters, Check):
    """Does a judge, such as another language model, grade answers as people do, and how many does it call good?

    Grades of a model are cheap, and have tastes of their own: they favour long answers and those of their own kind. A
    share of good answers by a judge that nobody tried says little.

    The judge's grades are a column beside the recorded answers, and people's grades of some of them another. Agreement
    and Cohen's kappa come first; the share that the judge calls good counts where the lower end of kappa's interval
    reaches `kappa`. Beside it stands the share corrected for the judge's errors on labelled answers, which holds for a
    poor judge too. Intervals go by prompt.

    Grades are good or not good. Whether people agree with each other is not looked at, nor whether the labelled answers
    were drawn by chance. The judge is never asked here.
    """

    id = "language.judge"
    title = "A judge held against people"
    reference = (
        "Cohen (1960); Zheng et al. (2023), NeurIPS, arXiv:2306.05685; Angelopoulos et al. (2023), arXiv:2301.09633"
    )
    applies_when = "for answers in words (task generation)"
    needs = frozenset({"generation", Capability.TEXTS})
    handles = frozenset({"units"})
    definitions = DEFINITIONS
    conditions = frozenset()
    for_groups = frozenset({AGREEMENT, SHARE})
    touches = {"kappa": ()}
    level = "recorded"
    higher_level = "A second person's grades would show how far people agree."

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Recorded answers, with grades of both kinds."""
        if data.answered is None:
            return "needs recorded answers, for grades are about these; a live model answers anew"
        lacking = [name for name in (self.grades, self.labels) if name not in data.asides]
        if lacking:
            return (
                f"needs grades of a judge and of people, and there is no column {lacking[0]!r}; name them with "
                'grades = "…" and labels = "…" under [checks."language.judge"]'
            )
        return None

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Agreement, kappa, shares; controls."""
        from auditkit.plugins.language.judge.findings import find

        return find(self, data, context)
