"""The privacy loss of one step where a row is replaced: (1 - q) N(0, s^2) + q N(1, s^2) against the same with -1."""

import numpy as np
import scipy


def replaced_moments(noise_multiplier: float, sample_rate: float, orders: np.ndarray) -> np.ndarray:
    """Rényi divergences of the pair, by the trapezoid rule, which is exact to rounding for such smooth functions.

    Args:
        noise_multiplier: above 0.
        sample_rate: above 0, at most 1.
        orders: (K,) above 1.

    Returns:
        (K,) divergences; both directions have the same.
    """
    sigma = noise_multiplier
    # at order a the integrand lies around 2 a - 1 at most, as where every row takes part
    reach = 2 * float(orders.max()) + 1 + 12 * sigma
    points = np.linspace(-reach, reach, 2 * int(np.ceil(12 * reach / sigma)) + 1)
    near, far = (_log_density(points, sigma, sample_rate, centre) for centre in (1, -1))
    weight = np.log(points[1] - points[0])
    return np.array([
        (scipy.special.logsumexp(order * near + (1 - order) * far) + weight) / (order - 1) for order in orders
    ])  # fmt: skip


class ReplacedRow:
    """The privacy loss as a random variable, in the form that opacus composes.

    Args:
        sample_rate: above 0, at most 1.
        noise_multiplier: above 0.
    """

    def __init__(self, sample_rate: float, noise_multiplier: float) -> None:
        self.sample_rate, self.noise_multiplier = sample_rate, noise_multiplier

    def cdf(self, loss: np.ndarray) -> np.ndarray:
        """The chance of a loss of at most `loss`.

        The loss is log((1 - q + q r e^(z / s^2)) / (1 - q + q r e^(-z / s^2))) with r = e^(-1 / (2 s^2)), which grows
        with z and is solved for it by sinh(z / s^2 - loss / 2) = (1 - q) / (q r) sinh(loss / 2).
        """
        rate, sigma = self.sample_rate, self.noise_multiplier
        factor = (1 - rate) / rate * np.exp(1 / (2 * sigma**2))
        point = sigma**2 * (np.asarray(loss) / 2 + np.arcsinh(factor * np.sinh(np.asarray(loss) / 2)))
        return np.asarray(
            (1 - rate) * scipy.special.ndtr(point / sigma) + rate * scipy.special.ndtr((point - 1) / sigma)
        )


def _log_density(points: np.ndarray, sigma: float, rate: float, centre: float) -> np.ndarray:
    exponents = -(points**2) / (2 * sigma**2), -((points - centre) ** 2) / (2 * sigma**2)
    with np.errstate(divide="ignore"):  # where every row takes part there is no log(1 - rate)
        mixed = np.logaddexp(np.log1p(-rate) + exponents[0], np.log(rate) + exponents[1])
    return np.asarray(mixed - np.log(sigma * np.sqrt(2 * np.pi)))
