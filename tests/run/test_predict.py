"""The model is asked once."""

from __future__ import annotations

import numpy as np
import pytest

import auditkit
from auditkit.errors import DataError, ModelError
from auditkit.models import Answers
from auditkit.testing import ToyModel, toy_data
from tests.run.acme import audit, draw, share


def test_one_pass_serves_every_check():
    sizes = []

    class Counting(ToyModel):
        def answer(self, inputs):
            sizes.append(len(inputs))
            return super().answer(inputs)

    auditkit.audit(Counting(), toy_data(), checks=[share.check(), draw.check()])
    assert sum(sizes) == 200 + 2 * 200 + 32  # the pass, and again in two mixed batches and row by row


def test_a_stochastic_model_is_detected_and_reported():
    class Dice(ToyModel):
        def answer(self, inputs):
            answers = super().answer(inputs)
            return Answers(np.random.default_rng().permutation(answers.labels), None, None)

    assert auditkit.audit(Dice(), toy_data(), checks=[share.check()]).model.stochastic is True
    assert audit("share").model.stochastic is False


def test_a_model_that_fails_is_a_sentence():
    class Broken(ToyModel):
        def answer(self, inputs):
            raise KeyError("income")

    class Short(ToyModel):
        def answer(self, inputs):
            return Answers(*(None if value is None else value[:-1] for value in super().answer(inputs)))

    class Odd(ToyModel):
        classes = ("no", "maybe")

    with pytest.raises(ModelError, match="failed on the audit data: KeyError"):
        auditkit.audit(Broken(), toy_data(), checks=[])
    with pytest.raises(ModelError, match="one answer per row is required"):
        auditkit.audit(Short(), toy_data(), checks=[])
    with pytest.raises(DataError, match="must be one of the model's classes"):
        auditkit.audit(Odd(), toy_data(), checks=[])
