"""The check that makes the tables of New York City's bias audit."""

from typing import ClassVar

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.errors import DataError, closest
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.impact.definitions import AUDIT
from auditkit.plugins.fairness.impact.favourable import why_refused
from auditkit.plugins.fairness.impact.parameters import (
    ID,
    RACE_ETHNICITY,
    SEX,
    Attributes,
    AuditParameters,
    Mode,
    find_attribute,
)
from auditkit.results import Level


class BiasAudit(AuditParameters, Check):
    """How often is each sex, each race or ethnicity, and each combination of them selected or scored above the median?

    New York City wants these tables, with numbers of people and impact ratios, published before a tool that screens
    candidates is used (Local Law 144 of 2021). The tables here are laid out as in the city's rule, so that a summary
    can be made from them; what the rule does not ask for is marked so.

    Selection: the rate is selected over applicants. Scoring: the rate is the share with a score strictly above the
    median of everybody assessed, unknown categories included. The impact ratio is a category's rate over that of the
    most selected (highest scoring) category. Three tables: sex; race/ethnicity; both together. People in an unknown
    category are counted separately and are in no rate. A category under 2 % of the people whose category is known may
    be left out of the ratios (exclude_under), and its numbers still shown. Wilson and score intervals are added.

    The rule sets no value that a ratio must reach, and neither does this check. Whether the auditor is independent,
    the data historical, the notices given and the summary published is not in the data, and applicants who were never
    scored are not seen. The owner's categories are used as they are: whether they are those of the EEO-1 report is
    for the auditor to say. People are counted, weights are not used.
    """

    id = ID
    title = "Bias audit tables of New York City"
    intersections: ClassVar[int] = 2
    applies_when = "for decisions about employment in New York City: name it, or choose the rule pack nyc-ll144"
    reference = (
        "New York City Administrative Code 20-870 to 20-874 (Local Law 144 of 2021); 6 RCNY 5-300 to 5-304; "
        "Wilson (1927), JASA 22; Miettinen and Nurminen (1985), Statistics in Medicine 4"
    )
    needs = frozenset({"groups"})
    handles = frozenset({"people", "unknown labels", "abstentions"})
    definitions = AUDIT
    conditions = frozenset({"classified as"})
    for_groups = frozenset({"applicants", "selection_rate", "scoring_rate", "impact_ratio"})
    over_groups = frozenset({
        "unknown_category", "sex_categories", "race_ethnicity_categories", "intersectional_categories",
    })  # fmt: skip

    def attributes(self, data: AuditData) -> Attributes:
        """Which attributes of the data are which.

        Raises:
            DataError: an attribute was named that the data lacks, or one was named for both.
        """
        for key in ("sex", "race_ethnicity"):
            name = getattr(self, key)
            if name and name not in data.groups:
                raise DataError(f"{key} must be one of the groups; {name!r} is none; {closest(name, data.groups)}")
        if self.sex and self.sex == self.race_ethnicity:
            raise DataError(f"sex and race_ethnicity must be two attributes; both are {self.sex!r}")
        return Attributes(
            self.sex or find_attribute(data.groups, SEX),
            self.race_ethnicity or find_attribute(data.groups, RACE_ETHNICITY),
        )

    def kind(self, model: Model, data: AuditData) -> Mode:
        """Selection or scoring."""
        if self.mode != "auto":
            return self.mode
        recorded = Capability.QUERIES not in model.capabilities and data.recorded is not None
        # Recorded scores without decisions can be rated by the median only.
        undecided = recorded and data.recorded is not None and data.recorded.decisions is None
        scored = self.decisions_are == "above median" or data.task == "regression" or undecided
        return "scoring" if scored else "selection"

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Why there can be no table: no attribute is sex or race/ethnicity, or there is nothing to rate."""
        if not (self.sex or self.race_ethnicity or any(self.attributes(data))):
            return (
                "no group is called sex, gender, race, ethnicity or similarly; name them with "
                f'sex = "…" and race_ethnicity = "…" under [checks."{ID}"]'
            )
        refused = why_refused(data)
        if refused is not None:
            return refused
        if self.decisions_are == "above median":
            return None if data.task == "binary" else "decisions that mean above the median must be yes or no"
        if self.kind(model, data) == "selection":
            return "selection needs decisions, and this model gives numbers" if data.task == "regression" else None
        if data.task == "multiclass":
            return "scoring needs one score a person, and with several classes there are several"
        if data.task != "regression" and Capability.SCORES not in model.capabilities:
            return "scoring needs scores, and this model gives decisions only"
        return None

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """The tables, the numbers in them, controls and figures."""
        from auditkit.plugins.fairness.impact.audit_findings import find

        level: Level = "queries" if Capability.QUERIES in model.capabilities else "recorded"
        return find(self, self.attributes(data), self.kind(model, data), data, context, level)
