"""Mechanisms of noise by name, of which one is accounted for."""

from auditkit.errors import ConfigError

ACCOUNTED = "gaussian"
CORRELATED = (
    "dp-ftrl", "ftrl", "tree-aggregation", "tree", "matrix-factorisation", "matrix-factorization", "dp-mf", "bandmf",
    "banded", "blt", "correlated",
)  # fmt: skip
"""How mechanisms are called whose noise is correlated from step to step."""


def refuse_other_noise(name: str) -> None:
    """Refuse every mechanism but Gaussian noise that is drawn anew in each step.

    Args:
        name: of the mechanism, in any case, with - or _ between words.

    Raises:
        ConfigError: it is another, and why it cannot be accounted for.
    """
    spelt = name.strip().lower().replace("_", "-").replace(" ", "-")
    if spelt in CORRELATED:
        raise ConfigError(
            f"noise {name!r} is correlated from step to step (DP-FTRL, matrix factorisation): epsilon is computed here "
            f"for noise that is drawn anew in each step, and would be wrong. Train with noise {ACCOUNTED!r} and "
            "Poisson sampling, or have the accountant of that mechanism state epsilon"
        )
    if spelt != ACCOUNTED:
        raise ConfigError(f"noise must be {ACCOUNTED!r}, drawn anew in each step; {name!r} was given")
