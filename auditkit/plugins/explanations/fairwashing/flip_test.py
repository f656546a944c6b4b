"""The flip test: does an importance contradict what the model does when a person's group column is changed?"""

from typing import Any

import numpy as np

from auditkit import stats
from auditkit.checks import Findings
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.explanations.fairwashing.flips import NOTICEABLE, mixed_flip_ratio, other_values
from auditkit.plugins.explanations.shared.attributions import Attributions
from auditkit.plugins.explanations.shared.case import Case
from auditkit.results import Control, Definition, Measurement

INFLUENCE = ("mean_abs_attribution", "group_share", "proxy_share")
MOVED = 0.6
"""The least ratio of moves: of 146 fits of honest models, rows near the threshold among them, none was under 0.67; of
40 that hide the column, none over 0.45."""
REFERENCE = "Slack et al. 2020, arXiv:1911.02508"

DEFINITIONS = {
    "flip_rate": Definition(
        title="Decisions changed by flipping the group column",
        formula="share of real rows whose decision changes when the group column takes the value of a random row "
        "of another group; for predicted numbers, when they move by more than 5 % of their range",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference=REFERENCE,
        pitfalls="Changes one column and leaves its proxies as they are.",
    ),
    "mixed_flip_ratio": Definition(
        title="Moves on mixtures, of moves on real rows",
        formula="mean |f(m) - f(m')| / mean |f(x) - f(x')|; x': the real row x with the group column of a random row "
        "of another group; m: x mixed with a background row outside a coalition that holds the column, its size even; "
        "m': the same change of m; of outputs between 0 and 1 the larger of this and the same in log-odds",
        range="0 or more; about 1 where the model answers alike about real rows and mixtures",
        unit="ratio",
        reference=REFERENCE,
        pitfalls="Only where real rows move by more than 5 % of the outputs' range. A change of one column leaves its "
        "proxies as they are.",
    ),
}


def flip_test(
    attribute: str, model: Model, data: AuditData, case: Case, attributions: Attributions, rng: np.random.Generator
) -> Findings:
    """How often, and how far, changing a group column moves the model, with a control where that can be compared."""
    column, group = data.feature_names.index(data.column_of(attribute)), data.groups[attribute]
    rate = _flip_rate(attribute, model, data, case.x, column, rng)
    ratio = mixed_flip_ratio(
        lambda codes, rows: case.ask_in(attributions.unit, codes, rows),
        case.x, case.background, column, group, rng,
    )  # fmt: skip
    known: dict[str, Any] = {"reason": ratio} if isinstance(ratio, str) else {"value": ratio}
    measured = Measurement(
        name="mixed_flip_ratio", n=len(case.x), unit="ratio", conditions={"feature": attribute},
        **{"value": None} | known,
    )  # fmt: skip
    if isinstance(ratio, str):
        return Findings([rate, measured], notes=[f"The flip test of {attribute} was not judged: {ratio}."])
    control = Control.within(
        f"flip test: {attribute}",
        f"Does changing {attribute} move mixtures of rows as far as it moves real rows?",
        ratio,
        at_least=MOVED,
        guards=INFLUENCE,
        reason=f"An explanation asks about mixtures of rows. Changing {attribute} moves them {ratio:.2f} times as far "
        "as real rows. Where that is little, explanation contradicts behaviour: the model answers to the column on "
        "real rows, and on mixtures to others.",
    )
    return Findings([rate, measured], [control])


def _flip_rate(
    attribute: str, model: Model, data: AuditData, x: np.ndarray, column: int, rng: np.random.Generator
) -> Measurement:
    changed = x.copy()
    changed[:, column] = other_values(x, column, data.groups[attribute], rng)
    before, after = (model.predict(data.decode(codes)) for codes in (x, changed))
    moved = np.abs(after - before) > NOTICEABLE * np.ptp(before) if data.task == "regression" else after != before
    return Measurement(
        name="flip_rate", value=float(moved.mean()), interval=stats.wilson(float(moved.sum()), len(moved)),
        n=len(moved), unit="share", direction="lower", conditions={"feature": attribute},
    )  # fmt: skip
