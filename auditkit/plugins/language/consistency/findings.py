"""From several answers to a prompt to findings about their agreement; no text of an answer is written."""

from collections.abc import Callable, Iterator

import numpy as np

from auditkit import figures, stats
from auditkit.answer_parser import Parser
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.language.consistency.agreement import between_prompts, of_pairs, overlap, same, same_class
from auditkit.plugins.language.consistency.definitions import CHANGED, CLASS, OVERLAP, SAME, UNPARSED
from auditkit.plugins.language.consistency.parameters import Parameters
from auditkit.plugins.language.consistency.repeats import Repeats, repeats
from auditkit.plugins.language.shared.by_prompt import Estimate, measurement, parts_of, shares
from auditkit.results import Axis, Control, Direction, Figure, Measurement
from auditkit.text import number_of
from auditkit.too_few import lacking

PAIRS = 500
"""Pairs of answers to different prompts that are drawn for the control."""
ONE_ANSWER = "no prompt has two answers: record several under one unit, or give a model that can be asked"
NO_WORDS = "no answer to a prompt that was asked several times has words"
ALIKE = 0.5
"""Agreement between answers to different prompts above which agreement to the same prompt shows little."""
Agree = Callable[[str | None, str | None], float]


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Everything that `language.consistency` says about these answers."""
    asked = Capability.QUERIES in model.capabilities
    several = repeats(parameters, model, data, context)
    parser = Parser(tuple(parameters.answers), parameters.answers, setting="answers") if parameters.answers else None
    measures: dict[str, Agree] = {SAME: same, OVERLAP: overlap}
    if parser is not None:
        measures[CLASS] = same_class(parser.place)
    by_name = {name: np.array([of_pairs(texts, agree) for texts in several.texts]) for name, agree in measures.items()}
    measurements = [one for name, values in by_name.items() for one in _by_group(name, values, several, data)]
    changed = by_name[SAME] < 1
    measurements += _by_group(CHANGED, changed, several, data)
    if parser is not None:
        texts = context.predictions.texts
        none = np.array([text is None or parser.place(text) is None for text in texts])
        measurements += shares(UNPARSED, none, np.ones(len(data), dtype=bool), data, "lower")
    return Findings(
        measurements=measurements,
        controls=_controls(measures, several, context),
        figures=_figures(measurements),
        notes=[*several.notes, *_notes(several)],
        level="queries" if asked else "recorded",
        higher_level="" if asked else None,
    )


def _by_group(name: str, values: np.ndarray, several: Repeats, data: AuditData) -> Iterator[Measurement]:
    """A number of each prompt, as a mean over everyone's prompts and over those of each group."""
    direction: Direction = "lower" if name == CHANGED else "higher"
    rows = several.rows
    for where, inside, hidden in parts_of(data):
        here = inside[rows]
        least = data.minimum_rate if where else 1
        why = hidden or lacking(int(here.sum()), least, "prompts with two answers or more")
        estimate = Estimate(None, reason=why if len(rows) else _none(several))
        if len(rows) and why is None:
            own, weights = values[here], None if data.weights is None else data.weights[rows][here]
            # prompts of one unit, such as a person's, vary together
            unit = None if data.unit is None else data.unit[rows][here]
            interval = (
                stats.mean_interval(own, weights=weights, clusters=unit)
                if own.dtype == bool
                else stats.bounded_interval(own, 0.0, 1.0, weights=weights, clusters=unit)
            )
            units = len(own) if unit is None else len(np.unique(unit))
            estimate = Estimate(stats.weighted_mean(own, weights), interval, len(own), units)
        yield measurement(name, estimate, where, direction, "" if name == OVERLAP else "share")


def _none(several: Repeats) -> str:
    """Why no prompt has answers that can be compared."""
    return NO_WORDS if several.silent else ONE_ANSWER


def _controls(measures: dict[str, Agree], several: Repeats, context: Context) -> list[Control]:
    first = [next(text for text in texts if text is not None) for texts in several.texts]
    copies = [of_pairs([text, text], agree) for text in first for agree in (same, overlap)]
    itself = Control.within(
        "an answer and itself",
        "Does every answer agree wholly with a copy of itself?",
        min(copies, default=None),
        at_least=1.0,
        guards=(SAME, OVERLAP, CHANGED),
        reason=_none(several) if not copies else "answers that are the same are not told to be the same",
    )
    others = {
        name: between_prompts(several.texts, agree, PAIRS, context.rng) if len(several.texts) > 1 else None
        for name, agree in measures.items()
        if name != OVERLAP  # common words are in most answers of a language
    }
    apart = [
        Control.within(
            f"different prompts: {name}",
            "How far do answers to different prompts agree, by the same measure?",
            value,
            at_most=ALIKE,
            guards=(name,),
            on_failure="note",
            reason="there are not two prompts with two answers"
            if value is None
            else "the model says much the same whatever it is asked, so that agreement to one prompt shows little",
        )
        for name, value in others.items()
    ]
    return [itself, *apart]


def _figures(measurements: list[Measurement]) -> list[Figure]:
    own = [one for one in measurements if one.name == SAME and len(one.slice) <= 1]
    drawn = figures.dot_whisker(
        SAME, "Same answer again, per group", own, axis=Axis(field="value", title="Same answer again", percent=True),
        caption="Share of pairs of answers to one prompt that are the same; 95 % intervals by prompt.",
    )  # fmt: skip
    return [] if drawn is None else [drawn]


def _notes(several: Repeats) -> list[str]:
    sizes = [len(texts) for texts in several.texts]
    silent = number_of(several.silent, "prompt")
    notes = [f"Not counted: {silent} to which no answer has words."] if several.silent else []
    if not sizes:
        why = _none(several)
        return [f"{why[0].upper()}{why[1:]}.", *notes]
    many = f"{sizes[0]}" if len(set(sizes)) == 1 else f"{min(sizes)} to {max(sizes)}"
    return [f"Prompts with two answers or more: {len(sizes):,}, with {many} answers each.", *notes]
