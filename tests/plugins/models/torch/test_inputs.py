"""Modules that look their inputs up: whole numbers in whatever type they stand, by every door."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
import torch

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ModelError

WORDS = np.random.default_rng(0).integers(0, 20, (40, 3))
LABELS = np.arange(40) % 2


def embedding() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Embedding(20, 4), torch.nn.Flatten(), torch.nn.Linear(12, 2)).eval()


FORMS = {
    "live": lambda net: net,
    "scripted": torch.jit.script,
    "traced": lambda net: torch.jit.trace(net, torch.tensor(WORDS)),
    "frozen": lambda net: torch.jit.freeze(torch.jit.script(net)),
    "exported": lambda net: torch.export.export(net, (torch.tensor(WORDS),)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_numbers_of_words_are_looked_up_whatever_their_type(form):
    net = embedding()
    truth = net(torch.tensor(WORDS)).argmax(dim=1).numpy()
    for words in (WORDS, WORDS.astype(np.float64), WORDS.astype(np.float32)):
        assert np.array_equal(auditkit.wrap(FORMS[form](net)).predict(words), truth)
    with pytest.raises(ModelError, match=r"takes whole numbers; they hold \d+\.5\. Take out"):
        auditkit.wrap(FORMS[form](net)).predict(WORDS + 0.5)
    with pytest.raises(ModelError, match=r"no place for a number that it looks up.* the inputs go from 10 to 29"):
        auditkit.wrap(FORMS[form](net)).predict(np.arange(10, 40).reshape(10, 3) % 20 + 10)


def test_a_module_that_looks_up_floats_itself_is_left_alone():
    class Mixed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.last = torch.nn.Embedding(20, 2), torch.nn.Linear(3, 2)

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            return self.last(torch.cat([self.words(rows[:, 0].long()), rows[:, 1:2]], dim=1))

    net = Mixed()
    rows = np.column_stack([WORDS[:, 0], np.linspace(0, 1, 40)])
    truth = net(torch.tensor(rows, dtype=torch.float32)).argmax(dim=1).numpy()
    assert np.array_equal(auditkit.wrap(net).predict(rows), truth)


def test_an_audit_of_float_words_measures_no_distance_between_them():
    data = AuditData(WORDS.astype(float), LABELS, groups={"sex": ["f", "m"] * 20})
    audit = auditkit.audit(embedding(), data, checks=["performance", "robustness"], budget="quick")
    assert {result.status for result in audit.results} == {"measured", "skipped"}


@pytest.mark.parametrize("rows", [1, 40])
def test_a_module_that_writes_into_its_inputs_leaves_the_table_as_it_was(rows):
    class Writing(torch.nn.Linear):
        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            return super().forward(rows.mul_(0))

    table = pandas.DataFrame({"x": np.arange(1.0, rows + 1)})
    auditkit.wrap(Writing(1, 2).double(), classes=(0, 1), output="logits").predict(table)
    assert table["x"].tolist() == list(range(1, rows + 1))
