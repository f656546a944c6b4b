"""The figure of `privacy.membership`."""

from typing import Any

from auditkit.figures import curve
from auditkit.plugins.privacy.membership.attack import roc
from auditkit.plugins.privacy.membership.members import Sides
from auditkit.results import Axis, Figure


def roc_curve(sides: Sides) -> Figure:
    """The ROC curve on logarithmic axes, where few accusations can be seen."""
    curved = roc(sides.members.scores, sides.others.scores)
    # 0 has no logarithm
    points: list[dict[str, Any]] = [
        *({"false": x, "true": y, "who": "the attack"} for x, y in curved if y > 0),
        *({"false": x, "true": x, "who": "chance"} for x in (curved[0][0], 1.0)),
    ]
    rate = Axis(field="false", title="non-members accused", percent=True, log=True)
    return curve(
        "roc", "Members found over non-members accused", points, x=rate,
        y=Axis(field="true", title="members found", percent=True, log=True), series=Axis(field="who", title="who"),
        caption="Logarithmic axes: on the left, hardly anyone is accused wrongly.",
    )  # fmt: skip
