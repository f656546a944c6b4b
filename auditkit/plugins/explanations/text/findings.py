"""Measurements, controls, figures and notes of `explanations.text`."""

from typing import Any, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.figures import bars
from auditkit.models import Model
from auditkit.plugins.explanations.quality import curve_findings
from auditkit.plugins.explanations.quality.curves import Answer
from auditkit.plugins.explanations.shared.attributions import Attributions, additivity_gap
from auditkit.plugins.explanations.shared.outputs import Output, explained_output, in_unit
from auditkit.plugins.explanations.shared.text_game import (
    AskedOnce,
    Explained,
    explain_text,
    most_parts,
    pairs_of_orders,
)
from auditkit.plugins.explanations.shared.words import Parts, parts
from auditkit.plugins.explanations.text.frequent_words import Word, frequent_words
from auditkit.plugins.explanations.text.parameters import TextParameters
from auditkit.results import Axis, Control, Figure, Measurement, Scalar
from auditkit.too_few import fewer_than

CURVES = 36
"""Texts that the curves ask about at most for each that is explained."""
LISTED, SHOWN, STRIPS = 50, 15, 3
"""Words with a measurement, bars in the figure, texts that are shown word by word."""
SETTLED = 0.2
"""The largest standard error, as a share of the largest attribution of a text."""
GUARDS = ("word_attribution", "strongest_share")
UNMOVED = "no part moves the output of any text"
INSTEAD = "Believe what the model answers when a text is changed by hand, and no ranking of its words."


class Game(NamedTuple):
    """One text, cut into parts and explained."""

    parts: Parts
    worth: AskedOnce
    explained: Explained


def find(parameters: TextParameters, model: Model, data: AuditData, context: Context) -> Findings:
    """All findings of the check."""
    output = explained_output(model, data, context.predictions)
    unit = output.unit if parameters.unit == "output" else parameters.unit
    games = _games(parameters, data, output, unit, context)
    values = _padded([game.explained.values for game in games])
    trial = curve_findings.try_order(_answer(games), values, context.rng)
    gains = curve_findings.measurements(trial.gained, {})
    curve = curve_findings.judged(gains[0], values, GUARDS, INSTEAD)
    tried = _try(games, in_unit(output.answers[np.arange(len(games)), output.target], unit), unit)
    words = _words(games, data.minimum_cell, unit)
    strips = [_strip(number, game, unit) for number, game in enumerate(games[:STRIPS])] if context.include_rows else []
    return Findings(
        [*words.measurements, _strongest(games), *gains, *tried.measurements],
        [*tried.controls, *curve.controls],
        [*words.figures, *curve_findings.figures({"": trial}, "parts", unit), *strips],
        notes=[
            f"This explains {output.what}{'' if unit == output.unit else f', as {unit}'}, by paired permutations of "
            "the parts of each text; what is left out leaves a gap.",
            *_kinds(games),
            f"The model was asked about {sum(game.worth.count for game in games):,} texts.",
            *curve.notes,
            *words.notes,
        ],
    )


def _games(parameters: TextParameters, data: AuditData, output: Output, unit: str, context: Context) -> list[Game]:
    games: list[Game] = []
    left = parameters.questions - CURVES
    for row, text in enumerate(data.inputs):
        target = int(output.target[row])
        worth = AskedOnce(lambda texts, target=target: in_unit(output.answer(texts)[:, target], unit))  # type: ignore[misc]
        cut = parts(text, most_parts(left))
        orders = pairs_of_orders(len(cut.spans), left, parameters.permutations)
        games.append(Game(cut, worth, explain_text(worth, cut, context.rng, orders)))
        context.progress(row + 1, len(data), "texts explained")
    return games


def _answer(games: list[Game]) -> Answer:
    """Outputs of texts of which some parts are kept."""

    def answer(kept: np.ndarray, rows: np.ndarray) -> np.ndarray:
        answers = np.empty(len(rows))
        for row, game in enumerate(games):
            own = rows == row
            answers[own] = game.worth([game.parts.without(list(mask)) for mask in kept[own, : len(game.parts.spans)]])
        return answers

    return answer


