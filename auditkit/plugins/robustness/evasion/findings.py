"""From an attack to findings: what `robustness.evasion` says."""

from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.robustness.attackability import unsteady, way
from auditkit.plugins.robustness.evasion import controls, decision_attack, figures, shares, worst_cases
from auditkit.plugins.robustness.evasion.outcome import Outcome
from auditkit.plugins.robustness.evasion.parameters import Parameters
from auditkit.plugins.robustness.shares import share_of
from auditkit.results import Measurement

UNTRIED = "the time limit was reached before the attack itself was tried"


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Attack these rows, and say what withstood."""
    has_gradients = way(model, data) == "gradient"
    context.keep(
        Findings(measurements=[share_of("clean_accuracy", context.predictions.codes == context.predictions.truth)])
    )
    if has_gradients:
        from auditkit.plugins.robustness.evasion.gradient_attack import attack

        outcome = attack(parameters, model, data, context, lambda outcome: context.keep(untried(parameters, outcome)))
    else:
        outcome = decision_attack.attack(parameters, data, context)
    repeatable = controls.steady_control(unsteady(model, data, context.predictions))
    clean, robust = share_of("clean_accuracy", outcome.broken_at > 0), curve(parameters, outcome)
    groups = shares.by_group(outcome, data, parameters.middle)
    gaps = shares.differences(outcome, data, parameters.middle, parameters.permutations, context.rng)
    median = [] if outcome.distances is None else [shares.median(outcome.distances, outcome.norm)]
    queries = Measurement(name="queries", value=outcome.queries, exact=True, n=len(data), unit="rows")
    # pictures of rows, only where the owner allows rows to be shown
    worst = worst_cases.grid(outcome.pictures) if context.include_rows and outcome.pictures else None
    return Findings(
        # what is compared over groups comes first: a report may show the first number alone
        measurements=[robust[0], clean, *robust[1:], *groups, *gaps, *median, queries],
        controls=[repeatable, *outcome.controls],
        figures=[*figures.pictures(clean, robust, groups, outcome, data), *([worst] if worst else [])],
        notes=outcome.notes,
        level="model" if has_gradients else "queries",
        higher_level="" if has_gradients else None,
    )


def curve(parameters: Parameters, outcome: Outcome) -> list[Measurement]:
    """Robust accuracy at every epsilon, that at which groups are compared first."""
    return [
        shares.robust(outcome, epsilon)
        for epsilon in sorted(parameters.grid, key=lambda epsilon: epsilon != parameters.middle)
    ]


def untried(parameters: Parameters, outcome: Outcome) -> Findings:
    """What is left where the time runs out after the attack and before its trials."""
    doubtful = {"validity": "inconclusive", "reason": UNTRIED}
    robust = [measurement.model_copy(update=doubtful) for measurement in curve(parameters, outcome)]
    return Findings(measurements=[robust[0], share_of("clean_accuracy", outcome.broken_at > 0), *robust[1:]])
