"""What `fairness.bias_audit` prints: the city's examples to the last digit, medians, unknown and small categories."""

import json

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pydantic import ValidationError

from auditkit import stats
from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.plugins.fairness.impact import audit_tables
from auditkit.plugins.fairness.impact.audit_check import BiasAudit
from auditkit.plugins.models.recorded import RecordedModel
from tests.plugins.recorded import control, one, recorded, run

RACES = {
    "Hispanic or Latino": (408, 204, 50, 0.97),
    "White": (797, 412, 52, 1.00),
    "Black or African American": (390, 170, 44, 0.84),
    "Native Hawaiian or Pacific Islander": (119, 52, 44, 0.85),
    "Asian": (616, 302, 49, 0.95),
    "Native American or Alaska Native": (41, 18, 44, 0.85),
    "Two or more races": (213, 96, 45, 0.87),
}
"""Applicants, selected, percent and ratio of the worked example of 6 RCNY 5-301(b), as handed down; not compared with
the text. Percents and ratios follow from the counts."""


def counted(table, attribute="race", **more):
    names, decisions, people = [], [], []
    for name, (total, chosen, *_) in table.items():
        for decision, number in ((1, chosen), (0, total - chosen)):
            if number:
                names, decisions, people = [*names, name], [*decisions, decision], [*people, number]
    return recorded(decisions, None, {attribute: names}, people=np.array(people), **more)


def both(table, unknown=0, **more):
    """{(sex, race): (people, selected)}, a row for each person."""
    sex, race, decisions = [], [], []
    for (one_sex, one_race), (total, chosen) in table.items():
        sex, race = sex + [one_sex] * total, race + [one_race] * total
        decisions += [1] * chosen + [0] * (total - chosen)
    return recorded(decisions, None, {"sex": sex, "race": race}, **more)


def table(result, name):
    return next(table for table in result.tables if table.name == name)


def cells(result, name):
    """{category: {column: cell}}"""
    printed = table(result, name)
    heads = [column.name for column in printed.columns]
    return {row[0]: dict(zip(heads, row, strict=True)) for row in printed.rows}


def everything(result):
    return result.model_dump_json()


def test_the_published_table_by_sex_to_the_last_digit(shared_data):
    published = json.loads((shared_data / "reference" / "ll144_selection_by_sex.json").read_text())["selection_example"]
    people = {row["group"]: (row["n_applicants"], row["n_selected"]) for row in published["sex"]}
    result = run(BiasAudit(), *counted({**people, "Unknown": (published["unknown"], 100)}, "sex"))
    printed = cells(result, "sex")
    assert set(printed) == {"Male", "Female"}
    for row in published["sex"]:
        cell = printed[row["group"]]
        assert (cell["applicants"], cell["rated"]) == (row["n_applicants"], row["n_selected"])
        assert round(100 * cell["rate"]) == row["rate_pct"] and round(cell["ratio"], 3) == row["impact_ratio"]
        assert cell["rate"] == pytest.approx(row["rate_recomputed"], abs=5e-7)
        assert cell["ratio"] == pytest.approx(row["impact_ratio_recomputed"], abs=5e-7)
    assert one(result, "unknown_category").value == published["unknown"] == 250
    assert "250 people" in table(result, "sex").caption and "2,571 people" in table(result, "sex").caption


def test_the_worked_example_by_race():
    result = run(BiasAudit(), *counted(RACES))
    for name, row in cells(result, "race_ethnicity").items():
        applicants, selected, percent, ratio = RACES[name]
        assert (row["applicants"], row["rated"]) == (applicants, selected)
        assert round(100 * row["rate"]) == percent and round(row["ratio"], 2) == ratio
    small = cells(result, "race_ethnicity")["Native American or Alaska Native"]
    assert small["remark"] == "under 2 % (1.59%)"
    wilson = stats.wilson(18, 41)
    beside = cells(result, "race_ethnicity_intervals")["Native American or Alaska Native"]
    assert (beside["rate_low"], beside["rate_high"]) == (wilson.low, wilson.high)
    assert "not required by the rule" in table(result, "race_ethnicity_intervals").title
    assert one(result, "lowest_impact_ratio").value == pytest.approx((170 / 390) / (412 / 797))


def test_the_two_percent_option_leaves_out_the_ratio_and_shows_the_numbers():
    check = BiasAudit(exclude_under=0.02, justification="41 people say too little")
    result = run(check, *counted(RACES))
    small = cells(result, "race_ethnicity")["Native American or Alaska Native"]
    assert (small["applicants"], small["rated"], round(small["rate"], 3), small["ratio"]) == (41, 18, 0.439, None)
    assert "41 people say too little" in table(result, "race_ethnicity").caption
    name = {"race": "Native American or Alaska Native"}
    assert "auditor's choice" in one(result, "impact_ratio", name).reason
    assert one(result, "selection_rate", name).n == one(result, "applicants", name).value == 41
    assert one(result, "race_ethnicity_categories").value == 6
    caption = table(run(BiasAudit(exclude_under=0.02), *counted(RACES)), "race_ethnicity").caption
    assert "has not yet given the justification" in caption


