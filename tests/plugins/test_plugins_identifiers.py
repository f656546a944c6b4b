"""Every check on what holds ids: sequences of tokens, a table with a column of ids, and series, which hold none.

The models look ids up and raise where an id is none of the data's, so that whoever adds to one, takes a mean of some or
lets a path lead between two is caught.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import auditkit
from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.host import Host
from auditkit.models import Model
from auditkit.plugins.explanations.effects.check import Effects
from auditkit.plugins.explanations.gradients.check import Gradients
from auditkit.plugins.explanations.surrogate_tree.check import SurrogateTree
from auditkit.plugins.robustness.corruptions.base import TABLE
from auditkit.plugins.robustness.corruptions.tables import Tables

ROWS, TRAIN, PLACES, STEPS = 60, 100, 8, 12
IDS = np.array([3, 7, 20, 21, 50, 300])
WORTH = np.array([2.0, 1.0, 0.5, -0.5, -1.0, -2.0])
GROUPS = np.where(np.arange(ROWS + TRAIN) % 3 == 0, "f", "m")
SMALL: dict[str, dict[str, Any]] = {
    "explanations.effects": {"rows": 60, "grid": 4},
    "explanations.importance": {"rows": 20, "background": 50},
    "explanations.gradients": {"rows": 10, "background": 20, "copies": 1, "steps": 8},
    "explanations.permutation_importance": {"rows": 60, "repeats": 2},
    "explanations.surrogate_tree": {"rows": 60, "learnt": 100},
    "explanations.counterfactuals": {"rows": 20, "budget": 200, "real_rows": 60},
    "explanations.lime": {"rows": 10, "samples": 200},
    "privacy.anonymity": {"quasi_identifiers": ["income"]},
    "robustness.changes": {"rows": 20, "max_queries": 40, "grid": 6},
    "robustness.certificates": {"rows": 10, "samples": 100},
    "robustness.evasion": {"rows": 10, "steps": 5, "trial_rows": 10, "square_queries": 20, "noise_draws": 10},
    "robustness.library": {"rows": 4, "attacks": ["HopSkipJump"], "max_queries": 60},
    "robustness.corruptions": {"rows": 40, "shuffles": 99},
}


def known_only(ids: torch.Tensor) -> torch.Tensor:
    """(...) positions of ids; another number is no id of anything."""
    places = torch.searchsorted(torch.tensor(IDS), ids.long().contiguous())
    if not torch.equal(torch.tensor(IDS)[places.clamp(max=len(IDS) - 1)].to(ids.dtype), ids):
        raise ValueError("asked about an id that nobody has")
    return places


class OfTokens(torch.nn.Module):
    """The mean worth of ids, by an embedding; two logits."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = torch.nn.Embedding(int(IDS.max()) + 1, 2)
        self.table.weight.data[IDS, 0] = torch.tensor(WORTH, dtype=torch.float32)
        self.last = torch.nn.Linear(2, 1, bias=False)
        self.last.weight.data = torch.tensor([[1.0, 0.01]])

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        known_only(ids)
        score = self.last(self.table(ids)).mean(dim=1)
        return torch.cat([-score, score], dim=1)


def tokens(rng: np.random.Generator) -> tuple[Any, AuditData]:
    """Sequences of ids of one vocabulary, and a network that looks them up."""
    ids = rng.choice(IDS, (ROWS + TRAIN, PLACES))
    labels = (WORTH[np.searchsorted(IDS, ids)].mean(axis=1) > 0).astype(int)
    return auditkit.wrap(OfTokens().eval(), classes=(0, 1), output="logits"), split(ids, labels)


