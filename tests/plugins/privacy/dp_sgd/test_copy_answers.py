"""What untrained copies answer by chance, and what they answer where they are none."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.models import Answers
from auditkit.plugins.privacy.dp_sgd import copy_answers
from auditkit.plugins.privacy.dp_sgd.copy_answers import COPIES, GAIN, LIKE, likeness, what_copies_know
from tests.plugins.privacy.dp_sgd.training_data import Base, seeded, split_of, wrapped


def answers(scores: np.ndarray) -> Answers:
    return Answers(np.zeros(len(scores)), scores, np.stack([1 - scores, scores], axis=1))


def test_likeness_is_the_correlation_of_scores() -> None:
    one, other = np.random.default_rng(0).random((2, 30))
    assert np.isclose(likeness(answers(one), answers(other)), np.corrcoef(one, other)[0, 1])
    assert np.isclose(likeness(answers(one), answers(1 - one)), -1)
    assert likeness(answers(one), answers(np.full(30, 0.5))) == 0
    assert np.isclose(likeness(Answers(one, one), Answers(other, 2 * one + 1)), 1), "numbers, too"


def test_copies_are_asked_until_one_knows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model, split = wrapped(seeded(Base)), split_of(60)
    asked = []
    monkeypatch.setattr(copy_answers, "_gain", lambda copy, data: asked.append(1) or (0.5 if len(asked) < 4 else 0.0))
    monkeypatch.setattr(copy_answers, "likeness", lambda parent, copy: 0.1)
    assert what_copies_know(model, split) == (0.0, 0.1) and len(asked) == 4
    monkeypatch.setattr(copy_answers, "_gain", lambda copy, data: asked.append(1) or 0.5)
    asked.clear()
    assert what_copies_know(model, split).gain > GAIN and len(asked) == COPIES
    monkeypatch.setattr(copy_answers, "_gain", lambda copy, data: 0.0)
    monkeypatch.setattr(copy_answers, "likeness", lambda parent, copy: 0.9)
    assert what_copies_know(model, split).likeness > LIKE
