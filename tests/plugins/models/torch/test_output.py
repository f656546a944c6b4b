"""A logit is not a probability because it lies in 0 to 1, and what is a probability is read as one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings, strategies as st
from torch import nn

import auditkit
from auditkit import AuditData
from auditkit.errors import ModelError
from auditkit.plugins.models.torch.output_ranges import watched
from tests.plugins.models.tables import wrapped

ROWS = np.random.default_rng(5).normal(size=(300, 4))
TRUTH = (ROWS[:, 0] > 0).astype(int)


class Last(nn.Module):
    """A linear layer, and what a function makes of it; its logits stay in (0, 1) where `small` is set."""

    def __init__(self, last, outputs=1, small=False, before=None):
        super().__init__()
        torch.manual_seed(1)
        self.layer = nn.Linear(4, outputs)
        if small:
            with torch.no_grad():
                self.layer.weight.mul_(0.02)
                self.layer.bias.copy_(torch.linspace(0.3, 0.6, outputs))
        self.last, self.before = last, before

    def forward(self, rows):
        rows = rows if self.before is None else self.before(rows)
        return self.last(self.layer(rows))


def read(module, **options):
    model = wrapped(module, **({"task": "binary"} | options))
    answers = model.answers(ROWS)
    return model, answers


PROBABILITIES = {
    "sigmoid": torch.sigmoid,
    "sigmoid in place": lambda z: z.sigmoid_(),
    "sigmoid by hand": lambda z: 1 / (1 + torch.exp(-z)),
    "clamped": lambda z: z.sigmoid().clamp(1e-6, 1 - 1e-6),
    "shaped": lambda z: z.sigmoid().squeeze(1).contiguous(),
    "half precision": lambda z: z.half().sigmoid().float(),
    "tanh moved": lambda z: (z.tanh() + 1) / 2,
    "probit": lambda z: 0.5 * (1 + torch.erf(z / 2**0.5)),
    "hard sigmoid": F.hardsigmoid,
    "mean of two": lambda z: torch.stack([z.sigmoid(), (2 * z).sigmoid()]).mean(0),
    "half of a sum": lambda z: (z.sigmoid() + (2 * z).sigmoid()) / 2,
    "complementary log-log": lambda z: 1 - torch.exp(-torch.exp(z)),
    "column of a softmax": lambda z: F.softmax(torch.cat([-z, z], 1), 1)[:, 1],
    "any of several": lambda z: 1 - (1 - torch.cat([z.sigmoid(), z.sigmoid()], 1)).prod(1),
}


@pytest.mark.parametrize("last", PROBABILITIES.values(), ids=PROBABILITIES)
@pytest.mark.parametrize("small", [False, True])
def test_one_probability(last, small):
    module = Last(last, small=small)
    model, answers = read(module)
    assert model.output == "one probability" and "by the last operations" in model.notes[0]
    with torch.no_grad():
        np.testing.assert_allclose(answers.scores, module(torch.tensor(ROWS).float()).flatten(), atol=1e-6)


LOGITS = {
    "plain": lambda z: z,
    "shaped": lambda z: z.squeeze(1),
    "temperature": lambda z: z / 2 + 0.01,
    "batch norm": nn.BatchNorm1d(1),
    "difference": lambda z: z - 0.5 * z,
    "bounded": lambda z: torch.tanh(z) * 0.5,
}


@pytest.mark.parametrize("last", LOGITS.values(), ids=LOGITS)
def test_one_small_logit(last):
    module = Last(last, small=True).eval()
    with torch.no_grad():
        raw = module(torch.tensor(ROWS).float()).flatten().numpy()
    assert raw.min() >= 0 and raw.max() <= 1
    model, answers = read(module)
    assert model.output == "one logit" and "by the last operations" in model.notes[0]
    np.testing.assert_array_equal(answers.labels, np.ones(300))
    np.testing.assert_allclose(answers.scores, 1 / (1 + np.exp(-raw)), atol=1e-6)


def in_a_view(z):
    z.view(-1).sigmoid_()
    return z


def in_part(z):
    z[:, 0] = z[:, 0].sigmoid()
    return z


WEIGHTS = torch.tensor([[0.2], [0.5], [0.3]])
LOOK_LIKE_LOGITS = {
    "written to a view": (in_a_view, 1),
    "written in part": (in_part, 1),
    "weighted mean": (lambda z: z.sigmoid() @ WEIGHTS, 3),
    "weighted mean by a layer": (lambda z: F.linear(z.sigmoid(), WEIGHTS.T, torch.zeros(1)), 3),
    "weighted mean by einsum": (lambda z: torch.einsum("nk,k->n", z.sigmoid(), WEIGHTS[:, 0]), 3),
    "noisy labels": (lambda z: (F.softmax(z, 1) @ torch.tensor([[0.9, 0.1], [0.2, 0.8]]))[:, 1], 2),
}


@pytest.mark.parametrize(("last", "outputs"), LOOK_LIKE_LOGITS.values(), ids=LOOK_LIKE_LOGITS)
@pytest.mark.parametrize("small", [False, True])
def test_probabilities_that_look_like_logits_are_asked_about(last, outputs, small):
    with pytest.raises(ModelError, match="nothing shows whether it is a probability"):
        read(Last(last, outputs, small=small))
    _, answers = read(Last(last, outputs, small=small), output="probabilities")
    with torch.no_grad():
        np.testing.assert_allclose(answers.scores, Last(last, outputs, small)(torch.tensor(ROWS).float()).flatten())


def test_a_last_layer_on_hidden_probabilities_gives_logits():
    for bias in (True, False):
        layers = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 1, bias=bias))
        with torch.no_grad():
            layers[2].weight.copy_(torch.tensor([[0.1, 0.2, -0.05]]))
            if bias:
                layers[2].bias.fill_(0.1)
        assert read(layers)[0].output == "one logit"


BEFORE = {
    "normalize": lambda rows: F.normalize(rows, dim=1),
    "layer norm": lambda rows: F.layer_norm(rows, (4,)),
    "tanh": lambda rows: torch.tanh(rows) * 0.5,
    "sigmoid": torch.sigmoid,
    "softmax": lambda rows: F.softmax(rows, 1),
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_a_squeeze_in_front_makes_no_probability(before):
    module = Last(lambda z: z, small=True, before=before)
    assert read(module)[0].output == "one logit"
    assert read(nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 1)))[0].output == "one logit"
    assert read(Last(torch.sigmoid, small=True, before=before))[0].output == "one probability"


def test_recall_of_a_normalised_network():
    """The case that was read upside down: logits between -0.3 and 0.3 that were decided at one half."""
    network = nn.Linear(4, 1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[0.3, 0, 0, 0]]))
        network.bias.zero_()
    module = nn.Sequential(Normalised(), network)
    positives = AuditData(ROWS[TRUTH == 1][:64], np.ones(64, dtype=int), positive=1)
    model = auditkit.wrap(module, classes=[0, 1])
    result = auditkit.audit(model, positives, checks=["performance"], budget="quick")
    (recall,) = [
        measurement
        for measurement in result.results[0].measurements
        if measurement.name == "recall" and not measurement.slice
    ]
    assert recall.value == 1


class Normalised(nn.Module):
    def forward(self, rows):
        return F.normalize(rows, dim=1)


TWO = {
    "softmax": (lambda z: F.softmax(z, 1), "probabilities"),
    "softmax by hand": (lambda z: z.exp() / z.exp().sum(1, keepdim=True), "probabilities"),
    "softmax in half precision": (lambda z: F.softmax(z.half(), 1).float(), "probabilities"),
    "pair": (lambda z: torch.cat([1 - z[:, :1].sigmoid(), z[:, :1].sigmoid()], 1), "probabilities"),
    "log-softmax": (lambda z: F.log_softmax(z, 1), "logits"),
    "logits": (lambda z: z, "logits"),
    "bounded logits": (lambda z: torch.tanh(z) / 2, "logits"),
}


@pytest.mark.parametrize(("last", "kind"), TWO.values(), ids=TWO)
@pytest.mark.parametrize("small", [False, True])
def test_two_columns(last, kind, small):
    module = Last(last, 2, small=small)
    model, answers = read(module)
    assert model.output == kind
    logits = module.layer(torch.tensor(ROWS).float()).detach()
    if "logits" not in kind or last is TWO["log-softmax"][0]:
        pair = torch.stack([-logits[:, 0], logits[:, 0]], 1) if last is TWO["pair"][0] else logits
        expected = F.softmax(pair, 1)[:, 1] if last is not TWO["pair"][0] else logits[:, 0].sigmoid()
        np.testing.assert_allclose(answers.scores, expected, atol=2e-3)
    assert answers.probabilities.sum(axis=1) == pytest.approx(1, abs=5e-3)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("form", ["scripted", "traced", "exported", "fx", "compiled", "frozen", "inference"])
@pytest.mark.parametrize("last", [nn.Sigmoid(), nn.Identity()])
def test_every_form_of_a_module(form, last):
    plain = nn.Sequential(nn.Linear(4, 1), last)
    with torch.no_grad():
        plain[0].weight.mul_(0.02)
        plain[0].bias.fill_(0.4)
    rows = torch.randn(300, 4)
    make = {
        "scripted": lambda: torch.jit.script(plain),
        "traced": lambda: torch.jit.trace(plain, rows),
        "exported": lambda: torch.export.export(plain, (rows,)).module(),
        "fx": lambda: torch.fx.symbolic_trace(plain),
        "compiled": lambda: torch.compile(plain, backend="eager"),
        "frozen": lambda: plain.requires_grad_(False),
        "inference": lambda: Inference(plain),
    }
    kind = "one probability" if isinstance(last, nn.Sigmoid) else "one logit"
    assert read(make[form]())[0].output == kind


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_scripted_module_is_asked_in_eval_mode_and_put_back():
    scripted = torch.jit.script(nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2), nn.Dropout(0.9))).train()
    _, answers = read(scripted)
    np.testing.assert_array_equal(read(scripted)[1].probabilities, answers.probabilities)
    assert scripted.training and all(module.training for module in scripted.modules())
    np.testing.assert_array_equal(scripted[1].running_mean, np.zeros(2))


class Inference(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    @torch.inference_mode()
    def forward(self, rows):
        return self.inner(rows)


@pytest.mark.parametrize(
    "last",
    [
        lambda z: torch.from_numpy(1 / (1 + np.exp(-z.detach().numpy()))),  # leaves torch
        lambda z: (F.normalize(z.expand(-1, 2), dim=1)[:, :1] + 1) / 2,
        lambda z: z.exp() / (1 + z.exp()),
    ],
)
def test_where_nothing_settles_it_the_user_is_asked(last):
    with pytest.raises(ModelError, match=r'nothing shows.*output = "probabilities" or output = "logits"'):
        read(Last(last))
    assert read(Last(last), output="probabilities")[0].output == "one probability"
    assert read(Last(last), output="logits")[0].output == "one logit"


@pytest.mark.parametrize(
    ("last", "side"),
    [(F.logsigmoid, "above"), (F.relu, "below"), (F.softplus, "below"), (lambda z: 2 * z.sigmoid(), "below")],
)
def test_one_output_of_one_sign_is_neither(last, side):
    with pytest.raises(ModelError, match=f"never {side} 0"):
        read(Last(last))
    assert read(Last(F.softplus), output="logits")[0].output == "one logit"


def test_several_labels_at_once_and_the_wrong_axis_are_refused():
    for last in (torch.sigmoid, lambda z: F.softmax(z, 0)):
        with pytest.raises(ModelError, match="several labels at once"):
            read(Last(last, 2))


def test_what_is_said_to_be_probabilities_must_be():
    with pytest.raises(ModelError, match=r"must lie in \[0, 1\]"):
        read(Last(lambda z: z), output="probabilities")
    with pytest.raises(ModelError, match="away from 1"):
        read(Last(lambda z: z.sigmoid() / 3, 2), output="probabilities")


def test_watching_changes_nothing_and_survives_what_cannot_be_watched():
    module, rows = Last(torch.sigmoid), torch.randn(8, 4)
    with torch.no_grad():
        output, limits = watched(lambda: module(rows), rows)
        assert torch.equal(output, module(rows)) and limits[:2] == (0, 1)
    calls = []

    def shy():
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("not while it is watched")
        return rows

    output, limits = watched(shy, rows)
    assert torch.equal(output, rows) and limits.low == -float("inf")


STEPS = st.sampled_from(
    [
        torch.sigmoid, torch.tanh, torch.neg, torch.exp, torch.relu, lambda z: 0.3 * z, lambda z: z - 1,
        lambda z: 2 - z,
        lambda z: z / 3, lambda z: z.clamp(-1, 2), lambda z: z**2, lambda z: z.abs(), lambda z: 1 / (1 + z.abs()),
        lambda z: torch.cat([z, -z], 1), lambda z: z.mean(1, keepdim=True), lambda z: z.sum(1, keepdim=True),
        lambda z: F.softmax(z, 1), lambda z: F.log_softmax(z, 1), lambda z: z * z, lambda z: z + z.tanh(),
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, min_size=1, max_size=6), st.integers(0, 10))
def test_no_value_leaves_the_range_by_construction(steps, seed):
    rows = 3 * torch.randn(20, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)

    def ask():
        value = rows
        for step in steps:
            value = step(value)
        return value

    output, limits = watched(ask, rows)
    finite = output[torch.isfinite(output)]
    assert bool(((finite >= limits.low - 1e-9) & (finite <= limits.high + 1e-9)).all())
