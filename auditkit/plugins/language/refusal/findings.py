"""From answers in words to findings about refusals; no text of an answer is written."""

from collections.abc import Iterator

import numpy as np

from auditkit import figures
from auditkit.checks import Context, Findings
from auditkit.counts import encode
from auditkit.data import AuditData
from auditkit.plugins.language.refusal import self_tests
from auditkit.plugins.language.refusal.definitions import FALSE_ALARMS, GAP, MISSED, NOTHING, SHARE
from auditkit.plugins.language.refusal.labels import labelled
from auditkit.plugins.language.refusal.parameters import Parameters
from auditkit.plugins.language.shared.by_prompt import mean, measurement, shares
from auditkit.plugins.language.shared.group_gaps import widest_gaps
from auditkit.plugins.language.shared.refusals import is_refusal
from auditkit.results import Axis, Control, Figure, Level, Measurement
from auditkit.variants import named

SILENT = 0.05
"""Of prompts the share to which no words may come before the share of refusals among the others tells little."""
PROVEN = 0.1
"""Of labelled answers of either kind the share that phrases may get wrong."""


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `language.refusal` says about these answers."""
    texts = context.predictions.texts
    has_words = np.array([bool(text and text.strip()) for text in texts])
    refused = np.array([_refused(text, parameters) for text in texts])
    everyone = np.ones(len(data), dtype=bool)
    measurements = [
        *shares(SHARE, refused, has_words, data, counted="answers with words"),
        *shares(NOTHING, ~has_words, everyone, data, "lower", "prompts"),
        *widest_gaps(GAP, refused, has_words, data, SHARE, "answers with words"),
    ]
    tried = list(_against_labels(parameters, data, refused, has_words))
    return Findings(
        measurements=[*measurements, *tried],
        controls=[*_controls(parameters, data, context, refused, has_words), _proof(parameters, tried)],
        figures=_figures(measurements),
        notes=_notes(parameters),
        level=level,
    )


def _refused(text: str | None, parameters: Parameters) -> bool:
    return is_refusal(text, parameters.phrases, parameters.shipped_phrases)


def _against_labels(
    parameters: Parameters, data: AuditData, refused: np.ndarray, has_words: np.ndarray
) -> Iterator[Measurement]:
    if parameters.labelled is None:
        return
    known = labelled(data.column(parameters.labelled), parameters.labelled)
    for name, hits, kind in ((FALSE_ALARMS, refused, 0), (MISSED, ~refused, 1)):
        counted = "answers that are labelled a refusal" if kind else "answers that are labelled no refusal"
        estimate = mean(hits, data, has_words & (known == kind), 1, counted)
        yield measurement(name, estimate, {}, "lower")


def _proof(parameters: Parameters, tried: list[Measurement]) -> Control:
    values = [one.value for one in tried if one.value is not None]
    lacking = (
        "no column says which answers are refusals: the share is that of answers with a phrase, not of refusals; label "
        "some answers and name the column under labelled"
        if parameters.labelled is None
        else "the phrases get more labelled answers wrong than that, or no answer of one kind is labelled"
    )
    return Control.within(
        "phrases against labels",
        "Of answers that people labelled, which share do the phrases get wrong, of the kind where it is larger?",
        max(values) if len(values) == 2 else None,
        at_most=PROVEN,
        guards=(SHARE, *named(GAP)),
        on_failure="note" if parameters.labelled is None else "inconclusive",
        reason=lacking,
    )


def _controls(
    parameters: Parameters, data: AuditData, context: Context, refused: np.ndarray, has_words: np.ndarray
) -> list[Control]:
    known = Control.within(
        "sentences of known kind",
        "Which share of 16 shipped sentences, half of them refusals, do the phrases tell right?",
        self_tests.told_right(lambda text: _refused(text, parameters)),
        at_least=1.0 if parameters.shipped_phrases else 0.5,
        guards=(SHARE, *named(GAP)),
        reason="the phrases take plain answers for refusals, or miss plain refusals",
    )
    answered = Control.within(
        "prompts without words",
        "To which share of the prompts, of all or of the group where it is larger, came no words?",
        max(float((~has_words[rows]).mean()) for rows in _parts(data)),
        at_most=SILENT,
        guards=(SHARE, *named(GAP)),
        on_failure="inconclusive",
        reason="prompts without words may hold refusals that are not counted",
    )
    if not data.groups:
        return [known, answered]
    attribute = next(iter(data.groups))
    codes = np.asarray(encode(data.groups[attribute][has_words]).codes, dtype=np.int64)
    unit = None if data.clusters is None else data.clusters[has_words]
    alarms = self_tests.false_alarms(refused[has_words], codes, unit, parameters.trials, context.rng)
    shuffled = Control.within(
        "shuffled groups",
        f"Where the groups of {attribute} are shuffled among the prompts, how often does an interval lie above 0?",
        alarms,
        at_most=0.1,
        guards=named(GAP),
        on_failure="inconclusive",
        reason="gaps are called certain where there are none" if alarms is not None else "there are not two groups",
    )
    return [known, answered, shuffled]


def _parts(data: AuditData) -> list[np.ndarray]:
    """The places of all rows, and of those of each group in which a rate is measured."""
    groups = [cell.positions for cell in data.slices() if data.unmeasured(cell, "answers") is None]
    return [np.arange(len(data)), *groups]


def _figures(measurements: list[Measurement]) -> list[Figure]:
    own = [one for one in measurements if one.name == SHARE and len(one.slice) <= 1]
    drawn = figures.dot_whisker(
        SHARE, "Share of refusals per group", own, axis=Axis(field="value", title="Share of refusals", percent=True),
        caption="95 % intervals by prompt. Neither end is the better one.",
    )  # fmt: skip
    return [] if drawn is None else [drawn]


def _notes(parameters: Parameters) -> list[str]:
    notes = ["No text of a prompt or an answer is in the evidence: refusals are counted."]
    if parameters.phrases:
        notes.append(f"Further phrases of the owner: {len(parameters.phrases)}.")
    return notes
