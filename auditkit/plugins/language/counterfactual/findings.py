"""From variants of prompts to findings about what a name, a pronoun or a faith changes; no text is written."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.models import Model
from auditkit.plugins.language.counterfactual import answer_scores
from auditkit.plugins.language.counterfactual.definitions import CHANGED, DIFFERENCE, MEAN, UNGRADED
from auditkit.plugins.language.counterfactual.parameters import Parameters
from auditkit.plugins.language.counterfactual.substitutions import Substitution
from auditkit.plugins.language.counterfactual.variations import Variation, asked, recorded
from auditkit.plugins.language.shared import questions, variant_gaps, variant_means
from auditkit.plugins.language.shared.variant_gaps import Compared
from auditkit.plugins.language.shared.variant_means import Ends
from auditkit.results import Axis, Control, Figure, Measurement, Rule
from auditkit.text import number_of

FAMILY = "all differences of language.counterfactual"
ONCE = "variants are compared by their answers alone: rows count as they are, without weights."


class Score(NamedTuple):
    """A number of each answer."""

    name: str
    values: np.ndarray
    """(N,) NaN where an answer has none."""
    ends: Ends
    unit: str


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Everything that `language.counterfactual` says about these answers."""
    texts = context.predictions.texts
    variations = recorded(parameters, data, texts)
    live = not variations
    if live:
        variations = asked(parameters, model, data, context, texts)
    compared: list[tuple[Score, Compared]] = []
    for step, variation in enumerate(variations):
        context.progress(step, len(variations) + 1, f"variants of {variation.rows.attribute}")
        compared += [
            (score, variant_gaps.compare(variation.rows, score.values, score.ends, data))
            for score in scores_of(parameters, variation, data)
        ]
    gaps = [_gap(score, one, data) for score, one in compared]
    # so many shuffles that the smallest p-value stays below 5 % when it is adjusted
    draws = max(parameters.permutations, 40 * len(gaps))
    gaps = variant_gaps.adjusted([
        variant_gaps.tested(gap, one, draws, context.rng, FAMILY) for gap, (_, one) in zip(gaps, compared, strict=True)
    ])  # fmt: skip
    beside = [measurement for score, one in compared for measurement in _beside(score, one, data)]
    context.progress(len(variations), len(variations) + 1, "controls")
    controls = variant_gaps.controls([one for _, one in compared], parameters.trials, context.rng, (DIFFERENCE,))
    return Findings(
        measurements=[*(gaps or [_none(live)]), *beside],
        controls=[*controls, *([_turned_back(parameters, variations)] if live and variations else [])],
        figures=_figures(gaps, beside, [score for score, _ in compared]),
        notes=_notes(parameters, data, variations, live),
        level="queries" if live else "recorded",
    )


def scores_of(parameters: Parameters, variation: Variation, data: AuditData) -> Iterator[Score]:
    """The scores of the answers that are compared.

    Raises:
        DataError: `column` holds what is no number, or one out of its range.
    """
    if "refused" in parameters.scores:
        yield Score("refused", answer_scores.refusals(variation.texts, parameters.phrases), Ends(0, 1), "share")
    if "length" in parameters.scores:
        yield Score("length", answer_scores.lengths(variation.texts), Ends(), "words")
    if parameters.grade is not None:
        yield Score(
            "grade", answer_scores.grades(variation.texts, *parameters.grade), Ends(*parameters.grade), "points"
        )
    if parameters.column is not None and variation.positions is not None:
        ends = Ends(*(parameters.column_range or (None, None)))
        yield Score(
            parameters.column, _numbers(data.column(parameters.column).tolist(), parameters.column, ends), ends, ""
        )


def _numbers(values: Sequence[Any], name: str, ends: Ends) -> np.ndarray:
    try:
        numbers = np.array([np.nan if value is None or value == "" else float(value) for value in values])
    except (TypeError, ValueError) as error:
        raise DataError(f"column: {name!r} must hold numbers, or be blank; some of its values are texts") from error
    low, high = -np.inf if ends.low is None else ends.low, np.inf if ends.high is None else ends.high
    outside = int(((numbers < low) | (numbers > high) | np.isinf(numbers)).sum())
    if outside:
        raise DataError(
            f"column: {name!r} must hold finite numbers within column_range; {outside} of {len(numbers)} are not"
        )
    return numbers


def _gap(score: Score, compared: Compared, data: AuditData) -> Measurement:
    return variant_gaps.gap(DIFFERENCE, MEAN, compared, data, unit=score.unit, conditions={"score": score.name})


