"""Whether the rows that an explanation compares with are like those that it explains."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy

from auditkit.checks import Findings
from auditkit.plugins.explanations.fairwashing.flip_test import INFLUENCE
from auditkit.plugins.explanations.fairwashing.group_seen import GroupSeen
from auditkit.plugins.explanations.fairwashing.real_rows import RealRows
from auditkit.results import Control, Definition, Measurement

FAR = 0.2
"""The distance from which rows differ; it must be beyond chance too."""
CHANCE = 0.001
"""How often rows drawn alike may be called different, over all comparisons."""

DEFINITIONS = {
    "background_distance": Definition(
        title="Distance of the background from the rows explained",
        formula="the largest of: the Kolmogorov-Smirnov distance of the outputs; for each group, the total variation "
        "of its shares; between the rows explained and up to 1,000 rows of the training split, of which the background "
        "is",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference="Laberge et al. 2022, Fool SHAP with Stealthily Biased Sampling, arXiv:2205.15419",
        pitfalls="A background that was chosen with care differs little in each of these.",
    ),
}


class Distance(NamedTuple):
    """How far two samples are apart."""

    value: float
    chance: float
    """How often samples drawn alike are as far apart."""
    what: str


def output_distance(rows: np.ndarray, others: np.ndarray) -> Distance:
    """The two-sample Kolmogorov-Smirnov test of outputs (n,) and (m,)."""
    test = scipy.stats.ks_2samp(rows, others)
    return Distance(float(test.statistic), float(test.pvalue), "outputs")


def share_distance(attribute: str, rows: np.ndarray, others: np.ndarray) -> Distance:
    """Half the sum of differences of the groups' shares, with the chi-squared test of their counts."""
    values = np.unique(np.concatenate([rows, others]))
    counts = np.array([[(part == value).sum() for value in values] for part in (rows, others)])
    shares = counts / counts.sum(axis=1, keepdims=True)
    chance = float(scipy.stats.chi2_contingency(counts).pvalue) if len(values) > 1 else 1.0
    return Distance(float(np.abs(shares[0] - shares[1]).sum() / 2), chance, f"groups of {attribute}")


def background_test(rows: RealRows, groups: Sequence[GroupSeen]) -> Findings:
    """How far the split that the background is drawn from lies from the rows explained; a control where it is known."""
    explained = len(rows.codes) - len(rows.drawn)
    if not len(rows.drawn):
        return Findings()
    distances = [output_distance(rows.answers[:explained], rows.answers[explained:])]
    for seen in groups:
        if len(seen.group) > explained:
            distances.append(share_distance(seen.attribute, seen.group[:explained], seen.group[explained:]))
    # chance alone makes one of several comparisons go wrong more often than one
    beyond = [distance for distance in distances if distance.chance < CHANCE / len(distances)]
    worst = max(beyond or distances, key=lambda distance: distance.value)
    control = Control.within(
        "background like the rows",
        "Are the rows that are compared with like those that are explained?",
        worst.value if beyond else 0.0,
        at_most=FAR,
        guards=INFLUENCE,
        on_failure="inconclusive",
        reason=f"The {worst.what} of the training split differ from those of the rows explained by {worst.value:.2f}. "
        "A background that was chosen can lower any share; give a split that was drawn as the audit data was.",
    )
    measured = Measurement(name="background_distance", value=worst.value, n=explained, unit="share", direction="lower")
    return Findings([measured], [control])
