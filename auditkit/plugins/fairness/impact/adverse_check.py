"""The check of adverse impact."""

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.impact.definitions import ADVERSE
from auditkit.plugins.fairness.impact.favourable import why_refused
from auditkit.plugins.fairness.impact.parameters import AdverseParameters
from auditkit.variants import named


class AdverseImpact(AdverseParameters, Check):
    """Is any group's selection rate much lower than the highest one, and could that be chance?

    United States agencies have compared each group's selection rate with the highest one since 1978: a ratio below four
    fifths is generally taken as evidence of adverse impact, unless the numbers are too small to mean anything. So the
    ratio, its uncertainty, a test and the number of people behind it belong on one page. Being selected is assumed to
    be a benefit; a burden is refused.

    People are counted by group and decision. Each group has its rate with Wilson's interval; its ratio to the highest
    rate with a score interval that holds for all pairs of groups at once; the difference in standard deviations; an
    exact test (Boschloo's for small groups, else Fisher's), adjusted by Holm over all pairs of groups, because the
    highest group is chosen after seeing the numbers; how many more selections would reach four fifths, and how many
    moved selections would turn the result. A simulation says how often groups of these sizes fall below four fifths
    with no true difference.

    Four fifths is a rule of thumb of enforcement, and here only a line in the figure: this check does not judge.
    Small differences can be unlawful and large ones lawful. Who counts as an applicant, whether the pool was usual,
    and whether the selection is related to the job, no count can show. People are counted, weights are not used.
    """

    id = "fairness.adverse_impact"
    title = "Adverse impact and the four-fifths rule"
    # Four fifths is a rule of thumb for employment in the United States, and misleads elsewhere.
    applies_when = "for decisions about employment: name it among the checks, or choose the rule pack four-fifths"
    reference = (
        "29 CFR 1607.4 (1978); Miettinen and Nurminen (1985), Statistics in Medicine 4; Fisher (1935), JRSS 98; "
        "Boschloo (1970), Statistica Neerlandica 24; Holm (1979), Scandinavian Journal of Statistics 6"
    )
    needs = frozenset({"groups", "binary"})
    handles = frozenset({"people", "unknown labels", "abstentions"})
    presets = {"quick": {"draws": 5_000, "trials": 20}, "thorough": {"intersections": 2, "draws": 100_000}}
    definitions = ADVERSE
    conditions = frozenset()
    for_groups = frozenset({
        "selection_rate", *named("impact_ratio"), "standard_deviations", "shortfall", "selections_to_turn",
    })  # fmt: skip
    over_groups = frozenset({"chance_of_ratio_under_0_8"})
    touches = {"intersections": ()}

    def applies(self, model: Model, data: AuditData) -> str | None:
        """A favourable decision to compare."""
        return why_refused(data)

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Rates, ratios, tests, practical counts, controls, figures and tables."""
        from auditkit.plugins.fairness.impact.adverse_findings import find

        return find(self, data, context, "queries" if Capability.QUERIES in model.capabilities else "recorded")
