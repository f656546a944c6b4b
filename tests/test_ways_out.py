"""Settings that a skipped check, a threshold or a limit of classes proposes: each brings what was asked for."""

from __future__ import annotations

from typing import Any

import pandas
import pytest
import torch
from sklearn.linear_model import LogisticRegression

import auditkit
from auditkit.checks import missing_needs
from auditkit.data import AuditData
from auditkit.errors import AuditkitError, Mend, Refusal
from auditkit.host import Host
from auditkit.run.audit import plan_only
from auditkit.run.context import AuditContext
from auditkit.run.predict import introduce
from auditkit.run.request import make_request
from tests.test_mends import FRAME, NUMBERS

SKIPPED = [
    ("robustness.evasion", {"norm": "L2 scaled"}, torch.nn.Linear(4, 2), {}),
    ("robustness.evasion", {"norm": "L2"}, LogisticRegression().fit(NUMBERS, FRAME["label"]), {}),
    ("fairness.slices", {"of": "error"}, None, {"label": None}),
    ("fairness.slices", {"of": "selection"}, None, {"label": "years", "task": "multiclass", "decisions": "guess"}),
    ("explanations.gradients", {"baseline": "blurred"}, torch.nn.Linear(4, 2), {}),
    ("explanations.gradients", {"explainer": "grad_cam"}, torch.nn.Linear(4, 2), {}),
    (
        "explanations.gradients",
        {"explainer": "deep_lift"},
        torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.SiLU()),
        {},
    ),
    ("explanations.gradients", {"layer": "1"}, torch.nn.Linear(4, 2), {}),
    ("privacy.anonymity", {}, None, {}),
    ("privacy.membership", {"attack": "rmia"}, torch.nn.Linear(4, 2), {}),
    (
        "privacy.membership",
        {"attack": "rmia", "reference_models": 0},
        LogisticRegression().fit(NUMBERS, FRAME["label"]),
        {},
    ),
]


@pytest.mark.parametrize(("id", "parameters", "model", "roles"), SKIPPED)
@pytest.mark.filterwarnings("ignore")
def test_a_check_that_is_skipped_runs_with_each_setting_that_its_reason_proposes(
    id: str, parameters: dict[str, Any], model: Any, roles: dict[str, Any]
) -> None:
    data = AuditData(NUMBERS, FRAME["label"], train=AuditData(NUMBERS, FRAME["label"]))
    if model is None:
        table = FRAME.assign(guess=FRAME["years"])
        data = AuditData.from_table(table, groups=["sex"], **{"label": "label", "decisions": "decision", **roles})
    wrapped = auditkit.wrap(data if model is None else model)
    introduce(wrapped, data)
    kind = Host().checks()[id].value
    refused = kind(**parameters).applies(wrapped, data)
    assert isinstance(refused, Refusal) and refused.mends
    for mend in refused.mends:
        table, _, key = mend.setting.rpartition(".")
        assert str(mend) in str(refused) and table == f'checks."{id}"'
        assert kind(**{key: mend.value}).applies(wrapped, data) is None
    request = make_request(checks=[id], parameters={id: parameters}, budget="quick")
    (planned,) = plan_only(AuditContext(Host(), data, request), wrapped)[0].checks
    assert planned.ways_out == tuple(map(str, refused.mends)) and planned.skipped == str(refused)


def test_a_table_of_one_column_of_texts_becomes_texts_with_the_setting_that_is_proposed() -> None:
    reviews = [f"the film of number {number} has many words and is much too long" for number in range(200)]
    frame = pandas.DataFrame({"review": reviews})
    frame["y"] = [0, 1] * 100
    kind = Host().checks()["explanations.text"].value
    model = auditkit.wrap(lambda inputs: [len(text) % 2 for text in inputs])
    data = AuditData.from_table(frame, label="y")
    refused = missing_needs(kind, model, data)
    assert isinstance(refused, Refusal) and "with one column of texts" in refused
    (mend,) = refused.mends
    assert mend.setting == "data.modality"
    assert missing_needs(kind, model, AuditData.from_table(frame, label="y", modality=mend.value)) is None
    two = AuditData.from_table(frame.assign(years=range(200)), label="y")
    assert "these are of kind table" in missing_needs(kind, model, two)


@pytest.mark.parametrize(
    ("scores", "threshold"), [([-2.0, 3.0], 0.0), ([5.0, 88.0], 50.0), ([300.0, 851.0], 576.0), ([-9.0, -1.0], -5.0)]
)
def test_the_threshold_that_is_proposed_lies_among_the_scores(scores: list[float], threshold: float) -> None:
    data = AuditData.from_table(pandas.DataFrame({"y": [0, 1], "score": scores}), label="y", scores="score")
    with pytest.raises(AuditkitError) as caught:
        auditkit.wrap(data)
    assert caught.value.mend == (Mend("model.threshold", threshold),)
    assert auditkit.wrap(data, threshold=threshold).threshold == threshold


def test_classes_are_proposed_only_where_the_model_numbers_as_many_as_there_are_labels() -> None:
    numbered = LogisticRegression().fit(NUMBERS, FRAME["label"])
    named = LogisticRegression().fit(NUMBERS, FRAME["label"].map({0: "n", 1: "y"}))
    labels = FRAME["label"].map({0: "no", 1: "yes"})
    others = FRAME["label"] + 1
    for model, given, mend in (
        (numbered, labels, (Mend("model.classes", ["no", "yes"]),)), (named, labels, ()), (numbered, others, ())
    ):  # fmt: skip
        with pytest.raises(AuditkitError, match="must be one of the model's classes") as caught:
            auditkit.audit(model, AuditData(NUMBERS, given), checks=[])
        assert caught.value.mend == mend and ("classes =" in str(caught.value)) == bool(mend)
