"""Figure and table of `privacy.membership`."""

from typing import Any

from auditkit.figures import curve
from auditkit.plugins.privacy.membership.attack import Scored, area, called, roc
from auditkit.results import Axis, Column, Figure, Interval, Rule, Table


def roc_curve(scored: Scored, lowest: float) -> Figure:
    """The ROC curve on logarithmic axes, where few accusations can be seen.

    Args:
        scored: both sides.
        lowest: the lowest false positive rate that may be said.
    """
    curved = roc(scored.members, scored.others)
    # 0 has no logarithm
    points: list[dict[str, Any]] = [
        *({"false": x, "true": y, "who": "the attack"} for x, y in curved if y > 0),
        *({"false": x, "true": x, "who": "chance"} for x in (curved[0][0], 1.0)),
    ]
    rate = Axis(field="false", title="non-members accused", percent=True, log=True)
    return curve(
        "roc", f"Members found over non-members accused, by the attack {scored.attack}", points, x=rate,
        y=Axis(field="true", title="members found", percent=True, log=True), series=Axis(field="who", title="who"),
        caption="Logarithmic axes: on the left, hardly anyone is accused wrongly. To the left of the line too few "
        "non-members are left for a rate to be said.",
        rules=(Rule(value=lowest, label="lowest honest rate"),),
    )  # fmt: skip


def attack_table(attacks: list[Scored], rate: float, interval: Interval | None) -> Table:
    """What every attack finds that could be made; the first is the one that is measured.

    Args:
        attacks: all of them.
        rate: of non-members accused, that sets the threshold.
        interval: of the area of the first, as it is measured.
    """
    rows = []
    for scored in attacks:
        measured, who = area(scored.members, scored.others, unit=scored.unit), called(scored, rate)
        of_area = interval if scored is attacks[0] and interval is not None else measured.interval
        ends = of_area.low, of_area.high
        rows.append((scored.attack, measured.value, *ends, float(who.members.mean()), float(who.others.mean())))
    return Table(
        name="attacks", title="What each attack finds",
        caption="The first was chosen beforehand and is the one that is measured; the others are for comparison, and "
        "their intervals do not know by how much two models of a kind differ. "
        f"Threshold for members found: the one that a share of {rate:g} of non-members exceeds.",
        columns=(
            Column(name="attack", title="Attack"), Column(name="auc", title="AUC"), Column(name="low", title="low"),
            Column(name="high", title="high"), Column(name="found", title="Members found", percent=True),
            Column(name="accused", title="Non-members accused", percent=True),
        ),
        rows=tuple(rows),
    )  # fmt: skip


def exposed_table(rows: list[tuple[int, float]]) -> Table:
    """The members whom the attack finds most easily, by their place in the training split; where rows may be shown."""
    return Table(
        name="most-exposed", title="Training rows that are most exposed",
        caption="Places in the training split, counted from 0, as it was given; the highest score first.",
        columns=(Column(name="row", title="Row"), Column(name="score", title="Score of the attack")), rows=tuple(rows),
    )  # fmt: skip
