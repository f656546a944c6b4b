"""Figures of attributions: mean maps of pictures, places and numbers of a vocabulary, strips of tokens."""

import numpy as np

from auditkit.figures import bars, curve, heat_map
from auditkit.plugins.explanations.gradients.self_tests import coarse_map
from auditkit.plugins.explanations.shared.attributions import Estimate, mean_absolute
from auditkit.results import Axis, Column, Figure, Scalar, Table

WORDS = 15
"""Numbers of the vocabulary in a figure."""
STRIPS = 8
"""Rows of which the tokens are shown one by one, where rows may be shown."""
STRONGEST = 8
"""Tokens of a row in the table."""
LONGEST = 40
"""Tokens of a strip."""


def attribution_map(values: np.ndarray) -> Figure:
    """Where the attribution (n, ...) of pictures lies on average."""
    return _map(
        "attribution_map", "Where the attribution lies", values,
        f"Mean |attribution| over {len(values)} pictures; no single picture is shown.",
    )  # fmt: skip


def random_map(sizes: np.ndarray, copies: int, times_distance: bool) -> Figure:
    """The same by networks with random parameters, from mean |attributions| (n, ...).

    Args:
        sizes: the mean |attributions|.
        copies: how many networks.
        times_distance: whether attributions grow with the distance from a baseline, which is that of the pictures.
    """
    alike = (
        "Both maps follow what stands in the pictures, for attributions grow with the distance from the baseline; "
        "whether the network's slopes are learned is tried by the control 'random parameters'."
        if times_distance
        else "Where it looks like the map of the network under audit, that map draws the pictures and not what was "
        "learned."
    )
    return _map(
        "attribution_map_random", "The same where the network's parameters are random", sizes,
        f"Mean |attribution| over the first {len(sizes)} pictures and {copies} networks with random parameters. "
        f"{alike}",
    )  # fmt: skip


def place_curve(values: np.ndarray, unit: str) -> Figure:
    """The mean |attribution| (n, L) of each place of a sequence, with intervals."""
    rows = [
        {"place": place + 1, "value": mean.value, "low": mean.low, "high": mean.high}
        for place, mean in enumerate(mean_absolute(values))
    ]
    return curve(
        "places", "Attribution by place in the sequence", rows,
        x=Axis(field="place", title="Place"), y=Axis(field="value", title="Mean |attribution|", unit=unit),
        low="low", high="high", caption=f"Mean over {len(values)} rows.",
    )  # fmt: skip


def vocabulary_bars(values: np.ndarray, tokens: np.ndarray, least: int, unit: str) -> Figure | None:
    """The mean attribution of the numbers of the vocabulary (n, L) that move the output most; None where all are rare.

    Only of those in `least` rows or more: a rarer one may be a person's. The data holds numbers and no words.
    """
    means = {}
    for number in np.unique(tokens):
        of_row = (tokens == number).any(axis=1)
        if of_row.sum() >= least:
            sums = np.where(tokens == number, values, 0).sum(axis=1)[of_row]
            means[int(number)] = (_mean(sums), int(of_row.sum()))
    strongest = sorted(means, key=lambda number: -abs(means[number][0].value))[:WORDS]
    if not strongest:
        return None
    rows = [
        {"token": f"number {number}", "value": mean.value, "low": mean.low, "high": mean.high, "n": n}
        for number in strongest
        for mean, n in (means[number],)
    ]
    return bars(
        "vocabulary", "Numbers of the vocabulary that move the output most", rows,
        label=Axis(field="token", title="Number in the vocabulary"),
        value=Axis(field="value", title="Mean attribution in rows that have it", unit=unit), low="low", high="high",
        caption="Above 0 it speaks for the class that its row is given, below 0 against it. Only numbers that "
        f"{least} rows or more have; the inputs are numbers, so that no words are known.",
    )  # fmt: skip


def token_strip(values: np.ndarray) -> Figure:
    """The tokens of the first rows one by one, each with its share of the row's attribution; of real rows."""
    sizes = np.abs(values)
    shares = sizes / np.maximum(sizes.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    cells: list[dict[str, Scalar]] = [
        {"place": place + 1, "row": f"row {row + 1}", "share": float(shares[row, place])}
        for row in range(min(STRIPS, len(values)))
        for place in range(min(LONGEST, values.shape[1]))
    ]  # fmt: skip
    return heat_map(
        "token_strip", "Tokens of single rows", cells,
        x=Axis(field="place", title="Place"), y=Axis(field="row", title="Row"),
        value=Axis(field="share", title="Share of the row's attribution", percent=True),
        caption=f"The first {min(LONGEST, values.shape[1])} places. The table of tokens has their numbers.",
    )  # fmt: skip


def token_table(values: np.ndarray, tokens: np.ndarray) -> Table:
    """The tokens of the first rows that move the output most, with their numbers in the vocabulary; of real rows."""
    rows = [
        (row + 1, int(place) + 1, int(tokens[row, place]), float(values[row, place]))
        for row in range(min(STRIPS, len(values)))
        for place in np.argsort(-np.abs(values[row]), kind="stable")[:STRONGEST]
    ]
    return Table(
        name="tokens",
        title=f"The {STRONGEST} strongest tokens of single rows",
        columns=(
            Column(name="row", title="Row"),
            Column(name="place", title="Place"),
            Column(name="number", title="Number in the vocabulary"),
            Column(name="value", title="Attribution"),
        ),
        rows=tuple(rows),
    )


def _mean(sums: np.ndarray) -> Estimate:
    # the interval of a signed mean by that of its distance from a bound below
    low = float(sums.min())
    shifted = mean_absolute((sums - low)[:, None])[0]
    if shifted.low is None or shifted.high is None:
        return Estimate(float(sums.mean()), None, None)
    return Estimate(float(sums.mean()), shifted.low + low, shifted.high + low)


def _map(name: str, title: str, values: np.ndarray, caption: str) -> Figure:
    shares = coarse_map(values)
    return heat_map(
        name, title,
        [
            {"column": column, "row": row, "share": float(shares[row, column])}
            for row in range(shares.shape[0])
            for column in range(shares.shape[1])
        ],
        x=Axis(field="column", title="Column"), y=Axis(field="row", title="Row"),
        value=Axis(field="share", title="Share of the attribution", percent=True), caption=caption,
    )  # fmt: skip
