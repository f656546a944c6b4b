"""How far rows can be told from the mixtures that an explanation asks about."""

import numpy as np
import scipy

from auditkit import stats
from auditkit.plugins.explanations.fairwashing.coordinates import coordinates


def mixture_area(codes: np.ndarray, numeric: np.ndarray, rng: np.random.Generator) -> float:
    """The chance that a mixture lies farther from the nearest other person than a person does, 0.5 to 1.

    The area under the ROC curve of that distance, which any model could compute: one that knows more about the columns
    may tell mixtures better. High for almost all data, so it accuses nobody.

    Args:
        codes: (n, D) rows of people.
        numeric: (D,) bool: which columns hold numbers.
        rng: draws the mixtures.

    Source: Slack et al. 2020, arXiv:1911.02508, section 3, where a model tells the two.
    """
    people = len(codes)
    others = (np.arange(people) + rng.integers(1, people, people)) % people
    # the size of a coalition first, evenly, then who is in it, as Shapley values weigh them; neither empty nor full
    order = np.argsort(rng.random(codes.shape), axis=1)
    inside = order < rng.integers(1, max(2, codes.shape[1]), (people, 1))
    where = coordinates(np.concatenate([codes, np.where(inside, codes, codes[others])]), numeric)
    real, everyone = where[:people], np.arange(people)
    nearest = []
    for part in (real, where[people:]):
        squared = scipy.spatial.distance.cdist(part, real, "sqeuclidean")
        # neither of the two people that a mixture is made of; and the same two are left out for a person
        squared[everyone, everyone] = squared[everyone, others] = np.inf
        nearest.append(squared.min(axis=1))
    area = stats.auc(np.concatenate(nearest), np.arange(2 * people) >= people)
    return 0.5 if area is None else max(0.5, area.value)


def mixture_note(codes: np.ndarray, numeric: np.ndarray, rng: np.random.Generator) -> str:
    """`mixture_area` in a sentence."""
    area = mixture_area(codes, numeric, rng)
    return (
        "An explanation asks about mixtures of people. They lie farther from the nearest person than people do with an "
        f"area under the ROC curve of {area:.2f} (0.5: no farther; 1: always). The farther, the more easily a model "
        "could answer mixtures otherwise than people."
    )
