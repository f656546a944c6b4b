"""What differentially private training costs: epsilon by three accountants that do not share code.

The mechanism is DP-SGD (Abadi et al. 2016, Deep Learning with Differential Privacy, arXiv:1607.00133): in every step
each row takes part by its own toss of a coin (Poisson sampling), its gradient is clipped, Gaussian noise is added.
Neighbouring data sets differ by one added or removed row.
"""

import warnings
from typing import NamedTuple

from auditkit.errors import ConfigError, require

LARGEST = 100.0
"""Above this epsilon nothing is promised, and the finer accountant takes gigabytes to say so."""


class Spent(NamedTuple):
    """Epsilon by each accountant."""

    rdp: float
    """Rényi moments (Mironov 2017, arXiv:1702.07476), opacus."""
    prv: float | None
    """Privacy loss random variables (Gopi et al. 2021, arXiv:2106.02848), opacus, upper end; None above `LARGEST`."""
    pld: float | None
    """Privacy loss distributions (Doroshenko et al. 2022, arXiv:2207.04380), dp-accounting; None above `LARGEST`."""

    @property
    def reported(self) -> float:
        """The larger of the two that are reported; the third only recomputes."""
        return self.rdp if self.prv is None else max(self.rdp, self.prv)


def spent(noise_multiplier: float, sample_rate: float, steps: int, delta: float) -> Spent:
    """Epsilon of `steps` steps.

    Args:
        noise_multiplier: standard deviation of the noise over the clipping norm, above 0.
        sample_rate: the chance of each row to take part in a step, above 0, at most 1.
        steps: 0 or more.
        delta: above 0 and under 1.

    Raises:
        ConfigError: an argument is out of range.
        MissingExtra: opacus or dp-accounting is not installed.
    """
    rdp = rdp_epsilon(noise_multiplier, sample_rate, steps, delta)
    if steps == 0:
        return Spent(0.0, 0.0, 0.0)
    if rdp > LARGEST:
        return Spent(rdp, None, None)
    step = noise_multiplier, sample_rate, steps, delta
    return Spent(rdp, prv_epsilon(*step), pld_epsilon(*step))


def rdp_epsilon(noise_multiplier: float, sample_rate: float, steps: int, delta: float) -> float:
    """Epsilon by Rényi moments alone, which takes milliseconds; see `spent`."""
    _check(noise_multiplier, sample_rate, delta)
    return _opacus_epsilon("RDPAccountant", (noise_multiplier, sample_rate, steps), delta) if steps else 0.0


def prv_epsilon(noise_multiplier: float, sample_rate: float, steps: int, delta: float) -> float:
    """Epsilon by privacy loss random variables, upper end; see `spent`."""
    return _opacus_epsilon("PRVAccountant", (noise_multiplier, sample_rate, steps), delta)


def pld_epsilon(noise_multiplier: float, sample_rate: float, steps: int, delta: float) -> float:
    """Epsilon by privacy loss distributions, from a library that shares no code with opacus; see `spent`."""
    accounting = require("dp_accounting", "opacus")
    accountant = require("dp_accounting.pld", "opacus").PLDAccountant()
    step = accounting.PoissonSampledDpEvent(sample_rate, accounting.GaussianDpEvent(noise_multiplier))
    accountant.compose(step, steps)
    return float(accountant.get_epsilon(delta))


def noise_for(target_epsilon: float, sample_rate: float, steps: int, delta: float) -> float:
    """The noise multiplier with which `steps` steps cost at most `target_epsilon`.

    Args:
        target_epsilon: above 0, at most `LARGEST`.
        sample_rate: above 0, at most 1.
        steps: 1 or more.
        delta: above 0 and under 1.

    Raises:
        ConfigError: an argument is out of range, or no noise reaches the target.
    """
    if not 0 < target_epsilon <= LARGEST:
        raise ConfigError(f"target_epsilon must lie above 0 and up to {LARGEST:g}; {target_epsilon} was given")
    if steps < 1:
        raise ConfigError(f"steps must be at least 1; {steps} was given. Give more epochs or a smaller batch")
    _check(1.0, sample_rate, delta)
    search = require("opacus.accountants.utils", "opacus").get_noise_multiplier
    try:
        with warnings.catch_warnings(action="ignore"):  # as of `_opacus_epsilon`
            noise = float(
                search(target_epsilon=target_epsilon, target_delta=delta, sample_rate=sample_rate, steps=steps)
            )
    except ValueError as error:
        raise ConfigError(
            f"target_epsilon {target_epsilon} cannot be reached with {steps} steps at rate {sample_rate:.3g} and delta "
            f"{delta:.3g}: give a larger one, fewer epochs or a smaller batch"
        ) from error
    # the search stops near the target, so what it found is asked about once more
    reached = max(account(noise, sample_rate, steps, delta) for account in (rdp_epsilon, prv_epsilon))
    if reached > target_epsilon:
        raise ConfigError(f"the noise found costs epsilon {reached:.4f}, above the target of {target_epsilon}")
    return noise


def _check(noise_multiplier: float, sample_rate: float, delta: float) -> None:
    # comparisons with NaN are false, so each of these refuses it
    if not 0 < noise_multiplier < float("inf"):
        raise ConfigError(f"noise_multiplier must be above 0 and finite; {noise_multiplier} was given")
    if not 0 < sample_rate <= 1:
        raise ConfigError(f"the sampling rate must lie above 0 and up to 1; {sample_rate} was given")
    if not 0 < delta < 1:
        raise ConfigError(f"delta must lie between 0 and 1; {delta} was given")


def _opacus_epsilon(accountant: str, step: tuple[float, float, int], delta: float) -> float:
    prepared = getattr(require("opacus.accountants", "opacus"), accountant)()
    prepared.history = [step]
    # opacus warns that a finer grid would give a smaller epsilon, and divides by zero where no sampling is done
    with warnings.catch_warnings(action="ignore"):
        return float(prepared.get_epsilon(delta=delta))
