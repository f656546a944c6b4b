"""Deletion and insertion curves of the units of points: what leaves a row becomes what it is in the baseline."""

import numpy as np
import torch

from auditkit.checks import Findings
from auditkit.plugins.explanations.gradients.methods import Method
from auditkit.plugins.explanations.gradients.points import Explanation, Points, sum_by_unit, to_array
from auditkit.plugins.explanations.quality.curve_findings import curve_control, figures, measurements, try_order

INSTEAD = "The explainer occlusion asks the model itself about each part."
DONORS = 24
"""Background rows that stand in for what is taken away, of methods that compare with the background."""


def unit_curves(
    points: Points,
    explanation: Explanation,
    method: Method,
    guards: tuple[str, ...],
    unit: str,
    rng: np.random.Generator,
) -> Findings:
    """Curves in the order of attributions beside random orders; none for slopes, which say nothing of large changes.

    Args:
        points: the rows.
        explanation: of these rows.
        method: whose it is.
        guards: names of measurements.
        unit: of the output.
        rng: draws random orders, and rows of the background.
    """
    if method.local:
        return Findings()
    background, units = points.background, points.units.reshape(-1)
    drawn = rng.permutation(len(background))[:DONORS] if method.baseline == "background" else None
    everyone = torch.arange(len(points.encoded), device=points.encoded.device)
    own = points.starts(everyone)

    def answer(kept: np.ndarray, rows: np.ndarray) -> np.ndarray:
        chosen = torch.as_tensor(rows, device=points.encoded.device)
        inside = torch.as_tensor(kept, device=points.encoded.device)[:, units.to(points.encoded.device)]
        whole = points.encoded[chosen]
        versions = [own[chosen]] if drawn is None else [background[one].expand_as(whole) for one in drawn]
        outputs = [
            points.outputs(torch.where(inside.reshape(whole.shape), whole, start), points.positions[chosen])
            for start in versions
        ]
        return np.asarray(np.mean(outputs, axis=0))

    values = to_array(sum_by_unit(torch.as_tensor(explanation.values), points.units.cpu()))
    tried = try_order(answer, values, rng)
    gained = measurements(tried.gained, {})
    if tried.gained is None:
        return Findings(gained)
    control = curve_control(gained[0], guards, INSTEAD)
    return Findings(gained, [control], figures({"": tried}, "parts", unit))
