"""What a plugin author tests with: toy data, a toy model, and one function that proves a plugin."""

import json
import random
from typing import Any

import numpy as np

from auditkit.checks import Check, PluginRows
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.host import Host, wrap
from auditkit.lazy import pandas
from auditkit.models import Answers, Capability, Model, decide
from auditkit.plugin_validation import ROWS
from auditkit.predictions import Predictions
from auditkit.results import CheckResult, canonical
from auditkit.run.audit import audit_one
from auditkit.run.context import AuditContext
from auditkit.run.measure import measure, unmeasured
from auditkit.run.plan import make_plan
from auditkit.run.request import Request
from auditkit.run.shared_data import SharedData


class ToyModel(Model):
    """A fixed rule on the toy table; `constant` makes it answer the same for every row."""

    kind = "toy"
    classes = ("no", "yes")
    positive = "yes"
    capabilities = frozenset({Capability.QUERIES, Capability.SCORES, Capability.PROBABILITIES})

    def __init__(self, constant: bool = False) -> None:
        self.constant = constant
        self.name = "constant" if constant else "toy"

    @property
    def fingerprint(self) -> str:
        """The same for the same rule."""
        return f"toy-{self.constant}"

    def answer(self, inputs: Any) -> Answers:
        """Probabilities from a logistic rule on the numbers of the table."""
        logits = inputs["income"].to_numpy() / 10 - inputs["age"].to_numpy() / 30 + 0.3
        logits = logits + (inputs["housing"] == "own").to_numpy()
        score = 1 / (1 + np.exp(-(np.ones(len(logits)) if self.constant else logits)))
        probabilities = np.column_stack([1 - score, score])
        return Answers(decide(probabilities, self.classes), score, probabilities)


def toy_data(rows: int = 200, seed: int = 0, *, train: bool = True, one_class: bool = False) -> AuditData:
    """A small table with numbers, a category, missing values, labels and two group attributes.

    Args:
        rows: how many.
        seed: the same table for the same seed.
        train: with a training split beside it.
        one_class: every label is the same.
    """
    rng = np.random.default_rng(seed)
    frame = pandas.DataFrame(
        {
            "age": rng.integers(18, 80, rows),
            "income": rng.normal(10, 8, rows).round(2),
            "housing": rng.choice(["rent", "own", "family"], rows),
        }
    )
    truth = present(ToyModel().answer(frame).probabilities, "the toy model gives them")
    labels = np.where(rng.random(rows) < truth[:, 1], "yes", "no")
    return AuditData(
        frame,
        np.full(rows, "yes") if one_class else labels,
        groups={"sex": rng.choice(["female", "male"], rows), "region": rng.choice(["north", "south"], rows)},
        task="binary",
        positive="yes",
        name="toy data",
        train=toy_data(rows, seed + 1, train=False) if train else None,
    )


def check_plugin(plugin: Any, *, only: str | None = None) -> list[str]:
    """Prove a plugin: run each of its checks on plain and awkward data, and its attacks, corruptions and sections.

    Args:
        plugin: a `.py` file, a module, or an object with hooks.
        only: the id of one check, attack, corruption or section.

    Returns:
        The names of what was proved.

    Raises:
        AssertionError: what broke which rule, and on what data.
    """
    # without the built-ins, so that only what the plugin itself offers is proved
    host = Host([plugin], discover=False, builtin=False)
    _demand(not host.faults, "; ".join(host.faults))
    checks = {id: offer.value for id, offer in host.checks().items() if only in (None, id)}
    rows = [(hook, name) for hook in ROWS for name in host.rows(hook) if only in (None, name)]
    nothing = (
        "the plugin offers no check, attack, corruption or section, and nothing else is proved here; decorate a "
        "function with @auditkit.check or subclass auditkit.Check"
    )
    _demand(checks or rows, nothing)
    for kind in checks.values():
        _check_facts(kind)
        for name, model, data in _cases():
            _check_case(host, kind, name, model, data)
    for hook, name in rows:
        _check_row(plugin, hook, name)
    return sorted([*checks, *(name for _, name in rows)])


def run_check(check: type[Check] | Check, model: Model, data: AuditData, seed: int = 0) -> CheckResult:
    """One check as an audit would run it, controls and hidden cells applied; its failure is in the result."""
    kind = check if isinstance(check, type) else type(check)
    host = Host([_Offering(kind)], discover=False, builtin=False)
    return _run(host, check() if isinstance(check, type) else check, model, data, seed)


class _Offering:
    """A plugin that offers one check class."""

    def __init__(self, kind: type[Check]) -> None:
        from auditkit.hookspecs import hookimpl  # kept off the instance's class, which has no other use for it

        self.register_checks = hookimpl(lambda: [kind])
        self.register_checks.__name__ = "register_checks"


def _cases() -> list[tuple[str, Model, AuditData]]:
    return [
        ("plain data", ToyModel(), toy_data()),
        ("a constant model", ToyModel(constant=True), toy_data()),
        ("one class only", ToyModel(), toy_data(one_class=True)),
        ("one row", ToyModel(), toy_data(1)),
        ("a group too small to show", ToyModel(), toy_data(30)),
        ("no training split", ToyModel(), toy_data(train=False)),
    ]


def _demand(holds: object, message: str) -> None:
    if not holds:
        raise AssertionError(message)