@pytest.mark.parametrize(("others", "left_out"), [(343, False), (344, True)])
def test_exactly_two_percent_stays(others, left_out):
    """7 of 350 is 2 % exactly, and 0.02 * 350 is a little more than 7 in floating point."""
    model_and_data = counted({"White": (others, 100), "Asian": (7, 3)}, minimum_cell=1, minimum_rate=1)
    row = cells(run(BiasAudit(exclude_under=0.02), *model_and_data), "race_ethnicity")["Asian"]
    assert (row["ratio"] is None) == left_out == ("under 2 %" in row["remark"])


def test_a_category_left_out_is_not_the_one_that_others_are_compared_with():
    model_and_data = counted({"White": (500, 250), "Black": (500, 200), "Asian": (15, 15)})
    all_in = cells(run(BiasAudit(), *model_and_data), "race_ethnicity")
    assert (all_in["Asian"]["ratio"], all_in["White"]["ratio"]) == (1, 0.5)
    without = cells(run(BiasAudit(exclude_under=0.02), *model_and_data), "race_ethnicity")
    assert (without["White"]["ratio"], without["Black"]["ratio"]) == (1, 0.8)


def test_intersections_each_on_their_own():
    people = {("F", "A"): (100, 20), ("F", "B"): (50, 25), ("M", "A"): (80, 40), ("M", "B"): (200, 80)}
    result = run(BiasAudit(), *both(people))
    rows = {row[:2]: row[2:6] for row in table(result, "intersectional").rows}
    assert rows == {
        ("F", "A"): (100, 20, 0.2, 0.4), ("F", "B"): (50, 25, 0.5, 1),
        ("M", "A"): (80, 40, 0.5, 1), ("M", "B"): (200, 80, 0.4, 0.8),
    }  # fmt: skip
    assert one(result, "impact_ratio", {"sex": "F"}).value == pytest.approx((45 / 150) / (120 / 280))
    assert [one(result, f"{name}_categories").value for name in ("sex", "race_ethnicity", "intersectional")] == [
        2,
        2,
        4,
    ]
    assert control(result, "recount").holds and control(result, "adds up").holds


def test_unknown_categories_are_counted_for_each_attribute_and_for_both():
    people = {
        ("F", "A"): (60, 30), ("M", "A"): (60, 30), ("Unknown", "A"): (20, 5), ("F", "(missing)"): (30, 10),
        ("M", "(missing)"): (12, 3), ("Unknown", "(missing)"): (11, 1),
    }  # fmt: skip
    result = run(BiasAudit(), *both(people))
    assert one(result, "unknown_category", across=("sex",)).value == 31
    assert one(result, "unknown_category", across=("race",)).value == 53
    assert one(result, "unknown_category", across=("sex", "race")).value == 73
    assert one(result, "applicants", {"sex": "F"}).value == 90
    assert one(result, "applicants", {"sex": "F", "race": "A"}).value == 60
    named = run(BiasAudit(unknown=("A",)), *both(people))
    assert one(named, "unknown_category", across=("race",)).value == 140
    assert one(named, "applicants", {"race": "(missing)"}).value == 53


@pytest.mark.parametrize("times", [1, 10])
def test_a_combination_of_nobody_hides_no_category(times):
    """As in the city's example: of 250 people neither is known, and nobody has a known race and an unknown sex."""
    people = {("Unknown", "Unknown"): (250 * times, 100 * times)}
    for race, (total, chosen, *_) in RACES.items():
        for sex, share in (("Female", 0.46), ("Male", 0.54)):
            people[sex, race] = (times * round(share * total), times * round(share * chosen))
    result = run(BiasAudit(), *both(people))
    shown = {
        tuple(measurement.slice.values()): measurement.value for measurement in result.measurements
        if measurement.name == "applicants" and measurement.value is not None
    }  # fmt: skip
    assert (
        len([category for category in shown if len(category) == 2]) == 14
        and len([category for category in shown if len(category) == 1]) == 9
    )
    assert shown["Female", "White"] == people["Female", "White"][0]
    assert not any(
        measurement.value is None
        for measurement in result.measurements
        if measurement.name in ("applicants", "impact_ratio")
    )
    assert [
        one(result, "unknown_category", across=names).value for names in (("sex",), ("race",), ("sex", "race"))
    ] == [250 * times] * 3
    assert len(table(result, "intersectional").rows) == 14


