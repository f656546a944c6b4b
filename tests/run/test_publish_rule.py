"""What is published of the description of the data: its notes about everyone keep their numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.command.terminal import print_schema
from auditkit.data import AuditData
from auditkit.results import Measurement
from auditkit.run.publish_rule import Publish, class_names, numberless, without_sums


@pytest.fixture(scope="module")
def frame():
    """500 people, of whom 12 have no sex and 23 no label; the third sex is 5 people."""
    rows = np.arange(500)
    sex = np.where(rows < 12, None, np.where(rows < 17, "x", np.where(rows % 2, "f", "m")))
    label = np.where((rows > 100) & (rows < 124), None, np.where(rows % 3 == 0, "<=50K", ">50K"))
    return pd.DataFrame({"sex": sex, "label": label, "decision": np.where(rows % 5 < 2, "<=50K", ">50K")})


def test_a_count_of_nobody_is_said_as_any_of_few():
    rule = Publish(None, 10, 5)
    assert rule.text("left out: a (no people with a positive label); b (no false positives)") == (
        "left out: a (fewer than 5 people with a positive label); b (fewer than 5 false positives)"
    )
    assert rule.text("no class, no peoples") == "no class, no peoples"


def published(frame, **more):
    data = AuditData.from_table(
        frame, label="label", groups=["sex"], decisions="decision", positive=">50K", disclosure="publish", **more
    )
    return auditkit.audit(None, data, checks=["data.integrity"], budget="quick").data


def test_notes_about_everyone_keep_their_numbers_and_those_about_groups_do_not(frame):
    info = published(frame, unlabelled="drop")
    assert "23 rows without a label were left out" in info.notes
    about = [note for note in info.notes if "sex" in note]
    assert about and not any(any(digit.isdigit() for digit in note) for note in about)


@pytest.mark.parametrize(("disclosure", "counted"), [("publish", False), ("internal", True)])
def test_what_the_terminal_says_of_the_data_counts_nobody(frame, disclosure, counted, capsys):
    copied = frame.assign(gender=frame.sex)
    print_schema(
        AuditData.from_table(copied, groups=["sex"], decisions="decision", positive=">50K", disclosure=disclosure)
    )
    assert ("12 missing" in capsys.readouterr().err) == counted


@pytest.mark.parametrize("few", [1, 9])
def test_no_note_counts_few(frame, few):
    some = frame.assign(label=frame.label.mask(np.arange(500) < few, None).where(frame.label.notna(), ">50K"))
    notes = " ".join(published(some, unlabelled="drop").notes)
    assert "fewer than 10 rows without a label were left out" in notes


def test_a_column_does_not_tell_how_many_lack_a_group_that_is_kept_back(frame):
    """Nobody's sex is known to be missing of 12 people where x, of 5, is hidden beside them."""
    copied = frame.assign(gender=frame.sex).drop(columns="label")
    data = AuditData.from_table(
        copied, groups=["sex"], decisions="decision", positive=">50K", disclosure="publish"
    )  # fmt: skip
    result = auditkit.audit(None, data, checks=["data.integrity"], budget="quick")
    hidden = {group.value: group.rows for group in result.data.groups}
    assert hidden["x"] is None and hidden["(missing)"] is None
    assert [feature.missing for feature in result.data.features if feature.name == "gender"] == [None]
    shares = {m.conditions["feature"]: m.value for m in result.results[0].measurements if m.name == "missing_share"}
    assert shares["gender"] is None


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ((0, 1), ["task: binary, as label 'y' has two values, 0, 1", "positive: 1"]),
        ((0.0, 2.0), ["task: binary, as label 'y' has two values, 0, 2"]),
        ((0, 1, 2), ["task: multiclass, as label 'y' has 3 values"]),
        (("grade 1", "grade 2"), ["has two values, 'grade 1', 'grade 2'", "positive: 'grade 2'"]),
    ],
)
def test_digits_that_are_names_of_classes_stay(classes, expected):
    rows = np.arange(600)
    table = pd.DataFrame({"y": np.array(classes)[rows % len(classes)], "sex": np.where(rows % 5, "f", "m"), "a": rows})
    data = AuditData.from_table(table, label="y", groups=["sex"], drop=["sex"], disclosure="publish")
    notes = auditkit.audit(
        auditkit.wrap(lambda inputs: np.array(classes)[np.zeros(len(inputs), int)], classes=classes), data,
        checks=["performance.quality"], budget="quick", limits=[],
    ).data.notes  # fmt: skip
    assert not [part for part in expected if not any(part in note for note in notes)], notes


def test_the_same_digits_as_counts_go():
    names = class_names((0, 1))
    assert numberless("positive: 1; 1 of 0 people, 1", names=names) == "positive: 1; … of … people, …"
    assert numberless("two values, 0, 1 and two values, 0, 12", names=names) == "two values, 0, 1 and two values, … …"
    assert numberless("positive: 1.5 and positive: 12", names=names) == "positive: … and positive: …"
    assert numberless("'grade 1' 1 grade 1", names=class_names(("grade 1",))) == "'grade 1' … grade …"
    assert numberless("positive: -1; under -1", names=class_names((-1, 1))) == "positive: -1; under -…"
    assert class_names(()) == ()


def test_no_difference_beside_one_of_its_parts_tells_the_other():
    def number(value, **fields):
        return Measurement(name="share", value=value, reason=None if value is not None else "few", **fields)

    excess, members, others, else_where = number(0.01), number(0.004), number(-0.006), number(0.3)
    written = (excess, number(None), others, else_where)
    kept = without_sums((excess, members, others, else_where), written, "few")
    assert [measured.value for measured in kept] == [0.01, None, None, 0.3] and kept[2].reason == "few"
    assert without_sums(written, written, "few") == written, "nothing is withheld that could be worked out"