def _beside(score: Score, compared: Compared, data: AuditData) -> Iterator[Measurement]:
    """Means of the groups, the share that changes, and the share without a score."""
    under: dict[str, Any] = {"conditions": {"score": score.name}}
    for place, group in enumerate(compared.groups):
        where = {compared.attribute: group}
        hidden = data.cells.reason(where)
        level = None if hidden else variant_gaps.level_of(compared, place, score.name == "refused")
        if level is None:
            reason = hidden or "no answer has such a score"
            yield Measurement(name=MEAN, value=None, reason=reason, slice=where, unit=score.unit, **under)
            continue
        value, interval, _, bases = level
        mean = Measurement(
            name=MEAN, value=value, interval=interval, units=bases, slice=where, unit=score.unit, **under
        )  # fmt: skip
        yield (
            variant_gaps.of_units(mean, data) if score.name == "refused" else variant_gaps.doubted(mean, compared, data)
        )
    across = {"across": (compared.attribute,), "unit": "share", "direction": "lower", **under}
    changed = variant_means.changed(compared.means) if score.unit != "words" else np.zeros(0, dtype=bool)
    if len(changed):
        interval = stats.mean_interval(changed)
        share = Measurement(
            name=CHANGED, value=float(changed.mean()), interval=_by_base(interval), units=len(changed), **across
        )  # fmt: skip
        yield variant_gaps.of_units(share, data)
    if compared.table.rows.any():
        yield Measurement(name=UNGRADED, value=compared.unscored, exact=True, **across)


def _by_base(interval: Any) -> Any:
    return None if interval is None else interval.model_copy(update={"method": "Wilson, by base prompt"})


def _none(live: bool) -> Measurement:
    why = (
        "no prompt has a word of the tables; name words under substitutions, or columns that say the variants"
        if live
        else "no group differs within a base prompt"
    )
    return Measurement(name=DIFFERENCE, value=None, reason=why, validity="inconclusive", direction="lower")


def _turned_back(parameters: Parameters, variations: Sequence[Variation]) -> Control:
    """Whether made prompts lead back to those that they were made of."""
    back: list[bool] = []
    for variation in variations:
        substitution = Substitution(parameters.tables[variation.rows.attribute])
        made = variation.made.variants if variation.made is not None else []
        own = {variant.base: variant for variant in made if variant.is_own}
        for variant in (variant for variant in made if not variant.is_own):
            again = substitution.variants(variant.prompt)
            if again:  # none: a word has two counterparts in this direction
                source = own[variant.base]
                back.append(any(one.group == source.group and one.prompt == source.prompt for one in again))
    return Control.within(
        "words turned back",
        "Which share of the made prompts gives the first prompt back when the words are turned round again?",
        float(np.mean(back)) if back else None,
        at_least=0.9,
        on_failure="note",
        reason="some made prompts differ in more than the words of the table, such as in two words that stand for one"
        if back
        else "each made prompt has a word with two counterparts, so that none can be turned back",
    )


def _figures(gaps: Sequence[Measurement], means: Sequence[Measurement], scores: Sequence[Score]) -> list[Figure]:
    drawn = []
    for position, (name, unit) in enumerate(dict.fromkeys((score.name, score.unit) for score in scores)):
        for kind, measurements in ((DIFFERENCE, gaps), (MEAN, means)):
            own = [one for one in measurements if one.name == kind and one.conditions.get("score") == name]
            title = f"{'Widest difference within base prompts' if kind == DIFFERENCE else 'Mean'}: {name}"
            make = figures.forest if kind == DIFFERENCE else figures.dot_whisker
            rules = [Rule(value=0.0, label="no difference")] if kind == DIFFERENCE else []
            drawn.append(
                make(
                    f"{kind}_{position}", title, own, rules=rules,
                    axis=Axis(field="value", title=title, unit=unit.removeprefix("share"), percent=unit == "share"),
                    caption="95 % intervals by base prompt" + (
                        ", for all pairs of groups at once." if kind == DIFFERENCE else "."
                    ),
                )
            )  # fmt: skip
    return [figure for figure in drawn if figure is not None]


def _notes(parameters: Parameters, data: AuditData, variations: Sequence[Variation], live: bool) -> list[str]:
    notes = ["No text of a prompt or an answer is in the evidence: answers are compared by numbers."]
    if data.weights is not None:
        notes.append(f"Weights are not used: {ONCE}")
    if live:
        made = [variation.made for variation in variations if variation.made is not None]
        further = sum(not variant.is_own for one in made for variant in one.variants)
        notes.append(questions.note(further, "prompts with words of another group"))
        left = sum(one.left_out for one in made)
        if left:
            notes.append(
                f"{number_of(left, 'prompt has', 'prompts have')} words of several groups, or a word with two "
                "counterparts, and no variants."
            )
        own = [variation.rows.attribute for variation in variations if variation.rows.attribute in parameters.shipped]
        if own:
            notes.append(f"auditkit's own short English tables of words were used: {', '.join(own)}.")
        if parameters.column is not None:
            notes.append("The column is about recorded answers, and is not compared where a model is asked.")
    return notes
