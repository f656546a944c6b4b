"""Modules of several inputs: by name or by place, of one shape or of many, and the gradients of each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ModelError
from auditkit.plugins.models.torch.several_inputs import Several

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(40, 6)).astype(np.float32)


class Two(nn.Module):
    """A picture (n, 2, 2) and two numbers (n, 2) to two logits."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.first, self.second = nn.Linear(4, 2), nn.Linear(2, 2)

    def forward(self, picture: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
        return self.first(picture.flatten(1)) + self.second(numbers)


class Pair(NamedTuple):
    picture: torch.Tensor
    numbers: torch.Tensor


class Masked(nn.Module):
    """The mean embedding of words (n, T) where the mask is 1."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.words, self.last = nn.Embedding(9, 3), nn.Linear(3, 2)

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
        weights = mask.to(torch.float32)[:, :, None]
        return {"logits": self.last((self.words(tokens) * weights).sum(1) / weights.sum(1))}


def parts(rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.from_numpy(rows[:, :4].reshape(-1, 2, 2).copy()), torch.from_numpy(rows[:, 4:].copy())


FORMS = {
    "mapping": lambda rows: dict(zip(("numbers", "picture"), reversed(parts(rows)), strict=True)),
    "named tuple": lambda rows: Pair(*parts(rows)),
    "tuple": parts,
    "arrays": lambda rows: {"picture": rows[:, :4].reshape(-1, 2, 2), "numbers": rows[:, 4:].astype(float)},
}


@pytest.mark.parametrize("form", list(FORMS))
def test_the_module_gets_what_preprocess_makes(form):
    module = Two()
    expected = torch.softmax(module(*parts(ROWS)), dim=1).detach().numpy()
    model = auditkit.wrap(module, preprocess=FORMS[form])
    assert model.probabilities(ROWS) == pytest.approx(expected, abs=1e-6)
    assert model.weights() is not None and model.output == "logits"
    twin = auditkit.wrap(Two(), preprocess=FORMS[form])
    assert twin.fingerprint == model.fingerprint  # asked or not
    assert model.fresh().probabilities(ROWS).shape == expected.shape


def test_gradients_reach_each_input():
    module = Two()
    model = auditkit.wrap(module, preprocess=FORMS["mapping"])
    gradients = model.gradients(ROWS, np.ones(len(ROWS)))
    assert gradients.shape == (40, 6)
    # by hand: the weights of the second output, in the order of the mapping
    expected = [*module.second.weight[1].tolist(), *module.first.weight[1].tolist()]
    assert gradients == pytest.approx(np.tile(expected, (40, 1)), abs=1e-6)


def test_positions_and_their_mask_may_be_of_another_length_in_every_batch():
    module = Masked()
    texts = [[1, 2], [3], [4, 5, 6, 7], [8]]

    def filled(rows: list[list[int]]) -> dict[str, torch.Tensor]:
        longest = max(map(len, rows))
        tokens = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
        return {"tokens": tokens, "mask": tokens > 0}

    alone = [torch.softmax(module(**filled([row]))["logits"], dim=1)[0].tolist() for row in texts]
    for batch in (1, 2, 4):
        model = auditkit.wrap(module, preprocess=filled, batch=batch)
        assert model.probabilities(texts) == pytest.approx(np.array(alone), abs=1e-6)


def test_a_scripted_module_takes_several_too():
    module = Two()
    with pytest.warns(DeprecationWarning):
        scripted = torch.jit.script(module)
    model = auditkit.wrap(scripted, preprocess=FORMS["mapping"])
    plain = auditkit.wrap(module, preprocess=FORMS["mapping"])
    assert model.probabilities(ROWS) == pytest.approx(plain.probabilities(ROWS), abs=1e-6)


def test_an_audit_of_it_is_whole():
    labels = (ROWS[:, 0] > 0).astype(int)
    model = auditkit.wrap(Two(), preprocess=FORMS["mapping"])
    result = auditkit.audit(
        model, AuditData(ROWS, labels, positive=1), checks=["performance", "explanations.gradients"]
    )
    assert {check.status for check in result.results} == {"measured"}, [check.reason for check in result.results]


@pytest.mark.parametrize(
    ("preprocess", "message"),
    [
        (lambda rows: {}, "preprocess must give one or more tensors; it gave an empty dict"),
        (lambda rows: {"picture": rows[:2, :4], "numbers": rows[:, 4:]}, "one row each for every input"),
        (
            lambda rows: {"picture": rows[:, : 3 + (len(rows) == 21)], "numbers": rows[:, 4:]},
            "for every batch; it gave",
        ),
        (lambda rows: {"picture": rows[:, :4], "others": rows[:, 4:]}, "unexpected keyword argument 'others'"),
    ],
    ids=["nothing", "lengths", "shapes", "names"],
)
def test_what_does_not_fit_is_said(preprocess, message):
    with pytest.raises(ModelError, match=message):
        auditkit.wrap(Two(), preprocess=preprocess, batch=21).predict(ROWS)


def test_what_was_joined_is_what_comes_apart():
    class Given(nn.Module):
        def forward(self, **given: torch.Tensor) -> dict[str, torch.Tensor]:
            return given

    join = Several(Given())
    tensors = {"a": torch.arange(6).reshape(2, 3), "b": torch.tensor([[True, False, True]] * 2)}
    joined = join.join(tensors, "model")
    assert joined.dtype is torch.int64 and joined.shape == (2, 2, 3)
    apart = join(joined)
    assert all(torch.equal(apart[name], tensors[name]) and apart[name].dtype is tensors[name].dtype for name in tensors)
