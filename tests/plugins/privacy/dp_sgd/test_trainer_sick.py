"""Sick trainings are noticed, each as small as it still shows, and healthy ones are left alone."""

from __future__ import annotations

import pytest

from benchmarks.privacy_rows.trainings import HEALTHY, SICK


@pytest.mark.parametrize("sickness", SICK)
def test_a_sick_training_is_refused_or_its_epsilon_invalid(sickness: str) -> None:
    assert SICK[sickness]()


@pytest.mark.parametrize("configuration", HEALTHY)
def test_a_healthy_training_is_left_alone(configuration: str) -> None:
    assert HEALTHY[configuration](0) == ""