def _check_facts(kind: type[Check]) -> None:
    question = kind.about().question
    _demand(question.endswith("?"), f"{kind.id}: the docstring's first line must be the question; it is {question!r}")
    again = kind.model_validate(json.loads(kind().model_dump_json()))
    _demand(again == kind(), f"{kind.id}: its parameters must survive JSON there and back")


def _check_case(host: Host, kind: type[Check], name: str, model: Model, data: AuditData) -> None:
    case = f"{kind.id} on {name}"
    digest, fingerprint = data.digest, model.fingerprint
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
    first, second = (_run(host, kind(), model, data, 0) for _ in range(2))
    after = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
    _demand(after == before, f"{case}: a global generator was changed")
    _demand(first.status != "error", f"{case}: {first.reason}")
    _demand(canonical(first) == canonical(second), f"{case}: the same seed must give the same result twice")
    # kept once computed: without this the digest from before the check would be compared with itself
    del data.__dict__["_digests"]
    _demand(data.digest == digest, f"{case}: the data was changed")
    _demand(model.fingerprint == fingerprint, f"{case}: the model was changed")
    hidden = [
        measurement
        for measurement in first.measurements
        if data.cells.reason(measurement.slice) and measurement.value is not None
    ]
    _demand(not hidden, f"{case}: a group too small to show has a number")


def _check_row(plugin: Any, hook: str, name: str) -> None:
    """A row by the check that uses it, a section without any: twice alike, its controls hold, and no fault names it."""
    host = Host([plugin], discover=False)
    row = host.rows(hook)[name].value
    model, data = _toys(getattr(row, "modality", "vectors" if hook == "register_attacks" else "table"))
    checks = [_using(offer.value, hook, name, row) for offer in host.checks().values() if hook in _hooks(offer.value)]
    request = Request(checks=checks, budget="quick")
    first, second = (audit_one(AuditContext(host, data, request), model) for _ in range(2))
    _demand(not host.faults, f"{name}: {'; '.join(host.faults)}")
    for result in first.results:
        _demand(result.status == "measured", f"{name}: {result.reason}")
        failed = [control for control in result.controls if not control.holds and control.on_failure == "invalid"]
        _demand(not failed, f"{name}: {'; '.join(f'{control.question} {control.value}' for control in failed)}")
    same = (first.results, first.sections) == (second.results, second.sections)
    _demand(same, f"{name}: the same seed must give the same result twice")


def _hooks(kind: type[Check]) -> tuple[str, ...]:
    """The hooks whose rows a check uses."""
    return tuple(kind.rows_from.values()) if issubclass(kind, PluginRows) else ()


def _using(kind: Any, hook: str, name: str, row: Any) -> Check:
    """A check that is asked to use one row of a plugin."""
    parameter = next(parameter for parameter, row_hook in kind.rows_from.items() if row_hook == hook)
    several = not isinstance(kind.model_fields[parameter].default, str)
    parameters: dict[str, Any] = {**kind.presets.get("quick", {}), parameter: (name,) if several else name}
    if hook == "register_attacks":
        parameters["norm"] = row.norms[0]
    check: Check = kind(**parameters)
    return check


def _toys(modality: str) -> tuple[Model, AuditData]:
    """A model and data of one kind of inputs; `vectors` are for a network."""
    rng = np.random.default_rng(0)
    if modality == "table":
        return ToyModel(), toy_data()
    if modality == "text":
        texts = [f"{word} day {number}" for number, word in enumerate(rng.choice(["good", "bad"], 60))]
        labels = np.array(["good" in text for text in texts], int)
        good = wrap(lambda inputs: np.array(["good" in text for text in inputs], int), classes=[0, 1])
        return good, AuditData(texts, labels, modality="text")
    if modality == "image":
        images = rng.uniform(0, 1, (60, 1, 8, 8)).astype(np.float32)
        bright = wrap(lambda inputs: (np.asarray(inputs).mean((1, 2, 3)) > 0.5).astype(int), classes=[0, 1])
        return bright, AuditData(images, bright.predict(images), modality="image")
    if modality == "sequence":
        waves = rng.normal(size=(60, 12)).cumsum(axis=1)
        rising = wrap(lambda inputs: (np.asarray(inputs)[:, -1] > 0).astype(int), classes=[0, 1])
        return rising, AuditData(waves, rising.predict(waves), modality="sequence")
    import torch  # only for an attack, which needs it anyway

    network = torch.nn.Linear(4, 2)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[-1.0, 0.5, 0.3, 0.0], [1.0, -0.5, -0.3, 0.1]]))
        network.bias.copy_(torch.tensor([0.2, -0.2]))
    rows = rng.uniform(0, 1, (60, 4)).astype(np.float32)
    return wrap(network, classes=[0, 1]), AuditData(rows, network(torch.as_tensor(rows)).argmax(1).numpy(), positive=1)


def _run(host: Host, check: Check, model: Model, data: AuditData, seed: int) -> CheckResult:
    context = AuditContext(host, data, Request(checks=[check], budget="quick", seed=seed, device="cpu"))
    _, (step,) = make_plan(context, model)
    predictions = Predictions(model, data)
    return unmeasured(step) or measure(step, context, predictions, SharedData(data, predictions))
