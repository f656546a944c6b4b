"""From answers to prompts with gaps to findings; no text is written."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from auditkit import figures, stats
from auditkit.case_scores import token_f1
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.data.listed_texts import several
from auditkit.errors import CapabilityError, DataError, present
from auditkit.models import Model
from auditkit.plugins.explanations.leave_out.definitions import AT, BEFORE, LARGEST, RIGHT
from auditkit.plugins.explanations.leave_out.game import Explained, explain
from auditkit.plugins.explanations.leave_out.parameters import Parameters
from auditkit.plugins.explanations.leave_out.parts import parts_of
from auditkit.plugins.explanations.shared.text_game import AskedOnce
from auditkit.results import Axis, Control, Figure, Measurement
from auditkit.text import number_of
from auditkit.too_few import fewer_than, lacking

MOST = 32
"""Parts of a prompt at most."""
STEADY = 0.8
"""The overlap that answers to the very same prompt must have."""
TIE = 1e-9


class Game(NamedTuple):
    """One answer, explained."""

    row: int
    kind: str
    """What the parts are."""
    explained: Explained
    asked: int
    right: int | None
    """The place of the passage that holds the answer, from 0; None where it is not known."""


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Everything that `explanations.leave_out` says about these answers."""
    games = list(_games(parameters, model, data, context))
    again = _again(model, data, context, [game.row for game in games])
    kinds = [game.kind for game in games]
    counted = ", ".join(f"{kinds.count(kind)} by {kind}" for kind in dict.fromkeys(kinds)) or "none"
    exact = sum(game.explained.exact for game in games)
    measurements = list(_measurements(games, data))
    return Findings(
        measurements,
        list(_controls(games, again)),
        _figures(measurements),
        notes=[
            f"Answers explained: {counted}; {exact} by every coalition of parts (Shapley values), the others by what "
            "one part alone takes away. What counts is how many words the answer keeps; its log-probability is not "
            "asked for.",
            f"The model was asked {number_of(sum(game.asked for game in games) + len(games), 'prompt')}.",
            *_left(len(data) - len(games)),
            *_beyond(games),
        ],
    )


def _left(rows: int) -> list[str]:
    if not rows:
        return []
    return [
        f"Not explained: {number_of(rows, 'answer')} without words, or to a prompt of {fewer_than('two', 'parts')}."
    ]


def _beyond(games: Sequence[Game]) -> list[str]:
    beyond = sum(game.right is not None and game.right >= len(game.explained.values) for game in games)
    if not beyond:
        return []
    return [f"Of {number_of(beyond, 'answer')} the right passage has a place that the prompt has not: not counted."]