def test_a_number_of_unknown_people_that_gives_a_few_away_is_not_shown():
    people = {
        ("F", "A"): (60, 30), ("F", "B"): (60, 30), ("M", "A"): (60, 30), ("M", "B"): (60, 30),
        ("Unknown", "A"): (20, 5), ("Unknown", "(missing)"): (3, 1), ("F", "(missing)"): (20, 7),
    }  # fmt: skip
    assert one(run(BiasAudit(), *both(people)), "unknown_category", across=("sex", "race")).value == 43
    result = run(BiasAudit(), *both(people, disclosure="publish"))
    assert one(result, "unknown_category", across=("sex",)).value == 23
    joint = one(result, "unknown_category", across=("sex", "race"))
    assert joint.value is None and joint.reason == "fewer than 10 people"
    rows = table(result, "summary").rows
    assert ("People with an unknown sex or race/ethnicity", "not shown: fewer than 10 people") in rows


def test_small_categories_stay_hidden_and_the_owner_is_told_how_to_publish_them():
    people = {"White": (300, 90), "Black": (200, 50), "Asian": (40, 12), "Other": (4, 4)}
    result = run(BiasAudit(), *counted(people))
    assert one(result, "applicants", {"race": "Other"}).value is None
    assert all(cells(result, "race_ethnicity")["Other"][name] is None for name in ("applicants", "rated", "rate"))
    assert cells(result, "race_ethnicity")["Other"]["remark"] == "not shown: fewer than 10 people"
    assert any("minimum_cell = 1" in note and "summary needs" in note for note in result.notes)
    shown = run(BiasAudit(), *counted(people, minimum_cell=1, minimum_rate=1))
    assert cells(shown, "race_ethnicity")["Other"]["ratio"] == 1
    assert not any("minimum_cell" in note for note in shown.notes)


def test_no_line_is_drawn_and_no_threshold_named():
    result = run(BiasAudit(), *counted(RACES))
    assert all(not figure.rules for figure in result.figures)
    text = " ".join([everything(result), json.dumps(BiasAudit.about().model_dump())]).lower()
    assert "four fifths" not in text and "four-fifths" not in text and "80 %" not in text


def scored(scores, sex, **more):
    return recorded(None, None, {"sex": sex}, scores=np.asarray(scores, dtype=float), **more)


def test_scoring_is_strictly_above_the_median_of_everybody():
    # 40 people; the middle two scores are both 0.5, so the 12 with 0.5 are not above
    scores = [0.1] * 14 + [0.5] * 12 + [0.9] * 14
    sex = ["F", "M"] * 20
    result = run(BiasAudit(), *scored(scores, sex))
    assert one(result, "median_score").value == 0.5 and one(result, "median_score").n == 40
    assert one(result, "scoring_rate", {"sex": "F"}).value == 7 / 20
    assert any("12 people have exactly the median score" in note for note in result.notes)
    assert table(result, "sex").columns[2].title == "# above the median"
    assert not any(measurement.name == "selection_rate" for measurement in result.measurements)


def test_the_median_is_that_of_the_full_sample_unknown_people_included():
    sex = ["F"] * 20 + ["M"] * 20 + ["Unknown"] * 41
    scores = [0.2] * 20 + [0.4] * 20 + [0.8] * 41
    result = run(BiasAudit(), *scored(scores, sex))
    assert one(result, "median_score").value == 0.8
    assert one(result, "scoring_rate", {"sex": "M"}).value == 0  # above the median of the known, 0.3
    assert "nobody was selected" in one(result, "impact_ratio", {"sex": "M"}).reason


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("FM"), st.integers(1, 30)), min_size=2, max_size=20))
def test_scores_of_a_table_of_counts_are_those_of_a_row_for_each(rows):
    scores, sex, people = (np.array(column) for column in zip(*rows, strict=True))
    few = run(BiasAudit(), *scored(scores / 4, sex, people=people, minimum_cell=1, minimum_rate=1))
    many = run(
        BiasAudit(), *scored(np.repeat(scores, people) / 4, np.repeat(sex, people), minimum_cell=1, minimum_rate=1)
    )
    assert few.measurements == many.measurements and few.tables == many.tables


def test_decisions_that_mean_above_the_median():
    result = run(BiasAudit(decisions_are="above median"), *counted({"F": (100, 50), "M": (100, 40)}, "sex"))
    assert one(result, "scoring_rate", {"sex": "M"}).value == 0.4
    assert one(result, "impact_ratio", {"sex": "M"}).value == 0.8
    assert "before the decisions were made" in one(result, "median_score").reason
    with pytest.raises(ValidationError, match="are scoring"):
        BiasAudit(decisions_are="above median", mode="selection")


