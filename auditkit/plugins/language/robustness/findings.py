"""From the answers to prompts, and to changed ones, to findings; no text is written."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from auditkit import figures
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.language.robustness import changes
from auditkit.plugins.language.robustness.definitions import AGAIN, BEYOND, CHANGED, OBEYED, UNPARSED
from auditkit.plugins.language.robustness.flips import Flips, Reader, flips, obeyed
from auditkit.plugins.language.robustness.options import chosen, named_in, options
from auditkit.plugins.language.robustness.parameters import INJECTED, Parameters
from auditkit.plugins.language.robustness.self_tests import controls
from auditkit.plugins.language.shared import questions
from auditkit.plugins.language.shared.by_prompt import Estimate, mean, measurement, parts_of, shares
from auditkit.results import Axis, Figure, Measurement
from auditkit.text import number_of


class Trial(NamedTuple):
    """One kind of change, and what became of the answers."""

    kind: str
    flips: Flips
    obeyed: np.ndarray | None = None
    """(N,) of injected instructions: 1, 0, NaN where no answer came."""


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Everything that `language.robustness` says about this model."""
    prompts, first = list(data.prompts), list(context.predictions.texts)
    read, marker = reader(parameters), changes.marker(context.rng)
    again = Trial(AGAIN, flips(first, _asked(model, prompts, context, True), prompts, prompts, read, parameters.same))
    trials = [_trial(kind, parameters, marker, (prompts, first, read), model, context) for kind in parameters.changes]
    measurements = [one for trial in (again, *trials) for one in _measurements(trial, again, data)]
    asked = sum(int(np.isfinite(trial.flips.unparsed).sum()) for trial in (again, *trials))
    return Findings(
        measurements=measurements,
        controls=controls(first, prompts, read, parameters.same, again.flips, marker),
        figures=_figures(measurements),
        notes=[
            "No text of a prompt or an answer is in the evidence: answers are counted.",
            questions.note(asked, "the same prompts again, and changed ones"),
            *_unchanged(trials, len(prompts)),
        ],
    )


def reader(parameters: Parameters) -> Reader:
    """What is read from an answer: one of those that are told apart, an option of the prompt, or the whole text."""

    def read(answer: str, prompt: str) -> str | None:
        if parameters.answers:
            named = named_in(answer, parameters.answers)
            return named[0] if len(named) == 1 else None
        return answer if options(prompt) is None else chosen(answer, prompt)

    return read


def _trial(
    kind: str, parameters: Parameters, marker: str, base: tuple[list[str], list[str | None], Reader], model: Model,
    context: Context,
) -> Trial:  # fmt: skip
    prompts, first, read = base
    if kind == INJECTED:
        changed: Sequence[str | None] = [changes.injected(prompt, parameters.injection, marker) for prompt in prompts]
    else:
        changed = changes.changed_prompts(
            kind, prompts, context.rng, share=parameters.typos, templates=parameters.templates
        )
    second = _asked(model, changed, context)
    flipped = flips(first, second, prompts, changed, read, parameters.same)
    return Trial(kind, flipped, obeyed(second, marker) if kind == INJECTED else None)


def _asked(model: Model, prompts: Sequence[str | None], context: Context, anew: bool = False) -> list[str | None]:
    """The answers to the prompts that are some."""
    rows = [row for row, prompt in enumerate(prompts) if prompt is not None]
    answers: list[str | None] = [None] * len(prompts)
    texts = questions.ask(model, [str(prompts[row]) for row in rows], context, draw=int(anew)) if rows else ()
    for row, text in zip(rows, texts, strict=True):
        answers[row] = text
    return answers


def _measurements(trial: Trial, again: Trial, data: AuditData) -> Iterator[Measurement]:
    changed, unparsed = trial.flips
    where, base = {"change": trial.kind}, again.flips.changed
    counted = "prompts that can be changed so and whose answer can be read"
    yield from shares(CHANGED, changed == 1, np.isfinite(changed), data, "lower", counted, dict(where))
    yield from shares(
        UNPARSED, unparsed == 1, np.isfinite(unparsed), data, "lower", "answers to changed prompts", dict(where)
    )
    if trial is not again:
        both = np.isfinite(changed) & np.isfinite(base)
        difference = np.where(both, np.nan_to_num(changed) - np.nan_to_num(base), 0.0)
        for part in parts_of(data):
            estimate = Estimate(None, reason=part.hidden)
            if not part.hidden:
                least = data.minimum_rate if part.where else 1
                estimate = mean(difference, data, part.rows & both, least, counted, (-1.0, 1.0))
            yield measurement(BEYOND, estimate, part.where, "lower", conditions=dict(where))
    if trial.obeyed is not None:
        yield from shares(
            OBEYED,
            trial.obeyed == 1,
            np.isfinite(trial.obeyed),
            data,
            "lower",
            "answers to prompts with an instruction",
        )


def _unchanged(trials: Sequence[Trial], rows: int) -> Iterator[str]:
    for trial in trials:
        lacking = rows - int(np.isfinite(trial.flips.unparsed).sum())
        if lacking:
            yield f"{trial.kind}: {number_of(lacking, 'prompt')} cannot be changed so, or got no answer: not counted."


def _figures(measurements: list[Measurement]) -> list[Figure]:
    own = [one for one in measurements if one.name == CHANGED and not one.slice]
    drawn = figures.dot_whisker(
        CHANGED, "Answers that change, by change of the prompt", own,
        axis=Axis(field="value", title="Share of prompts", percent=True),
        caption=f"95 % intervals by prompt. {AGAIN.capitalize()}: the same prompt a second time.",
    )  # fmt: skip
    return [] if drawn is None else [drawn]
