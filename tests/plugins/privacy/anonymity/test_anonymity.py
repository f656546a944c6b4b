"""What `privacy.anonymity` says about tables that single people out, and about tables that do not."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.checks import missing_needs
from auditkit.data import AuditData
from auditkit.errors import ConfigError, Refusal
from auditkit.plugins.privacy.anonymity import findings
from auditkit.plugins.privacy.anonymity.check import Anonymity
from tests.plugins.recorded import one, recorded, run

ROWS = pd.DataFrame(
    {
        "age": [30, 30, 30, 30, 41, 41, 41, 58, 58, 70],
        "sex": ["f", "f", "f", "f", "m", "m", "m", "f", "f", "m"],
        "illness": ["a", "b", "a", "c", "a", "a", "a", "b", "c", "c"],
        "pay": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    }
)
CHECK = Anonymity(quasi_identifiers=("age", "sex"), sensitive=("illness", "pay"), k=3)
HERE = {"split": "audit data"}


def build(frame=ROWS, groups=None, **more):
    answers = np.arange(len(frame)) % 2
    return recorded(answers, answers, groups, inputs=frame, label_name="paid", **more)


def test_ten_rows_counted_by_hand():
    """Classes of 4, 3, 2 and 1."""
    result = run(CHECK, *build())
    assert one(result, "k_anonymity").value == 1 and one(result, "k_anonymity").exact
    assert one(result, "unique_share").value == 0.1
    exposed = one(result, "exposed_share", conditions={"split": "audit data", "k": 3})
    assert exposed.value == pytest.approx(0.3) and exposed.n == 10
    illness = {"conditions": HERE | {"sensitive": "illness"}}
    assert one(result, "l_diversity", **illness).value == 1
    # the three men of 41 are all ill with a; the one of 70 is alone
    assert one(result, "homogeneous_share", **illness).value == pytest.approx(0.4)
    # of all, a: 5, b: 2, c: 3; the one of 70 has c
    assert one(result, "t_closeness", **illness).value == pytest.approx((0.5 + 0.2 + 0.7) / 2)
    # pay of the one of 70 is the last of ten values: F of the table is 0.1, 0.2, …, 0.9 before it
    pay = one(result, "t_closeness", conditions=HERE | {"sensitive": "pay"})
    assert pay.value == pytest.approx(sum(step / 10 for step in range(1, 10)) / 9)
    assert all(check.holds for check in result.controls) and len(result.controls) == 4


def test_a_table_without_the_odd_ones_is_safer():
    result = run(Anonymity(quasi_identifiers=("sex",), sensitive=("illness",)), *build())
    assert one(result, "k_anonymity").value == 4 and one(result, "unique_share").value == 0
    assert one(result, "l_diversity").value == 2 and one(result, "homogeneous_share").value == 0
    # men: a, a, a, c
    assert one(result, "entropy_l_diversity").value == pytest.approx(np.exp(-0.75 * np.log(0.75) - 0.25 * np.log(0.25)))


def test_no_value_of_a_class_is_shown():
    frame = ROWS.assign(age=ROWS["age"] + 1000.5, illness="the " + ROWS["illness"] + " one")
    shown = run(CHECK, *build(frame)).model_dump_json()
    assert not any(str(value) in shown for value in (*frame["age"], *frame["illness"]))


def test_what_leaving_out_a_column_would_bring():
    table = run(CHECK, *build()).tables[0]
    assert table.rows == (("none", 1, 0.1), ("age", 4, 0.0), ("sex", 1, 0.1))


def test_the_figure_holds_all_rows_by_the_size_of_their_class():
    points = run(CHECK, *build()).figures[0].data
    assert [point["share"] for point in points] == pytest.approx([0.1, 0.9, 0, 0, 0])
    assert [point["size"] for point in points] == ["1", "2 to 4", "5 to 9", "10 to 99", "100 or more"]


def test_the_training_split_is_looked_at_where_it_is_asked_for():
    twice = pd.concat([ROWS] * 2, ignore_index=True)
    train = AuditData(twice, labels=np.arange(20) % 2, positive=1)
    result = run(Anonymity(quasi_identifiers=("age", "sex"), training=True), *build(train=train))
    assert one(result, "k_anonymity", conditions=HERE).value == 1
    assert one(result, "k_anonymity", conditions={"split": "training split"}).value == 2
    assert len(run(Anonymity(quasi_identifiers=("age",)), *build(train=train)).measurements) == 3


def test_groups_and_the_label_can_be_named():
    groups = {"age": ["young" if age < 50 else "old" for age in ROWS["age"]], "town": ["x"] * 9 + ["y"]}
    model, data = build(groups=groups, known=np.arange(10) != 9)
    by_label = run(Anonymity(quasi_identifiers=("town",), sensitive=("paid",)), model, data)
    assert one(by_label, "k_anonymity").value == 1
    # the label of the one in y is not known, which is a value that nobody else has
    assert one(by_label, "t_closeness").value == pytest.approx(0.9)
    # an input goes before a group of the same name, whose bins say less
    assert one(run(Anonymity(quasi_identifiers=("age",)), model, data), "unique_share").value == 0.1


def test_where_nothing_is_named_it_is_skipped_and_says_how_to_name_it():
    model, data = build(groups={"sex": ROWS["sex"]})
    refused = Anonymity().applies(model, data)
    assert isinstance(refused, Refusal) and "age, sex and postcode" in refused
    assert Anonymity(quasi_identifiers=refused.mends[0].value).applies(model, data) is None
    assert "training split" in Anonymity(quasi_identifiers=("age",), training=True).applies(model, data)
    assert "sensitive" in Anonymity(quasi_identifiers=("age",)).leaves_out("l_diversity", data)
    assert not CHECK.leaves_out("l_diversity", data) and not CHECK.leaves_out("k_anonymity", data)


@pytest.mark.parametrize("fields", [{"quasi_identifiers": ["agee"]}, {"sensitive": ["ilness"]}])
def test_a_misspelt_column_is_an_error(fields):
    with pytest.raises(ConfigError, match=r"(age|illness)"):
        Anonymity(**{"quasi_identifiers": ["age"], **fields}).applies(*build())


@pytest.mark.parametrize("broken", ["classes_of", "spread"])
def test_wrong_counts_are_noticed(monkeypatch, broken):
    """Classes by the first column alone; distances of the whole table from itself."""
    if broken == "spread":
        right = findings.spread
        monkeypatch.setattr(
            findings, "spread", lambda classes, values, ordered: right(classes, values, ordered)._replace(
                distance=np.zeros(classes.max() + 1)
            )
        )  # fmt: skip
    else:
        right_classes = findings.classes_of
        monkeypatch.setattr(findings, "classes_of", lambda columns: right_classes(columns[:1]))
    result = run(CHECK, *build(ROWS.assign(sex=["f", "m"] * 5)))
    names = {number.name for number in result.measurements if number.validity == "invalid"}
    assert ("t_closeness" in names) and (("k_anonymity" in names) == (broken == "classes_of"))


def test_it_asks_for_a_table_and_takes_rows_without_labels():
    assert missing_needs(Anonymity, *build()) is None
    pictures = recorded([0, 1], [0, 1], inputs=np.zeros((2, 3, 4, 4)), modality="image")
    assert "table" in missing_needs(Anonymity, *pictures)
    numbers = recorded([0, 1, 1], None, inputs=np.array([[1.0, 2], [1, 2], [3, 2]]))
    assert one(run(Anonymity(quasi_identifiers=("x0",)), *numbers), "k_anonymity").value == 1


def test_census_rows_are_counted_as_a_dictionary_counts_them(shared_data):
    names = ["age", "work", "weight", "school", "years", "married", "job", "family", "race", "sex", "gain", "loss",
             "hours", "country", "income"]  # fmt: skip
    frame = pd.read_csv(shared_data / "adult" / "adult.data.gz", names=names, skipinitialspace=True)
    data = AuditData.from_table(frame, label="income", positive=">50K", groups=["sex", "race"])
    known = ("age", "sex", "race", "country", "married")
    check = Anonymity(quasi_identifiers=known, sensitive=("income", "hours"))
    model, _ = recorded([0, 1], [0, 1])
    result = run(check, model, data)
    counts = Counter(zip(*(frame[name] for name in known), strict=True))
    assert one(result, "k_anonymity").value == min(counts.values())
    assert one(result, "unique_share").value == sum(count == 1 for count in counts.values()) / len(frame)
    by_class = frame.groupby(list(known), dropna=False)["income"]
    mixed = by_class.transform("nunique")
    income = {"conditions": HERE | {"sensitive": "income"}}
    assert one(result, "homogeneous_share", **income).value == pytest.approx((mixed == 1).mean())
    share, whole = by_class.apply(lambda some: (some == ">50K").mean()), (frame["income"] == ">50K").mean()
    assert one(result, "t_closeness", **income).value == pytest.approx((share - whole).abs().max())
    assert all(check.holds for check in result.controls)


@pytest.mark.parametrize("name", ["credit_default", "german"])
def test_credit_rows_are_counted_as_a_dictionary_counts_them(shared_data, name):
    if name == "german":
        frame = pd.read_csv(shared_data / name / "german.data", sep=r"\s+", header=None)
        frame.columns = [f"c{number}" for number in frame.columns]
        known, label = ("c12", "c8", "c19"), "c20"
    else:
        frame = pd.read_csv(shared_data / name / "credit-card-clients.csv.gz")
        known, label = ("SEX", "EDUCATION", "MARRIAGE", "AGE"), "default payment"
    data = AuditData.from_table(frame, label=label)
    model, _ = recorded([0, 1], [0, 1])
    result = run(Anonymity(quasi_identifiers=known, sensitive=(label,)), model, data)
    counts = Counter(zip(*(frame[column] for column in known), strict=True))
    assert one(result, "k_anonymity").value == min(counts.values()) == 1
    in_few = sum(count for count in counts.values() if count < 5)
    assert one(result, "exposed_share").value == pytest.approx(in_few / len(frame))


def test_what_is_published_tells_of_no_few_people():
    """Eighty rows of two classes and one person who is alone; and the same without that person."""
    for alone in (1, 0):
        frame = pd.DataFrame({"age": [30] * 40 + [50] * (40 - alone) + [70] * alone})
        rows = np.arange(80)
        data = AuditData.from_table(
            frame.assign(y=rows % 2, answer=rows // 2 % 2), label="y", decisions="answer", positive=1,
            disclosure="publish",
        )  # fmt: skip
        result = auditkit.audit(data=data, checks=[Anonymity(quasi_identifiers=("age",))])
        (of_check,) = result.results
        shown = {number.name: number.value for number in of_check.measurements}
        if alone:
            assert shown["k_anonymity"] is None and shown["unique_share"] is None and shown["exposed_share"] is None
            assert not of_check.tables and not of_check.figures
        else:
            assert shown["k_anonymity"] == 40 and shown["unique_share"] == 0