def test_numbers_that_a_model_predicts_are_scores():
    model_and_data = recorded(
        [1.5, 2.5, 3.5, 4.5] * 20, None, {"sex": ["F", "F", "M", "M"] * 20}, task="regression", positive=None
    )
    check = BiasAudit()
    assert check.kind(*model_and_data) == "scoring" and check.applies(*model_and_data) is None
    result = run(check, *model_and_data)
    assert one(result, "median_score").value == 3 and one(result, "scoring_rate", {"sex": "F"}).value == 0
    assert "gives numbers" in BiasAudit(mode="selection").applies(*model_and_data)


def test_people_sorted_into_several_classes_have_tables_for_each():
    decided = ["lead", "build", "plan"] * 40
    model_and_data = recorded(decided, None, {"sex": ["F"] * 60 + ["M"] * 60}, task="multiclass", positive=None)
    result = run(BiasAudit(), *model_and_data)
    measurement = one(result, "selection_rate", {"sex": "F"}, conditions={"classified as": "lead"})
    assert measurement.value == pytest.approx(1 / 3)
    assert [
        table.name for table in result.tables if table.name.startswith("sex_") and "intervals" not in table.name
    ] == [
        "sex_1",
        "sex_2",
        "sex_3",
    ]
    assert len({figure.name for figure in result.figures}) == len(result.figures) == 6
    assert "several" in BiasAudit(mode="scoring").applies(*recorded(
        decided, None, {"sex": ["F"] * 120}, scores=np.linspace(0, 1, 120), task="multiclass", positive=None
    ))  # fmt: skip


def test_attributes_are_named_or_found_and_otherwise_it_is_said_how():
    model, data = counted({"a": (50, 20), "b": (50, 20)}, "team")
    assert 'sex = "…"' in BiasAudit().applies(model, data)
    assert BiasAudit(sex="team").applies(model, data) is None
    result = run(BiasAudit(sex="team"), model, data)
    assert (
        one(result, "sex_categories").value == 2 and "race/ethnicity" in one(result, "intersectional_categories").reason
    )
    assert any("race_ethnicity = " in note for note in result.notes)
    with pytest.raises(DataError, match="must be one of the groups"):
        run(BiasAudit(sex="teem"), model, data)
    with pytest.raises(DataError, match="must be two attributes"):
        BiasAudit(sex="team", race_ethnicity="team").attributes(data)
    assert "decisions only" in BiasAudit(mode="scoring", sex="team").applies(model, data)


def test_people_without_a_decision_are_in_no_table():
    model_and_data = recorded([1, 0] * 60, None, {"sex": ["F", "F", "M", "M"] * 30}, withheld=np.arange(120) >= 80)
    result = run(BiasAudit(), *model_and_data)
    assert one(result, "applicants", {"sex": "F"}).value == 40
    assert any("no decision was made about them: 40 people" in note for note in result.notes)


def test_a_table_that_loses_people_is_caught(monkeypatch):
    monkeypatch.setattr(audit_tables.Selection, "only", lambda self, at: type(self)(
        self.attributes, [self.where[0]], self.people[:1], self.selected[:1], self.reasons[:1], self.large[:1]
    ))  # fmt: skip
    result = run(BiasAudit(), *counted({"F": (50, 20), "M": (50, 10)}, "sex"))
    assert not control(result, "adds up").holds
    assert one(result, "selection_rate", {"sex": "F"}).validity == "invalid"


@settings(max_examples=20)
@given(
    st.dictionaries(
        st.sampled_from(list(RACES)), st.integers(1, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
        min_size=2,
    )
)  # fmt: skip
def test_ratios_lie_between_0_and_1_and_the_most_selected_has_1(people):
    result = run(BiasAudit(), *counted(people, minimum_cell=1, minimum_rate=1))
    ratios = [row["ratio"] for row in cells(result, "race_ethnicity").values()]
    if any(chosen for _, chosen in people.values()):
        assert max(ratios) == 1 and min(ratios) >= 0
    else:
        assert ratios == [None] * len(people)


def test_a_file_of_counts_is_read_and_printed_as_it_stands(tmp_path):
    lines = ["sex,race,applicants,selected", "F,A,100,20", "F,B,50,25", "M,A,80,40", "M,B,200,0"]
    (tmp_path / "counts.csv").write_text("\n".join(lines))
    data = AuditData.from_table(
        tmp_path / "counts.csv", groups=["sex", "race"], people="applicants", selected="selected", positive=1
    )
    result = run(BiasAudit(), RecordedModel.of(data), data)
    rows = {row[:2]: row[2:6] for row in table(result, "intersectional").rows}
    assert rows[("F", "A")] == (100, 20, 0.2, 0.4) and rows[("M", "B")] == (200, 0, 0, 0)
    assert one(result, "applicants", {"sex": "M"}).value == 280
