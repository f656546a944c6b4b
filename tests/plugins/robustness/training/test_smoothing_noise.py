"""Training with noise makes more certifiable than its parent."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import auditkit
from auditkit.data import AuditData
from auditkit.errors import AuditkitError
from auditkit.plugins.robustness.certificates.check import Certificates
from auditkit.plugins.robustness.training.noise import Noise
from auditkit.plugins.robustness.training.smoothing_noise import SmoothingNoise
from auditkit.trainers import Trained
from tests.plugins.recorded import run
from tests.plugins.robustness.training.conftest import failing, value

SIGMA = 0.25


@pytest.fixture(scope="module")
def trained(pictures, run_trainer) -> Trained:
    return run_trainer(SmoothingNoise(sigma=SIGMA, epochs=25, learning_rate=5e-3), pictures.parent, pictures.train)


def certified(model, data) -> dict[float, float]:
    """{radius: certified accuracy of the smoothed model}."""
    result = run(Certificates(sigma=SIGMA, rows=60, samples=1000), model, data.take(np.arange(60)))
    return {
        measurement.conditions["radius"]: measurement.value
        for measurement in result.measurements
        if measurement.name == "smoothed_certified_accuracy" and not measurement.slice
    }


def test_more_can_be_certified_than_of_its_parent(pictures, trained):
    new, parent = certified(trained.model, pictures.unseen), certified(pictures.parent, pictures.unseen)
    assert new.keys() == parent.keys() and new
    assert all(new[radius] >= parent[radius] for radius in new)
    assert max(new[radius] - parent[radius] for radius in new) > 0.1


def test_what_it_says_is_about_both_models_and_its_controls_hold(pictures, trained):
    assert failing(trained) == set()
    assert {measurement.name for measurement in trained.measurements} == set(SmoothingNoise.definitions)
    assert all(measurement.interval is not None for measurement in trained.measurements)
    gain = value(trained, "train_noisy_accuracy") - value(trained, "parent_train_noisy_accuracy")
    assert value(trained, "noisy_accuracy_gain") == pytest.approx(gain) and gain > 0.05
    assert trained.measurements[0].conditions == {"sigma": SIGMA}


def test_the_noise_is_normal_of_sigma_ranges(pictures):
    noise = Noise(pictures.parent, pictures.train, SIGMA, 3)
    rows = np.arange(300)
    added = noise.copies(rows) - torch.as_tensor(pictures.train.inputs[rows])
    assert float(added.std()) == pytest.approx(SIGMA, rel=0.02) and float(added.mean()) == pytest.approx(0, abs=0.01)
    assert noise.level == pytest.approx(1, rel=0.02)
    assert not torch.equal(noise.copies(rows), noise.copies(rows)), "new noise at every call"


def test_noise_that_is_not_what_was_asked_for_is_noticed(pictures, run_trainer, monkeypatch):
    copies = Noise.copies
    monkeypatch.setattr(
        Noise,
        "copies",
        lambda self, rows: copies(self, rows) if setattr(self, "squares", self.squares * 4) is None else None,
    )
    weak = run_trainer(SmoothingNoise(sigma=0.1, epochs=1), pictures.parent, pictures.train.take(np.arange(200)))
    assert "noise-level" in failing(weak)


def test_the_parent_is_as_it_was_and_the_seed_repeats(pictures, run_trainer):
    few = pictures.train.take(np.arange(150))
    before = pictures.parent.fingerprint
    prints = [
        run_trainer(SmoothingNoise(sigma=0.1, epochs=1), pictures.parent, few, seed).model.fingerprint
        for seed in (1, 1, 2)
    ]
    assert prints[0] == prints[1] != prints[2] and pictures.parent.fingerprint == before


def test_texts_cannot_be_made_noisy(run_trainer):
    words = AuditData(["a b", "c d"] * 10, np.arange(20) % 2, task="binary", positive=1, modality="text")
    model = auditkit.wrap(
        torch.nn.Linear(2, 2), classes=(0, 1), output="logits", preprocess=lambda texts: torch.zeros(len(texts), 2)
    )
    with pytest.raises(AuditkitError, match="smoothing-noise"):
        run_trainer(SmoothingNoise(), model, words)


@pytest.mark.parametrize("wrong", [{"sigma": 0}, {"sigma": 11}, {"epochs": 0}, {"batch_size": 1}])
def test_parameters_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SmoothingNoise(**wrong)
