"""Noise that is not accounted for is refused by name."""

from __future__ import annotations

import pytest

from auditkit.errors import ConfigError
from auditkit.plugins.privacy.accounting.mechanisms import CORRELATED, refuse_other_noise


@pytest.mark.parametrize("name", [*CORRELATED, "DP_FTRL", " Matrix factorisation "])
def test_correlated_noise_is_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigError, match=r"correlated from step to step \(DP-FTRL, matrix factorisation\)"):
        refuse_other_noise(name)


def test_gaussian_noise_is_taken_and_all_else_refused() -> None:
    refuse_other_noise("Gaussian")
    with pytest.raises(ConfigError, match="noise must be 'gaussian'"):
        refuse_other_noise("laplace")
