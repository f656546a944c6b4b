"""After every check, the model and everything global are as they were; also after an exception inside it."""

from __future__ import annotations

import logging
import os
import random
import warnings

import numpy as np
import pytest
import torch
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import auditkit
from auditkit.data import AuditData
from auditkit.demos.networks import make_mlp, seeded
from auditkit.host import Host
from auditkit.results import CheckResult
from auditkit.testing import toy_data

CHECKS = sorted(Host(discover=False).checks())
FEW = {
    "robustness.evasion": {"rows": 10, "trial_rows": 5, "max_queries": 100},
    "robustness.library": {"rows": 3, "max_queries": 50},
}
"""Parameters of checks that ask much, where how much is not the point."""


def audit(model: auditkit.Model, data: AuditData, check: str) -> CheckResult:
    parameters = {check: FEW[check]} if check in FEW else None
    return auditkit.audit(model, data, checks=[check], budget="quick", parameters=parameters).results[0]


def world() -> tuple:
    """Everything global that a library might change."""
    return (
        random.getstate(), str(np.random.get_state()), torch.random.get_rng_state().tolist(), torch.get_num_threads(),
        torch.get_default_dtype(), torch.is_grad_enabled(), torch.are_deterministic_algorithms_enabled(),
        logging.getLogger().level, tuple(logging.getLogger().handlers), tuple(map(str, warnings.filters)),
        str(np.geterr()),
    )  # fmt: skip


def anatomy(module: torch.nn.Module) -> tuple:
    """Everything about a module that a library might change."""
    return (
        tuple(layer.training for layer in module.modules()),
        tuple(
            (parameter.requires_grad, parameter.grad is None, parameter.detach().numpy().tobytes())
            for parameter in module.parameters()
        ),
        tuple(buffer.detach().numpy().tobytes() for buffer in module.buffers()),
        tuple(len(value) for layer in module.modules() for key, value in vars(layer).items() if key.endswith("_hooks")),
    )


def network() -> tuple[torch.nn.Module, auditkit.Model, AuditData]:
    """A network with batch normalisation and dropout, left in training mode as a careless user would."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(240, 4)).astype(np.float32)
    labels = (inputs[:, 0] > 0).astype(np.int64)
    groups = {"sex": np.where(rng.random(240) < 0.5, "F", "M")}

    def split(rows: slice, train: AuditData | None = None) -> AuditData:
        some = {name: column[rows] for name, column in groups.items()}
        return AuditData(inputs[rows], labels[rows], some, task="binary", positive=1, train=train)

    module = torch.nn.Sequential(
        *seeded(make_mlp, 4, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 2)
    )
    module.train()
    data = split(slice(120, 240), split(slice(0, 120)))
    return module, auditkit.wrap(module, name="network", classes=(0, 1)), data


@pytest.mark.parametrize("check", CHECKS)
def test_a_network_and_the_world_are_left_as_found(check):
    module, model, data = network()
    digest = data.digest
    before = world(), anatomy(module)
    result = audit(model, data, check)
    assert result.status in ("measured", "skipped"), result.reason
    assert (world(), anatomy(module)) == before
    del data.__dict__["_digests"]
    assert data.digest == digest


@pytest.mark.parametrize("check", CHECKS)
def test_a_pipeline_and_the_world_are_left_as_found(check):
    data = toy_data(200)
    encode = make_column_transformer((StandardScaler(), ["age", "income"]), (OneHotEncoder(), ["housing"]))
    model = auditkit.wrap(make_pipeline(encode, LogisticRegression()).fit(data.train.inputs, data.train.labels))
    fingerprint, before = model.fingerprint, world()
    result = audit(model, data, check)
    assert result.status in ("measured", "skipped"), result.reason
    assert model.fingerprint == fingerprint
    assert world() == before


@pytest.mark.parametrize("check", CHECKS)
def test_also_after_an_exception_inside_the_check(check, monkeypatch):
    module, model, data = network()
    before = world(), anatomy(module)
    calls = []
    whole = type(model).answer

    def fails(self, inputs):
        calls.append(len(inputs))
        if len(calls) > 3:  # the pass and the probe succeed
            raise RuntimeError("the model went away")
        return whole(self, inputs)

    monkeypatch.setattr(type(model), "answer", fails)
    result = audit(model, data, check)
    assert result.status in ("measured", "skipped", "error")
    assert result.status != "error" or "went away" in result.reason
    assert (world(), anatomy(module)) == before


@pytest.mark.workers
def test_what_lies_in_shared_memory_is_not_changed_by_a_check_in_another_process():
    module, _, data = network()
    module.share_memory()
    module.means = torch.arange(3.0).share_memory_()
    model = auditkit.wrap(module, name="network", classes=(0, 1))

    @auditkit.check("acme.spoil", exact=True)
    def spoil(model, labels):
        with model.module() as spoilt, torch.no_grad():
            for tensor in (*spoilt.parameters(), *spoilt.buffers(), spoilt.means):
                tensor.fill_(1)
            assert all(bool((tensor == 1).all()) for tensor in (*spoilt.parameters(), spoilt.means))
            os._exit(7)  # nothing is put back

    before = anatomy(module)
    result = auditkit.audit(model, data, checks=[spoil.check()], budget="quick")
    assert result.results[0].reason.startswith("it ended the process that ran it (exit code 7")
    assert anatomy(module) == before and module.means.tolist() == [0, 1, 2]


def test_what_lies_in_shared_memory_stays_there_after_a_check():
    module, model, data = network()
    module.share_memory()
    before = [tensor.data_ptr() for tensor in (*module.parameters(), *module.buffers())]
    assert audit(model, data, "performance.quality").status == "measured"
    assert [tensor.data_ptr() for tensor in (*module.parameters(), *module.buffers())] == before


@pytest.mark.workers
def test_inputs_in_shared_memory_are_not_changed_by_a_check_in_another_process():
    _, model, data = network()
    inputs = torch.tensor(data.inputs).share_memory_()

    @auditkit.check("acme.spoil", exact=True)
    def spoil(data):
        data.inputs.fill_(1)
        return 1.0

    shared = AuditData(inputs, data.labels, data.groups, task="binary", positive=1)
    result = auditkit.audit(model, shared, checks=[spoil.check()], budget="quick").results[0]
    assert result.status == "measured" and np.array_equal(inputs.numpy(), data.inputs)