class OfSeries(torch.nn.Module):
    """Whether the first channel rises; gaps count as nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = torch.nn.Parameter(torch.linspace(-1, 1, STEPS))

    def forward(self, series: torch.Tensor) -> torch.Tensor:
        score = torch.tanh(torch.nan_to_num(series)[:, :, 0] @ self.slope)[:, None]
        return torch.cat([-score, score], dim=1)


def series(rng: np.random.Generator) -> tuple[Any, AuditData]:
    """Series of two channels, the second with gaps, and a network that takes them."""
    values = rng.normal(size=(ROWS + TRAIN, STEPS, 2)).astype(np.float32)
    labels = (values[:, :, 0] @ np.linspace(-1, 1, STEPS) > 0).astype(int)
    values[:, 3, 1] = np.nan
    return auditkit.wrap(OfSeries().eval(), classes=(0, 1), output="logits"), split(values, labels)


def split(inputs: np.ndarray, labels: np.ndarray, modality: str = "sequence") -> AuditData:
    facts: dict[str, Any] = {"task": "binary", "positive": 1, "modality": modality}
    train = AuditData(inputs[ROWS:], labels[ROWS:], **facts)
    return AuditData(inputs[:ROWS], labels[:ROWS], groups={"sex": GROUPS[:ROWS]}, train=train, **facts)


def table(rng: np.random.Generator) -> tuple[Any, AuditData]:
    """A table with a column of ids beside numbers, and a function that looks the ids up."""
    node, income = rng.choice(IDS, ROWS + TRAIN), rng.normal(size=ROWS + TRAIN)
    labels = (WORTH[np.searchsorted(IDS, node)] + income > 0).astype(int)
    frame = pd.DataFrame({"node": node, "income": income, "sex": GROUPS, "y": labels})
    data = AuditData.from_table(
        frame[:ROWS], label="y", positive=1, groups=["sex"], train=frame[ROWS:], outcome="benefit",
        schema={"node": {"kind": "identifier"}},
    )  # fmt: skip

    def chances(rows: pd.DataFrame) -> np.ndarray:
        worth = WORTH[known_only(torch.tensor(rows["node"].to_numpy())).numpy()]
        chance = 1 / (1 + np.exp(-(worth + rows["income"].to_numpy())))
        return np.column_stack([1 - chance, chance])

    return auditkit.wrap(chances, classes=(0, 1), task="binary", output="probabilities"), data


KINDS = {"tokens": tokens, "series": series, "table": table}
CHECKS = sorted(set(Host().checks()) - {"privacy.journal"})


@pytest.fixture(scope="module", params=KINDS)
def audited(request):
    model, data = KINDS[request.param](np.random.default_rng(0))
    result = auditkit.audit(
        model, data, checks=CHECKS, parameters=SMALL, budget="quick", isolate="plugins", rules=[]
    )  # fmt: skip
    return request.param, result


MEASURED = {
    "tokens": {
        "data.integrity", "explanations.gradients", "privacy.membership", "robustness.changes",
        "robustness.corruptions",
    },
    "series": {"data.integrity", "privacy.membership", "robustness.certificates", "robustness.corruptions"},
    "table": {
        "data.integrity", "explanations.counterfactuals", "explanations.effects", "explanations.importance",
        "explanations.lime", "explanations.permutation_importance", "explanations.surrogate_tree",
        "fairness.individual", "fairness.slices", "privacy.anonymity", "privacy.attribute_inference",
        "privacy.membership", "robustness.certificates", "robustness.changes", "robustness.corruptions",
        "robustness.evasion", "robustness.library",
    },
}  # fmt: skip
"""What is measured beside performance and the gaps between groups, for which inputs are of no account."""


def test_every_check_does_the_right_thing_or_says_why_not(audited):
    kind, result = audited
    status = {entry.check: (entry.status, entry.reason) for entry in result.results}
    assert set(status) == set(CHECKS)
    assert not {check: why for check, (state, why) in status.items() if state == "error"}
    assert all(why for state, why in status.values() if state == "skipped")
    measured = {check for check, (state, _) in status.items() if state == "measured"}
    assert measured >= MEASURED[kind] | {"fairness.groups", "fairness.scores", "performance.quality"}
    inputs_matter = {check for check in measured if not check.startswith(("fairness.", "performance."))}
    assert inputs_matter - {"fairness.individual", "fairness.slices"} <= MEASURED[kind]


def test_no_id_is_in_the_evidence(audited):
    kind, result = audited
    if kind == "table":
        (column,) = [feature for feature in result.data.features if feature.name == "node"]
        assert column.kind == "identifier" and column.detail == f"{len(IDS)} values"
    texts = [
        text for entry in result.results for text in (*entry.notes, *(str(table.rows) for table in entry.tables))
    ]  # fmt: skip
    assert not [text for text in texts if "node is 300" in text or "node = 300" in text]


class Sick(Check):
    """Does the model answer about ids between two others?"""

    id = "acme.between"
    needs = frozenset({"queries"})

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Add one to every code, as a check of numbers would."""
        inputs = data.inputs.assign(node=data.inputs["node"] + 1) if data.schema else data.decode(data.codes() + 1)
        _ = context.predictions.of(inputs).codes
        return Findings()


@pytest.mark.parametrize("kind", ["tokens", "table"])
def test_a_check_that_adds_to_an_id_is_caught(kind):
    model, data = KINDS[kind](np.random.default_rng(0))

    class Plugin:
        @auditkit.hookimpl
        def register_checks(self):
            return [Sick]

    result = auditkit.audit(model, data, checks=["acme.between"], plugins=[Plugin()], isolate="plugins")
    (entry,) = result.results
    assert entry.status == "error" and "asked about an id that nobody has" in str(entry.reason)


def test_gradients_lead_between_no_ids_of_a_table():
    """A network that is given ids beside numbers: paths would lead between the ids."""
    _, data = table(np.random.default_rng(0))

    class Both(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.worth = torch.nn.Embedding(301, 1)

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            known_only(rows[:, 0])
            score = self.worth(rows[:, 0].long()) + rows[:, 1:2]
            return torch.cat([-score, score], dim=1)

    def encode(frame: pd.DataFrame) -> torch.Tensor:
        return torch.tensor(frame[["node", "income"]].to_numpy(dtype=np.float32))

    model = auditkit.wrap(Both().eval(), classes=(0, 1), output="logits", preprocess=encode)
    assert "between ids (node) there is nothing" in str(Gradients().applies(model, data))
    without = AuditData(data.inputs, data.labels, positive=1)
    assert Gradients().applies(model, without) is None  # numbers, as far as anybody knows


def test_a_table_of_ids_alone_has_no_curves_and_no_rules_and_is_corrupted_by_substitution():
    model, data = table(np.random.default_rng(0))
    alone = AuditData.from_table(
        pd.DataFrame({"node": data.inputs["node"], "y": data.labels}), label="y", positive=1,
        schema={"node": {"kind": "identifier"}},
    )  # fmt: skip
    for check in (Effects(), SurrogateTree()):
        assert "every one is free text or an identifier" in str(check.applies(model, alone))
    suite = Tables(alone, dict.fromkeys(TABLE, 3), held=True)
    assert suite.names == ("swapped categories",)
    changed = suite.change("swapped categories", 5).inputs["node"]
    assert set(changed) <= set(IDS.tolist()) and 0.1 < (changed != alone.inputs["node"]).mean() < 0.4
