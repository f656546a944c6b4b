"""Which of the two groups of a disparity fares worse: from each measure's definition and the owner's statement."""

from auditkit.data import AuditData
from auditkit.results import CheckResult, Figure, GroupPair, Measurement, harm_text


def name_worse_off(result: CheckResult, data: AuditData) -> CheckResult:
    """The result with `worse_off` of every pair filled in, or empty where nobody said what being selected is.

    Only here is it decided, for all checks alike: whatever a check says itself is overwritten. The harm of a pair is
    that of the rate in which the two differ, where the check defines it, else that of the measure. A figure that is
    called as a measurement says the same in its caption.
    """
    measurements = tuple(_with_harms(measurement, result, data) for measurement in result.measurements)
    figures = tuple(_captioned(figure, result, data) for figure in result.figures)
    return result.model_copy(update={"measurements": measurements, "figures": figures})


def _captioned(figure: Figure, result: CheckResult, data: AuditData) -> Figure:
    # a map over two attributes is called after its measure: `selection_rate_map_sex_race`
    definition = result.definitions.get(figure.name.partition("_map_")[0])
    if definition is None or definition.harm is None:
        return figure
    sentence = harm_text(definition.harm, data.outcome_of(), data.task)
    return figure.model_copy(update={"caption": f"{figure.caption} {sentence}".strip()}) if sentence else figure


def _with_harms(measurement: Measurement, result: CheckResult, data: AuditData) -> Measurement:
    if not measurement.pairs:
        return measurement
    pairs = tuple(_with_harm(pair, measurement, result, data) for pair in measurement.pairs)
    return measurement.model_copy(update={"pairs": pairs})


def _with_harm(pair: GroupPair, measurement: Measurement, result: CheckResult, data: AuditData) -> GroupPair:
    definition = result.definitions.get(pair.rate) or result.definitions.get(measurement.name)
    category = measurement.conditions.get("class", measurement.conditions.get("classified as"))
    outcome = data.outcome_of(None if category is None else str(category))
    harm = definition.harm if definition is not None else None
    # two equal rates: nobody is worse off, though one group was found to be the lowest
    same = pair.low.value is not None and pair.low.value == pair.high.value
    return pair.model_copy(update={"worse_off": harm.worse_off(outcome) if harm is not None and not same else None})
