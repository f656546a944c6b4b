"""Attacks that hold a model's answer about a row against those of reference models that never saw the row.

A row that is easy is answered well by every model; one that the audited model alone answers well was learnt from.
"""

import numpy as np

from auditkit.plugins.privacy.membership.attack import SMALLEST, area, loss_scores

WEIGHTS = tuple(number / 10 for number in range(11))
"""Values of RMIA's `a` that are tried."""
SURE = 1e-6
"""A probability nearer to 0 or 1 than this is taken as this near, so that its logit is finite."""
MANY = 64
"""From so many reference models on a row has a spread of its own (Carlini et al. 2022)."""


def calibrated_loss(chances: np.ndarray, references: np.ndarray, out: np.ndarray) -> np.ndarray:
    """(N,) the loss score less the mean one of the reference models that did not see the row.

    Args:
        chances: (N,) the audited model's probability of the own class.
        references: (K, N) the reference models'.
        out: (K, N) bool: which of them did not see the row; one at least for every row.

    Source: Watson, Guo, Cormode and Sablayrolles (2022), On the Importance of Difficulty Calibration in Membership
    Inference Attacks, arXiv:2111.08440.
    """
    return loss_scores(chances) - mean_over(loss_scores(references), out)


def rmia_ratios(chances: np.ndarray, references: np.ndarray, out: np.ndarray, weight: float) -> np.ndarray:
    """(N,) the probability of the own class over what it is on average over models with and without the row.

    Models that saw the row are not at hand; their mean probability is taken as `weight * p + 1 - weight`, where p is
    that of the models that did not. At `weight` 1 the ratio is to p itself.

    Args:
        chances: (N,) the audited model's probability of the own class.
        references: (K, N) the reference models'.
        out: (K, N) bool: which of them did not see the row; one at least for every row.
        weight: `a` of Zarifzadeh et al., between 0 and 1.

    Source: Zarifzadeh, Liu and Shokri (2024), Low-Cost High-Power Membership Inference Attacks, arXiv:2312.03262.
    """
    without = mean_over(references, out)
    average = ((1 + weight) * without + 1 - weight) / 2
    return np.maximum(chances, SMALLEST) / np.maximum(average, SMALLEST)


def rmia_scores(ratios: np.ndarray, population: np.ndarray, gamma: float = 1.0) -> np.ndarray:
    """(N,) the share of the population that each row beats: ratio of the row >= gamma * ratio of the other.

    Args:
        ratios: (N,) from `rmia_ratios`, above 0.
        population: (Z,) likewise, of rows that are neither members nor judged; one at least.
        gamma: 1 or above.

    The population is sorted once and every row is looked up in it, which takes (N + Z) log Z steps and no matrix.

    Source: Zarifzadeh, Liu and Shokri (2024), arXiv:2312.03262.
    """
    # looked up in their own order, neighbours read the same memory
    order = np.argsort(ratios)
    beaten = np.empty(len(ratios), dtype=np.int64)
    beaten[order] = np.searchsorted(np.sort(gamma * population), ratios[order], side="right")
    return beaten / len(population)


def best_weight(references: np.ndarray, fitted: np.ndarray, out: np.ndarray) -> float:
    """RMIA's `a` with which the attack does best on two of the reference models, whose members are known.

    The audited model has no part in it, so that its own numbers are not flattered.

    Args:
        references: (K, N) probabilities of the own class, K at least 4 and even; models 2k and 2k + 1 were fitted to
            rows of two halves.
        fitted: (K, N) bool: the model was fitted to the row.
        out: (K, N) bool: the row is of the other half.

    Returns:
        One of `WEIGHTS`; 1 where it cannot be told.
    """
    areas = np.zeros(len(WEIGHTS))
    for target in (0, 1):
        members, others = fitted[target], out[target]
        if not members.any() or not others.any():
            return 1.0
        for number, weight in enumerate(WEIGHTS):
            ratios = rmia_ratios(references[target], references[2:], out[2:], weight)
            areas[number] += area(ratios[members], ratios[others]).value
    return WEIGHTS[int(len(WEIGHTS) - 1 - np.argmax(areas[::-1]))]


def lira_offline(chances: np.ndarray, references: np.ndarray, out: np.ndarray) -> np.ndarray:
    """(N,) by how many standard deviations the logit lies above those of models that did not see the row.

    Args:
        chances: (N,) the audited model's probability of the own class.
        references: (K, N) the reference models'.
        out: (K, N) bool: which of them did not see the row; two at least for every row.

    Under 64 models all rows share one spread, as a row's own could not be estimated.

    Source: Carlini et al. (2022), arXiv:2112.03570, the offline attack; with few models, a global
    variance.
    """
    centre, spread = _law(_logits(references), out)
    return np.asarray((_logits(chances) - centre) / spread)


def lira_online(chances: np.ndarray, references: np.ndarray, out: np.ndarray) -> np.ndarray:
    """(N,) the log-likelihood ratio of the logit: under models that saw the row over under those that did not.

    Args:
        chances: (N,) the audited model's probability of the own class.
        references: (K, N) the reference models'.
        out: (K, N) bool: which of them did not see the row; two of either kind at least for every row.

    Source: Carlini et al. (2022), arXiv:2112.03570, the online attack.
    """
    logits, observed = _logits(references), _logits(chances)
    (centre_in, spread_in), (centre_out, spread_out) = _law(logits, ~out), _law(logits, out)
    likeness_in = -(((observed - centre_in) / spread_in) ** 2) / 2 - np.log(spread_in)
    likeness_out = -(((observed - centre_out) / spread_out) ** 2) / 2 - np.log(spread_out)
    return np.asarray(likeness_in - likeness_out)


def _law(logits: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean (N,) of the chosen models' logits, and their standard deviation: (N,) of many models, else one."""
    centre = mean_over(logits, chosen)
    squares = np.where(chosen, (logits - centre) ** 2, 0.0).sum(axis=0)
    freedom = chosen.sum(axis=0) - 1
    variance = squares / freedom if len(logits) >= MANY else squares.sum() / freedom.sum()
    return centre, np.sqrt(np.maximum(variance, 1e-12))


def _logits(chances: np.ndarray) -> np.ndarray:
    sure = np.clip(chances, SURE, 1 - SURE)
    return np.asarray(np.log(sure) - np.log1p(-sure))


def mean_over(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """(N,) the mean of (K, N) values over the chosen models (K, N) of each row, one at least."""
    return np.asarray(np.where(chosen, values, 0.0).sum(axis=0) / chosen.sum(axis=0))