def _try(games: list[Game], outputs: np.ndarray, unit: str) -> Findings:
    """How far the attributions miss the output, and how much sampling blurs them."""
    values = np.nan_to_num(_padded([game.explained.values for game in games]))
    base = np.array([game.explained.empty for game in games])
    gap = additivity_gap(Attributions(values, base, outputs, unit, "paired permutations"))
    errors = np.array([
        game.explained.errors.max(initial=0) / np.abs(game.explained.values).max()
        for game in games
        if np.abs(game.explained.values).max(initial=0) > 0
    ])  # fmt: skip
    blurred = float(np.median(errors)) if len(errors) else None
    fixed: dict[str, Any] = {"unit": "share", "direction": "lower"}
    measurements = [
        Measurement(
            name="additivity_gap", value=gap, exact=gap is not None, n=len(games),
            reason=None if gap is not None else "the output never changes, so its range is 0", **fixed,
        ),
        Measurement(
            name="monte_carlo_error", value=blurred, interval=stats.median_interval(errors), n=len(errors) or None,
            reason=None if len(errors) else UNMOVED, **fixed,
        ),
    ]  # fmt: skip
    controls = [
        Control.within(
            "additivity", "Do the empty text and the attributions add up to the model's own output?", gap,
            at_most=0.01, reason="A model that answers otherwise when it is asked again has no single attribution.",
        ),
        Control.within(
            "sampling error", "Is the error from sampled orders small beside the largest attribution of a text?",
            blurred, at_most=SETTLED, guards=GUARDS, on_failure="inconclusive",
            reason="More questions for each text would settle the attributions.",
        ),
    ]  # fmt: skip
    return Findings(measurements, controls)


def _strongest(games: list[Game]) -> Measurement:
    sizes = [np.sort(np.abs(game.explained.values))[::-1] for game in games]
    shares = np.array([size[:3].sum() / size.sum() for size in sizes if size.sum() > 0])
    if not len(shares):
        return Measurement(name="strongest_share", value=None, reason=UNMOVED, unit="share")
    ends = stats.student_interval(shares)
    if ends is not None and ends.low is not None and ends.high is not None:
        ends = ends.model_copy(update={"low": max(0.0, ends.low), "high": min(1.0, ends.high)})
    return Measurement(name="strongest_share", value=float(shares.mean()), interval=ends, n=len(shares), unit="share")


def _words(games: list[Game], least: int, unit: str) -> Findings:
    """The words that enough texts hold, with what they do."""
    of_words = [game for game in games if game.parts.kind == "words"]
    values = [game.explained.values for game in of_words]
    listed = frequent_words([game.parts.words for game in of_words], values, least)
    if not listed:
        why = f"{fewer_than(least, 'explained texts')} hold any one that moves the output"
        return Findings(notes=[f"No word is listed: {why}. Explain more rows."])
    measurements = [_word(entry, unit) for entry in listed[:LISTED]]
    rows = [_row(measurement) for measurement in measurements[:SHOWN]]
    figure = bars(
        "words", "Words that move the output most", rows, label=Axis(field="word", title="Word"),
        value=Axis(field="value", title="Mean attribution", unit=unit), low="low", high="high",
        caption=f"Only words that at least {least} explained texts hold. Right of 0 they raise the output.",
    )  # fmt: skip
    return Findings(measurements, figures=[figure])


def _word(entry: Word, unit: str) -> Measurement:
    return Measurement(
        name="word_attribution", value=float(entry.sums.mean()), interval=stats.student_interval(entry.sums),
        n=len(entry.sums), unit=unit, conditions={"word": entry.word},
    )  # fmt: skip


def _row(measurement: Measurement) -> dict[str, Scalar]:
    low, high = measurement.holding_ends
    return {
        "word": measurement.conditions["word"], "value": measurement.value, "low": low, "high": high,
        "n": measurement.n,
    }  # fmt: skip


def _strip(number: int, game: Game, unit: str) -> Figure:
    """The parts of one text in their order, each with its attribution; it shows the text of a person."""
    text = game.parts.text
    spans = zip(game.parts.spans, game.explained.values, strict=True)
    rows: list[dict[str, Scalar]] = [
        {"part": f"{place:02d} {' '.join(text[start:end].split())[:60]}", "value": float(value)}
        for place, ((start, end), value) in enumerate(spans, start=1)
    ]
    empty = game.explained.empty
    full = empty + float(game.explained.values.sum())
    return bars(
        f"text_{number + 1}", f"Text {number + 1}, part by part", rows, label=Axis(field="part", title="Part"),
        value=Axis(field="value", title="Attribution", unit=unit),
        caption=f"The output is {full:.3g}, and without any part {empty:.3g}. A text of the audit data, shown because "
        "rows may be (--include-rows).",
    )  # fmt: skip


def _kinds(games: list[Game]) -> list[str]:
    kinds = [game.parts.kind for game in games]
    counted = ", ".join(f"{kinds.count(kind)} as {kind}" for kind in dict.fromkeys(kinds))
    return [f"Texts were cut into parts: {counted}."]


def _padded(rows: list[np.ndarray]) -> np.ndarray:
    """(n, P) with NaN where a row has no such part."""
    padded = np.full((len(rows), max([len(row) for row in rows] + [1])), np.nan)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded
