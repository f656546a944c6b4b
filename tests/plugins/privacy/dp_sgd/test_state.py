"""The released model holds what the private steps made, what was drawn anew, and what is named public: nothing else."""

from __future__ import annotations

import functools
import pathlib
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import auditkit
from auditkit.data import AuditData
from auditkit.errors import CapabilityError, ConfigError, ModelError
from auditkit.plugins.privacy.dp_sgd.reachable import reachable
from auditkit.plugins.privacy.dp_sgd.state import many_numbers
from auditkit.plugins.privacy.dp_sgd.trainer import DpSgd
from auditkit.trainers import Trained
from tests.plugins.privacy.dp_sgd.training_data import (
    Base,
    Bert,
    judged,
    run,
    seeded,
    split_of,
    value,
    without_accounting,
    wrapped,
)

ROWS = 200


@pytest.fixture(scope="module")
def split() -> AuditData:
    return split_of(ROWS)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    without_accounting(monkeypatch)
    monkeypatch.chdir(tmp_path)


def train(model: Any, data: AuditData, **parameters: Any) -> Trained:
    return run(model, data, **{"epochs": 2, "batch_size": 40, "noise_multiplier": 1.0} | parameters)


def fitted(module: nn.Module, data: AuditData) -> nn.Module:
    """The parent as it comes: trained without privacy."""
    inputs, targets = torch.tensor(data.inputs), torch.tensor(data.labels == "yes").long()
    optimizer = torch.optim.Adam([one for one in module.parameters() if one.requires_grad], lr=0.05)
    for _ in range(60):
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(inputs), targets).backward()
        optimizer.step()
    return module.eval()


# state that the parent leaves


class Normalised(Base):
    """Standardises by what it learned at fitting."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward((x - self.mean) / self.spread)


def in_buffer(data: AuditData) -> nn.Module:
    module = seeded(Normalised)
    module.register_buffer("mean", torch.tensor(data.inputs.mean(0)))
    module.register_buffer("spread", torch.tensor(data.inputs.std(0)))
    return module


def in_attribute(data: AuditData) -> nn.Module:
    module = seeded(Normalised)
    module.mean, module.spread = torch.tensor(data.inputs.mean(0)), data.inputs.std(0)  # type: ignore[assignment]
    return module


class KeepsItsWeights(nn.Linear):
    def reset_parameters(self) -> None:
        if not hasattr(self, "drawn"):
            super().reset_parameters()
            self.drawn = True


def unreset(data: AuditData) -> nn.Module:
    return fitted(nn.Sequential(KeepsItsWeights(4, 8), nn.Tanh(), nn.Linear(8, 2)), data)


def wrapped_frozen(data: AuditData) -> nn.Module:
    body = fitted(seeded(Base), data)
    for parameter in body.parameters():
        parameter.requires_grad_(False)
    return nn.Sequential(body, nn.Linear(2, 2))


def in_list(data: AuditData) -> nn.Module:
    module = seeded(Base)
    module.history = [fitted(seeded(Base), data).first.weight.detach()]  # type: ignore[assignment]
    return module


class Neighbour(Base):
    """Answers by rows that it holds as numbers of Python."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) + torch.tensor(self.rows)[:2].sum()


def in_numbers(data: AuditData) -> nn.Module:
    module = seeded(Neighbour)
    module.rows = data.inputs[:10].flatten().tolist()  # type: ignore[assignment]
    return module


def in_nested_lists(data: AuditData) -> nn.Module:
    module = seeded(Neighbour)
    module.rows = data.inputs[:10].tolist()  # type: ignore[assignment]
    return module


def in_sets_in_a_dictionary(data: AuditData) -> nn.Module:
    module = seeded(Base)
    module.rows = {"seen": frozenset(map(tuple, data.inputs[:10].tolist()))}  # type: ignore[assignment]
    return module


def in_attributes(data: AuditData) -> nn.Module:
    module = seeded(Base)
    for place, number in enumerate(data.inputs.flatten()[:400].tolist()):
        setattr(module, f"size{place}", number)
    return module


def in_attributes_of_many_objects(data: AuditData) -> nn.Module:
    module = seeded(Base)
    module.parts = [types.SimpleNamespace(size=number) for number in data.inputs.flatten()[:400].tolist()]  # type: ignore[assignment]
    return module


def in_whole_attributes(data: AuditData) -> nn.Module:
    module = seeded(Base)
    for place, number in enumerate((data.inputs.flatten()[:400] * 1000).astype(int).tolist()):
        setattr(module, f"size{place}", number)
    return module


def in_a_whole_number(data: AuditData) -> nn.Module:
    module = seeded(Base)
    module.rows = int.from_bytes(data.inputs.tobytes(), "little")  # type: ignore[assignment]
    return module


@pytest.mark.parametrize(
    ("parent", "match"),
    [
        (in_buffer, r"holds what its parent holds.*mean.*public = \["),
        (in_attribute, r"holds what its parent holds.*mean"),
        (unreset, r"holds what its parent holds.*0\.weight"),
        (wrapped_frozen, r"frozen parameters are neither trained nor public.*0\.first\.weight.*public = \["),
        (in_list, r"holds what its parent holds.*history"),
        (in_numbers, r"holds what its parent holds.*rows"),
        (in_nested_lists, r"holds what its parent holds.*in rows\b"),
        (in_sets_in_a_dictionary, r"holds what its parent holds.*in rows\b"),
        (in_a_whole_number, r"holds what its parent holds.*in rows\b"),
        (in_attributes, r"holds what its parent holds.*in attributes, size"),
        (in_attributes_of_many_objects, r"holds what its parent holds.*in parts\.\d+\.size"),
        (in_whole_attributes, r"holds what its parent holds.*in attributes, size"),
    ],
)
def test_what_the_parent_learned_is_not_carried_over(
    parent: Callable[[AuditData], nn.Module], match: str, split: AuditData
) -> None:
    with pytest.raises(ModelError, match=match):
        train(wrapped(parent(split).eval()), split)


def test_a_layer_that_cannot_draw_new_weights_is_refused(split: AuditData) -> None:
    class Scaled(Base):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.rand(4))

    with pytest.raises(CapabilityError, match="no reset_parameters"):
        train(wrapped(seeded(Scaled)), split)


def test_a_function_that_loads_what_was_learned_is_refused(split: AuditData) -> None:
    learned = fitted(seeded(Base), split)

    def load() -> nn.Module:
        module = Base()
        module.load_state_dict(learned.state_dict())
        return module

    with pytest.raises(ModelError, match=r"the same in every copy, in .*weight"):
        train(wrapped(seeded(Base), fresh=load), split)


class Noised(nn.Linear):
    """Draws noise about the weights that it was given, which lie where nobody looks: in a file, say."""

    known: Callable[[], list[torch.Tensor]] = staticmethod(lambda: [])
    spread = 0.01

    def reset_parameters(self) -> None:
        super().reset_parameters()
        for own, kept in zip(self.parameters(), self.known(), strict=False):
            if own.shape == kept.shape:
                own.data = kept + self.spread * torch.randn_like(kept)


def under_a_new_head(data: AuditData) -> nn.Module:
    """The answers of its copies tell nothing, for the head is new; the body is the parent's."""
    module = seeded(lambda: nn.Sequential(Noised(4, 16), nn.Tanh(), nn.Linear(16, 2)))
    fitted(module, data)
    module[0].known = in_a_file(module[0].parameters())
    return module


def in_a_file(tensors: Any) -> Callable[[], list[torch.Tensor]]:
    path = f"{len(list(pathlib.Path.cwd().iterdir()))}.pt"  # a long one counts as text, in which rows may be
    torch.save([tensor.detach().clone() for tensor in tensors], path)
    return functools.partial(torch.load, path)


@pytest.mark.parametrize("spread", [0.01, 0.1, 0.3])
def test_the_parents_weights_under_noise_are_refused(spread: float, split: AuditData) -> None:
    parent = under_a_new_head(split)
    parent[0].spread = spread
    with pytest.raises(ModelError, match=r"as it is or under noise.*in 0\.weight:"):
        train(wrapped(parent), split)


def test_small_layers_under_noise_are_judged_together(split: AuditData) -> None:
    layers = [layer for _ in range(4) for layer in (Noised(4, 4), nn.Tanh())]
    parent = fitted(seeded(lambda: nn.Sequential(*layers, nn.Linear(4, 2))), split)
    for layer in parent[:-1:2]:
        layer.known = in_a_file(layer.parameters())
    with pytest.raises(ModelError, match=r"under noise.*0\.weight, 2\.bias"):
        train(wrapped(parent), split)


def test_what_was_learned_elsewhere_is_refused_under_noise_too(split: AuditData) -> None:
    load = in_a_file(fitted(seeded(Base), split).parameters())

    def nearly() -> nn.Module:
        module = Base()
        for own, other in zip(module.parameters(), load(), strict=True):
            own.data = other + 1e-2 * torch.randn_like(other)
        return module

    with pytest.raises(ModelError, match=r"the same in every copy, in first\.weight"):
        train(wrapped(seeded(Base), fresh=nearly), split)


def test_a_copy_that_answers_well_before_training_makes_epsilon_invalid(split: AuditData) -> None:
    """The hidden units change places, so that no weight is where it was."""
    load = in_a_file(fitted(seeded(Base), split).parameters())

    def shuffled() -> nn.Module:
        module, order = Base(), torch.randperm(8)
        weight, bias, out, last = load()
        parts = (weight[order], bias[order], out[:, order], last + 1e-2 * torch.randn(2))
        for own, other in zip(module.parameters(), parts, strict=True):
            own.data = other.clone()
        return module

    private = train(wrapped(seeded(Base), fresh=shuffled), split)
    assert {control.name for control in private.controls if not control.holds} == {"untrained-copy"}
    assert judged(private).validity == "invalid"
    parent = wrapped(fitted(seeded(Base), split), fresh=shuffled)
    assert {control.name for control in train(parent, split).controls if not control.holds} == {
        "untrained-copy", "copy-unlike-parent",
    }  # fmt: skip


# healthy models


class Transformer(nn.Module):
    """Positions, a mask and waves: buffers into which no data went."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places, self.out = nn.Embedding(20, 8), nn.Embedding(5, 8), nn.Linear(8, 2)
        self.norm = nn.LayerNorm(8)
        self.register_buffer("position_ids", torch.arange(5).expand(1, -1), persistent=False)
        self.register_buffer("mask", torch.triu(torch.full((5, 5), float("-inf")), 1))
        angles = torch.arange(5)[:, None] * 10000.0 ** (-torch.arange(0, 8, 2) / 8)
        self.register_buffer("waves", torch.stack((angles.sin(), angles.cos()), 2).reshape(5, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        places = self.places(self.position_ids.expand(len(x), -1))
        return self.out(self.norm(self.words(x) + places + self.waves).mean(1))


class Noisy(Base):
    """Noise, and a dropout of its own making."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = torch.tanh(self.first(x))
        if self.training:
            hidden = (hidden + 0.1 * torch.randn_like(hidden)) * (torch.rand(len(x), 1) > 0.2) / 0.8
        return self.second(hidden)


def test_healthy_networks_pass(split: AuditData) -> None:
    grouped = nn.Sequential(nn.Linear(4, 8), nn.GroupNorm(2, 8), nn.Dropout(0.2), nn.ReLU(), nn.Linear(8, 2))
    words = AuditData(np.random.default_rng(0).integers(0, 20, (ROWS, 5)), labels=split.labels, positive="yes")
    for module, data in ((grouped, split), (Transformer(), words), (Base(), split), (Noisy(), split)):
        private = train(wrapped(module.eval()), data)
        assert all(control.holds for control in private.controls), type(module).__name__


class LayerScale(nn.Module):
    """Begins at 1e-4 (Touvron et al., 2021, arXiv:2103.17239)."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.gamma = nn.Linear(8, 8), nn.Parameter(torch.empty(8))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.constant_(self.gamma, 1e-4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.gamma * torch.relu(self.inside(x))


class Tempered(nn.Module):
    """Logits times a temperature as CLIP's."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.empty(()))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.constant_(self.scale, np.log(1 / 0.07))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scale.exp() * x


class KeepsItsScale(Tempered):
    def reset_parameters(self) -> None:
        if not self.__dict__.get("drawn"):
            super().reset_parameters()
            self.drawn = True


def test_constants_of_the_initialisation_are_no_state_of_the_parent(split: AuditData) -> None:
    layers = [nn.Linear(4, 8), LayerScale(), LayerScale(), nn.Linear(8, 2), Tempered()]
    for parent in (nn.Sequential(*layers).eval(), fitted(nn.Sequential(*layers), split)):
        private = train(wrapped(parent), split, epochs=1)
        assert all(control.holds for control in private.controls)
    with pytest.raises(ModelError, match=r"holds what its parent holds.*in 1\.scale:"):
        train(wrapped(fitted(nn.Sequential(nn.Linear(4, 2), KeepsItsScale()), split)), split)


def test_rates_that_are_evenly_spaced_are_settings() -> None:
    """Such as those at which layers are left out (Huang et al., 2016, arXiv:1603.09382)."""
    rates = np.linspace(0, 0.1, 40)
    assert many_numbers(reachable([types.SimpleNamespace(rate=rate) for rate in rates.tolist()])) == []
    uneven = [types.SimpleNamespace(rate=rate) for rate in (rates**2).tolist()]
    assert "1.rate" in many_numbers(reachable(uneven)) and many_numbers(reachable(uneven[:32])) == []


def test_what_is_named_public_is_kept_bit_for_bit_and_listed(split: AuditData) -> None:
    model = wrapped(in_buffer(split).eval())
    private = train(model, split, public=["mean", "spread"], epochs=10, noise_multiplier=0.5)
    assert torch.equal(private.model.estimator().mean, torch.tensor(split.inputs.mean(0)))
    table = next(table for table in private.tables if table.name == "public")
    assert [row[:2] for row in table.rows] == [("mean", "4"), ("spread", "4")]
    assert all(len(str(row[2])) == 64 for row in table.rows)
    with pytest.raises(ConfigError, match=r"public: the model has no part 'means'; did you mean 'mean'"):
        train(model, split, public=["means"])