def _games(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Iterator[Game]:
    beside = data.asides.get(parameters.contexts)
    right = _right(parameters, data)
    most = min(MOST, max(2, parameters.questions - 2))
    for row, (prompt, full) in enumerate(zip(data.prompts, context.predictions.texts, strict=True)):
        parts = parts_of(prompt, () if beside is None else several(beside[row]), most)
        context.progress(row, len(data), "answers explained")
        if not full or parts is None:
            continue
        worth = AskedOnce(lambda prompts, full=full: overlap(full, _asked(model, prompts)))  # type: ignore[misc]
        explained = explain(worth, parts, parameters.questions, parameters.joint)
        place = right[row] if parts.kind == "passages" and right[row] is not None else None
        yield Game(row, parts.kind, explained, worth.count, place)


def _right(parameters: Parameters, data: AuditData) -> list[int | None]:
    """The place of the passage that holds the answer, from 0.

    Raises:
        DataError: the column is not there, or holds no places.
    """
    if not parameters.right:
        return [None] * len(data)
    places: list[int | None] = []
    for value in data.column(parameters.right):
        text = str(value).removesuffix(".0")
        if text in ("", "None", "nan", "<NA>", "0"):
            places.append(None)
        elif text.isdigit():
            places.append(int(text) - 1)
        else:
            raise DataError(
                f"right: the column {parameters.right!r} must hold the place of the passage with the answer, counted "
                "from 1, or be empty where none does; one of its values is no whole number"
            )
    return places


def overlap(full: str, answers: Sequence[str | None]) -> np.ndarray:
    """(m,) the F1 of the words that answers share with the answer to the whole prompt; 1 where neither has one."""
    return token_f1([answer or "" for answer in answers], [full] * len(answers), empty=1.0)


def _asked(model: Model, prompts: Sequence[str]) -> list[str | None]:
    texts = model.answers(list(prompts)).texts
    if texts is None:
        raise CapabilityError(f"{model.name}: it gave no answers in words")
    return list(texts)


def _again(model: Model, data: AuditData, context: Context, rows: Sequence[int]) -> list[float]:
    """How much each answer overlaps with that to the same prompt asked again."""
    if not rows:
        return []
    with model.sampled(1):  # a model behind HTTP keeps its first answer, and would give that again
        answers = _asked(model, [data.prompts[row] for row in rows])
    return [
        float(overlap(context.predictions.texts[row], [answer])[0]) for row, answer in zip(rows, answers, strict=True)
    ]


def _measurements(games: Sequence[Game], data: AuditData) -> Iterator[Measurement]:
    def mean(name: str, values: Sequence[float], rows: Sequence[int], low: float, **more: object) -> Measurement:
        array = np.array(values, dtype=bool if name == RIGHT else np.float64)
        unit = None if data.unit is None else data.unit[list(rows)]
        # how many parts a prompt has picks out answers, as a group does: of a few nothing is shown
        least = data.minimum_rate if name == AT else 1
        reason = lacking(len(array), least, "answers that can be explained so")
        interval = None
        if not reason and name == RIGHT:
            interval = stats.mean_interval(array, clusters=unit)
        elif not reason:
            interval = stats.bounded_interval(array, low, 1.0, clusters=unit)
        return Measurement(
            name=name, value=None if reason else float(array.mean()), reason=reason, interval=interval,
            n=None if reason and len(array) else len(array),
            units=None if unit is None or reason else len(np.unique(unit)), unit="share", **more,  # type: ignore[arg-type]
        )  # fmt: skip

    rows, explained = [game.row for game in games], [game.explained for game in games]
    yield mean(BEFORE, [one.empty for one in explained], rows, 0.0, direction="lower")
    yield mean(LARGEST, [float(one.values.max()) for one in explained], rows, -1.0)
    for place in range(max((len(one.values) for one in explained), default=0)):
        some = [game for game in games if len(game.explained.values) > place]
        values = [float(game.explained.values[place]) for game in some]
        yield mean(AT, values, [game.row for game in some], -1.0, conditions={"place": place + 1})
    known = [game for game in games if game.right is not None and game.right < len(game.explained.values)]
    if known:
        hits = [is_strongest(game.explained.values, present(game.right, "known")) for game in known]
        yield mean(RIGHT, hits, [game.row for game in known], 0.0, direction="higher")


def is_strongest(values: np.ndarray, place: int) -> bool:
    """Whether the part at a place has the largest attribution, alone and above 0."""
    others = np.delete(values, place)
    return bool(values[place] > TIE and values[place] > others.max(initial=-np.inf) + TIE)


def _controls(games: Sequence[Game], again: Sequence[float]) -> Iterator[Control]:
    yield Control.within(
        "the same prompt again",
        "How much does an answer overlap with that to the very same prompt asked again, on average?",
        float(np.mean(again)) if again else None,
        at_least=STEADY,
        on_failure="inconclusive",
        reason="answers change by themselves, so what a part does cannot be told from chance"
        if again
        else "no answer could be explained",
    )
    gaps = [
        abs(game.explained.full - game.explained.empty - float(game.explained.values.sum()))
        for game in games
        if game.explained.exact
    ]
    if gaps:
        yield Control.within(
            "completeness",
            "How far are Shapley values from adding up to what all parts together give, at most?",
            max(gaps),
            at_most=1e-9,
            guards=(LARGEST, AT, RIGHT),
            reason="attributions do not add up",
        )


def _figures(measurements: Sequence[Measurement]) -> list[Figure]:
    own = [one for one in measurements if one.name == AT]
    drawn = figures.dot_whisker(
        AT, "Attribution by place of the part", own,
        axis=Axis(field="value", title="Attribution (overlap with the whole answer)"),
        caption="95 % intervals. Where all places do alike, order does not matter.",
    )  # fmt: skip
    return [] if drawn is None else [drawn]
