"""Text made short and harmless."""

import re

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.errors import AuditkitError
from auditkit.text import as_python, first_few, number_of, one_line, printable, shown, within_sentence


def test_the_first_names_and_how_many_more():
    assert first_few([]) == ""
    assert first_few(["a", "b"], 2) == "a, b"
    assert first_few(["a", "b", "c"], 2) == "a, b and 1 more"
    assert first_few([str(number) for number in range(1500)], 1, "; ") == "0 and 1,499 more"
    assert first_few(["a", "b", "c"], 2, "; ") == "a; b and 1 more"


def test_a_count_and_what_is_counted():
    assert [number_of(count, "row") for count in (0, 1, 2, 6012)] == ["0 rows", "1 row", "2 rows", "6,012 rows"]
    assert number_of(1, "person", "people") == "1 person" and number_of(-1, "row") == "-1 rows"
    assert number_of("fewer than 10", "person has", "people have") == "fewer than 10 people have"
    assert number_of("1", "row was", "rows were") == "1 row was"


def test_a_title_within_a_sentence_keeps_its_abbreviations_and_names():
    assert within_sentence("Area between ROC curves (ABROCA)") == "area between ROC curves (ABROCA)"
    assert within_sentence("NDKL: divergence") == "NDKL: divergence"
    assert within_sentence("Wasserstein-1 distance of predictions") == "Wasserstein-1 distance of predictions"
    assert within_sentence("") == ""


def test_what_a_terminal_would_obey_is_taken_out():
    assert printable("\x1b[31mred\x1b[0m\u202e") == "red" and len(printable("x" * 3000)) == 2000
    assert one_line("a\n b\tc") == "a b c"
    assert one_line("four", 4) == "four" and one_line("fours", 4) == "fou…" and one_line("a\n" * 300, 4) == "a a…"


class Silent:
    """An object of a stranger that refuses to be written."""

    def __repr__(self):
        raise RuntimeError("no")


class Mute(Exception):
    def __str__(self):
        raise ValueError("no")


def test_what_refuses_to_be_written_is_told_by_its_kind():
    assert (printable(Silent()), one_line(Mute()), shown(Silent())) == ("a Silent", "a Mute", "a Silent")
    assert shown([Silent()]) == "a list" and shown(10**5000) == "a int"
    assert shown("a\nb") == r"'a\nb'" and len(shown("x" * 300)) == 80


def test_scalars_of_numpy_are_settings_as_python_writes_them():
    text, whole, share = np.str_("m"), np.int64(3), np.float64(0.5)
    settings = {text: [text, (whole, share)], "on": np.bool_(True), "raw": np.bytes_(b"b")}
    assert repr(as_python(settings)) == "{'m': ['m', (3, 0.5)], 'on': True, 'raw': b'b'}"
    # values of rows, moments, and what would be another number
    for value in (np.array(["m"]), pd.Series([1]), np.datetime64("2026-01-01"), np.float32(0.1), np.array(None), None):
        assert as_python(value) is value


M, ARRAY = np.str_("m"), np.array(["q", "m"])
FRAME = pd.DataFrame({"x": np.arange(40.0), "sex": ["m", "f"] * 20, "y": ["no", "yes"] * 20})


def given(**settings):
    """Audit data of arrays."""
    return AuditData(**{
        "inputs": FRAME[["x"]], "labels": FRAME.y.to_numpy(), "groups": {"sex": FRAME.sex.to_numpy()}, **settings
    })  # fmt: skip


def read(**settings):
    """Audit data of a table."""
    return AuditData.from_table(FRAME, **{"label": "y", "groups": ["sex"], **settings})


def decided(inputs):
    return np.where(np.asarray(inputs)[:, 0] > 20, "yes", "no")


def audited(model=decided, **settings):
    wrapped = auditkit.wrap(decided, classes=["no", "yes"]) if model is decided else model()
    return auditkit.audit(wrapped, given(), **{"checks": ["performance.quality"], "budget": "quick", **settings})


LIMIT = {"measurement": "performance.quality.accuracy", "at_least": np.float64(0.5), "name": M}
DOORS = {
    "positive": lambda: given(positive=M), "task": lambda: given(task=M), "modality": lambda: given(modality=M),
    "outcome": lambda: given(outcome=M),
    "reference": lambda: given(reference={"sex": np.str_("q")}), "attribute": lambda: given(reference={M: M}),
    "no reference": lambda: given(reference=M), "minimum": lambda: given(minimum_cell=np.float64(2.5)),
    "left out": lambda: given(largest_left_out=np.float64(5)), "disclosure": lambda: given(disclosure=M),
    "groups": lambda: given(groups=FRAME.sex.to_numpy()), "columns of groups": lambda: read(groups=ARRAY),
    "values for groups": lambda: read(groups=FRAME.sex.to_numpy()), "a group": lambda: read(groups=M),
    "options of a group": lambda: read(groups={"sex": {M: M}}),
    "bins": lambda: read(groups={"x": {"bins": [np.float64(2), np.float64(1)]}}),
    "schema": lambda: read(schema={M: {"kind": "number"}}), "kind": lambda: read(schema={"x": {"kind": M}}),
    "decimal": lambda: read(decimal=M), "features": lambda: read(features=ARRAY), "a feature": lambda: read(features=M),
    **{role: (lambda role=role: read(**{role: M})) for role in ("label", "weights", "decisions", "scores", "people")},
    **{role: (lambda role=role: read(**{role: ARRAY})) for role in ("id", "drop")},
    "classes": lambda: audited(lambda: auditkit.wrap(decided, classes=ARRAY)),
    "classes twice": lambda: auditkit.wrap(decided, classes=np.array(["m", "m"])),
    "positive class": lambda: auditkit.wrap(decided, classes=list(ARRAY), positive=np.str_("z")),
    "output": lambda: auditkit.wrap(decided, classes=ARRAY, output=M),
    "limits": lambda: audited(limits=[{**LIMIT, "at_most": np.float64(0.1)}]),
    "limits of one name": lambda: audited(limits=[LIMIT, LIMIT]),
    "waivers": lambda: audited(waivers=[{"limit": M, "reason": "r", "approver": "a", "expires": "2030-01-01"}]),
    "checks": lambda: audited(checks=ARRAY), "budget": lambda: audited(budget=M),
    "parameters": lambda: audited(parameters={"performance.quality": {"bins": (M,)}}),
    "models of one name": lambda: auditkit.compare([auditkit.wrap(decided, name=M, classes=list("qm"))] * 2, given()),
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_a_message_about_what_numpy_gave_does_not_name_the_type_of_numpy(door):
    with pytest.raises(AuditkitError) as refused:
        DOORS[door]()
    assert not re.search(r"np\.|numpy\.", str(refused.value)), refused.value
    assert re.search(r"\b[qmz]\b|\d|ndarray", str(refused.value))  # it says what was given


def test_an_exception_without_words_of_its_own_gets_some():
    assert one_line(SystemExit(0)) == "the code called sys.exit(0), which ends the program"
    assert one_line(SystemExit(Silent())) == "a SystemExit"
    assert one_line(AssertionError()) == "without a message" and one_line(ValueError("no")) == "no"