def test_a_public_body_is_kept_and_the_head_is_trained(split: AuditData) -> None:
    """The frozen body stays as it is, modes included; what was frozen for the training alone is as it was."""
    body = nn.Sequential(nn.Linear(4, 8), nn.Tanh())
    module = seeded(lambda: nn.Sequential(body, nn.Linear(8, 2)))
    model = wrapped(fitted(module, split))
    private = train(model, split, public=["0"], epochs=10, noise_multiplier=0.5)
    after = private.model.estimator()
    kept = zip(body.state_dict().values(), after[0].state_dict().values(), strict=True)
    assert all(torch.equal(parent, child) for parent, child in kept)
    assert not torch.equal(module[1].weight, after[1].weight)
    assert all(parameter.requires_grad for parameter in after.parameters())
    assert value(private, "train_accuracy") > 0.8
    for parameter in body.parameters():
        parameter.requires_grad_(False)
    again = train(model, split, public=["0.*"], epochs=10, noise_multiplier=0.5)
    assert not any(parameter.requires_grad for parameter in again.model.estimator()[0].parameters())
    with pytest.raises(ModelError, match="nothing is left to be trained"):
        train(model, split, public=["*"])


class Adapted(nn.Module):
    """A frozen linear layer with a low-rank correction (Hu et al., 2021, arXiv:2106.09685)."""

    def __init__(self, inside: nn.Linear) -> None:
        super().__init__()
        self.inside = inside.requires_grad_(False)
        self.down, self.up = nn.Linear(inside.in_features, 2, bias=False), nn.Linear(2, inside.out_features, bias=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        self.down.reset_parameters()
        nn.init.zeros_(self.up.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inside(x) + self.up(self.down(x))


def test_adapters_on_a_public_body_are_trained(split: AuditData) -> None:
    module = nn.Sequential(Adapted(nn.Linear(4, 16)), nn.Tanh(), Adapted(nn.Linear(16, 2))).eval()
    private = train(wrapped(module), split, public=["*.inside"], epochs=20, noise_multiplier=0.5, learning_rate=1.0)
    after = private.model.estimator()
    assert torch.equal(after[0].inside.weight, module[0].inside.weight)
    assert value(private, "train_accuracy") > 0.75
    assert {row[0] for row in next(t for t in private.tables if t.name == "public").rows} >= {"0.inside.weight"}


def test_what_prepares_inputs_and_is_fitted_leaves_epsilon_undecided(split: AuditData) -> None:
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(split.inputs)
    model = wrapped(seeded(Base), preprocess=scaler)
    private = train(model, split)
    assert judged(private).validity == "inconclusive"
    assert 'public = ["preprocess"]' in str(judged(private).reason)
    assert judged(train(model, split, public=["preprocess"])).validity == "valid"
    mean = split.inputs.mean(0)
    closure = train(wrapped(seeded(Base), preprocess=lambda rows: rows - mean), split)
    assert judged(closure).validity == "inconclusive"
    assert judged(train(wrapped(seeded(Base), preprocess=lambda rows: rows / 2), split)).validity == "valid"


class Recurrent(nn.Module):
    """A layer that keeps lists of its own weights, served by an engine that puts others in their place."""

    def __init__(self) -> None:
        super().__init__()
        self.read, self.out = nn.LSTM(1, 4, batch_first=True), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.read(x[:, :, None])[0][:, -1])


def test_a_recurrent_network_trains_and_a_faster_layer_is_named(split: AuditData) -> None:
    private = train(wrapped(seeded(Recurrent)), split, epochs=1)
    assert all(control.holds for control in private.controls)
    assert any(
        "read: opacus.layers.DPLSTM trains faster, which gives the same outputs" in note for note in private.notes
    )


def test_a_small_bert_of_random_weights_trains() -> None:
    words = np.random.default_rng(0).integers(0, 30, (ROWS, 6))
    data = AuditData(words, labels=np.where(words[:, 0] < 15, "yes", "no"), positive="yes")
    model = wrapped(seeded(lambda: Bert(2)))
    private = train(model, data, epochs=8, noise_multiplier=0.5, optimizer="adam", learning_rate=0.02)
    assert all(control.holds for control in private.controls) and value(private, "train_accuracy") > 0.6


def test_public_is_a_parameter() -> None:
    assert DpSgd(public=["a"]).public == ("a",)
    assert auditkit
