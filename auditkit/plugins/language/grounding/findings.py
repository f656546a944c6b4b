"""From records of questions and answers to findings; no text of a record is written."""

from collections.abc import Iterator

import numpy as np

from auditkit import figures
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.plugins.language.grounding import self_tests
from auditkit.plugins.language.grounding.definitions import DEFINITIONS
from auditkit.plugins.language.grounding.function_words import FUNCTION_WORDS
from auditkit.plugins.language.grounding.parameters import Parameters
from auditkit.plugins.language.grounding.records import Records, Scores, records, scored
from auditkit.plugins.language.shared.by_prompt import shares
from auditkit.results import Axis, Control, Figure, Level, Measurement
from auditkit.text import number_of

SUPPORT = ("supported_words", "supported_sentences", "unsupported_answers")
DECLINED = ("declined_unanswerable", "declined_answerable")
ALIKE = 0.2
"""The share of sentences of other passages that may count as supported."""
ANSWERING = 0.05
"""The share of references that may count as declining."""


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `language.grounding` says about these answers."""
    own = records(parameters, data, context.predictions.texts)
    scores = scored(parameters, own)
    measurements = list(_measurements(own, scores, data))
    return Findings(
        measurements=measurements,
        controls=list(_controls(parameters, own, context)),
        figures=_figures(measurements),
        notes=_notes(own, scores),
        level=level,
    )


def _measurements(own: Records, scores: Scores, data: AuditData) -> Iterator[Measurement]:
    referenced = own.answerable & ~np.isnan(scores.f1)
    claiming, lacking = ~np.isnan(scores.words), scores.came & ~own.answerable
    whole = ~np.isnan(scores.sentences)
    rows: dict[str, tuple[np.ndarray, np.ndarray, str]] = {
        "supported_words": (scores.words, claiming, "answers that claim something"),
        "supported_sentences": (scores.sentences, whole, "answers that claim something"),
        "unsupported_answers": (scores.sentences < 1, whole, "answers that claim something"),
        "declined_unanswerable": (scores.declined, lacking, "answers to questions without an answer"),
        "declined_answerable": (scores.declined, scores.came & own.answerable, "answers to questions with an answer"),
        "exact_match": (scores.match == 1, referenced, "questions with a reference"),
        "token_f1": (scores.f1, referenced, "questions with a reference"),
    }
    for name, (values, counts, counted) in rows.items():
        yield from shares(name, values, counts, data, DEFINITIONS[name].direction, counted)


def _controls(parameters: Parameters, own: Records, context: Context) -> Iterator[Control]:
    ignored = FUNCTION_WORDS if parameters.function_words is None else frozenset(parameters.function_words)
    of_others = self_tests.supported_share(own, True, ignored, parameters.enough, context.rng)
    yield Control.within(
        "sentences of the passages",
        "Which share of sentences taken from a question's own passages counts as supported?",
        self_tests.supported_share(own, False, ignored, parameters.enough, context.rng),
        at_least=0.99,
        guards=SUPPORT,
        reason="what stands in the passages word for word is not recognised, or there are no passages",
    )
    yield Control.within(
        "sentences of other passages",
        "Which share of sentences taken from the passages of another question counts as supported?",
        of_others,
        at_most=ALIKE,
        guards=SUPPORT,
        on_failure="note" if of_others is None else "inconclusive",
        reason="all questions have the same passages, so whether others would support as much cannot be tried"
        if of_others is None
        else "passages share so many words that those of another question support an answer too",
    )
    if any(own.references):
        yield Control.within(
            "references that decline",
            "Which share of the references of answerable questions would count as declining?",
            self_tests.references_that_decline(own, parameters.declining),
            at_most=ANSWERING,
            guards=DECLINED,
            on_failure="inconclusive",
            reason="right answers count as declining, so the phrases do not fit these answers",
        )


def _figures(measurements: list[Measurement]) -> list[Figure]:
    own = [one for one in measurements if one.name == "supported_sentences" and len(one.slice) <= 1]
    drawn = figures.dot_whisker(
        "supported_sentences", "Sentences that a passage supports", own,
        axis=Axis(field="value", title="Share of sentences", percent=True),
        caption="95 % intervals by prompt. Support is told by shared words.",
    )  # fmt: skip
    return [] if drawn is None else [drawn]


def _notes(own: Records, scores: Scores) -> list[str]:
    notes = [
        "No text of a record is in the evidence: words, sentences and answers are counted.",
        "Whether a passage supports a sentence is told by shared words: a synonym is not recognised, and a false claim "
        "made of the passage's words is not noticed.",
    ]
    silent = int((~scores.came).sum())
    if silent:
        notes.append(f"No answer came in {number_of(silent, 'row')}; held against a reference, it counts as wrong.")
    if not any(own.references):
        notes.append("No reference stands beside the questions: whether answers are right is not measured.")
    return notes
