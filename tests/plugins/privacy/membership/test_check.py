"""The check of membership on an overfit model, a regularised one, and splits that make it invalid."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas
import pytest

import auditkit
from auditkit.checks import Context, Findings, missing_needs
from auditkit.data import AuditData
from auditkit.errors import TimeLimit
from auditkit.plugins.privacy.membership.check import Membership
from auditkit.plugins.privacy.membership.copies import copier
from auditkit.plugins.privacy.membership.definitions import ATTACKS
from auditkit.plugins.privacy.membership.pool import Pool
from auditkit.predictions import Predictions
from auditkit.results import TOGETHER, CheckResult, Measurement
from auditkit.run.controls import apply_controls
from auditkit.smaller import set_apart

ROWS = 1500


@pytest.fixture(scope="module")
def world() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import make_classification

    inputs, labels = make_classification(2 * ROWS, 12, n_informative=5, flip_y=0.2, random_state=0)
    return inputs, labels


def data_of(world: tuple[np.ndarray, np.ndarray], inputs: np.ndarray | None = None, **more: Any) -> AuditData:
    every, labels = world
    train = AuditData(every[:ROWS], labels=labels[:ROWS], positive=1, groups=groups(ROWS))
    unseen = every[ROWS:] if inputs is None else inputs
    facts = {"labels": labels[ROWS:], "positive": 1, "train": train, "groups": groups(ROWS)} | more
    return AuditData(unseen, **facts)


def groups(rows: int) -> dict[str, np.ndarray]:
    at = np.arange(rows)
    return {"side": np.where(at % 2, "odd", "even"), "rare": np.where(at < 5, "few", "many")}


@pytest.fixture(scope="module")
def overfit(world: tuple[np.ndarray, np.ndarray]) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(60, min_samples_leaf=2, random_state=0).fit(world[0][:ROWS], world[1][:ROWS])
    return auditkit.wrap(forest, classes=(0, 1), task="binary")


@pytest.fixture(scope="module")
def regular(world: tuple[np.ndarray, np.ndarray]) -> Any:
    from sklearn.linear_model import LogisticRegression

    return auditkit.wrap(LogisticRegression(C=0.1).fit(world[0][:ROWS], world[1][:ROWS]), classes=(0, 1))


def run(model: Any, data: AuditData, seed: int = 0, **parameters: Any) -> CheckResult:
    context = Context(rng=np.random.default_rng(seed), predictions=Predictions(model, data), seed=seed)
    return apply_controls(Membership(**parameters)(model, data, context))


@pytest.fixture(scope="module")
def leaky(overfit: Any, world: tuple[np.ndarray, np.ndarray]) -> CheckResult:
    """What is found of the overfit forest, with everything left at its default."""
    return run(overfit, data_of(world))


def one(result: CheckResult, name: str, **conditions: str) -> Measurement:
    measurements = [
        measurement
        for measurement in result.measurements
        if measurement.name == name and not measurement.slice and conditions.items() <= measurement.conditions.items()
    ]
    assert len(measurements) == 1
    return measurements[0]


def failed(result: CheckResult) -> set[str]:
    return {control.name for control in result.controls if control.holds is not True}


def test_an_overfit_forest_gives_its_members_away(leaky: CheckResult) -> None:
    result = leaky
    assert not failed(result)
    area, low, reached, advantage = (one(result, name) for name in ATTACKS)
    assert area.interval and area.interval.low > 0.75 and area.conditions == {"attack": "rmia"}  # type: ignore[operator]
    assert low.conditions == reached.conditions == {"attack": "rmia", "false_positive_rate": 0.0134}
    assert low.interval and low.interval.method == "Clopper-Pearson" and reached.interval and reached.n == ROWS
    assert low.interval.low > 5 * reached.interval.high > 5 * 0.0134  # type: ignore[operator]
    assert advantage.value is not None and advantage.value > 0.2
    assert one(result, "memorisation", rows="contradicting neighbours").value > 0.4  # type: ignore[operator]


def test_the_loss_alone_finds_less_and_says_what_a_stronger_attack_needs(
    overfit: Any, world: tuple[np.ndarray, np.ndarray], leaky: CheckResult
) -> None:
    opaque = auditkit.wrap(overfit.probabilities, classes=(0, 1), task="binary")
    with_copies, without = leaky, run(opaque, data_of(world))
    assert one(without, "auc").conditions == {"attack": "loss"} and one(without, "auc").validity == "valid"
    assert 0.6 < one(without, "auc").value < one(with_copies, "auc").value - 0.1  # type: ignore[operator]
    assert without.higher_level and not with_copies.higher_level
    assert any("none: a function model cannot be fitted anew" in note for note in without.notes)
    assert any("rmia, with 4 copies of the model" in note for note in with_copies.notes)
    table = {row[0]: row for row in with_copies.tables[0].rows}
    assert list(table) == ["rmia", "loss", "calibrated loss", "lira offline"]
    assert table["rmia"][1] == one(with_copies, "auc").value
    assert table["loss"][1] == one(without, "auc").value


@pytest.mark.parametrize("attack", ["loss", "calibrated loss", "lira offline", "lira online"])
def test_any_attack_may_be_chosen(attack: str, overfit: Any, world: tuple[np.ndarray, np.ndarray]) -> None:
    result = run(overfit, data_of(world), attack=attack)
    assert one(result, "auc").conditions == {"attack": attack}
    assert one(result, "auc").value > 0.62 and one(result, "auc").validity == "valid"  # type: ignore[operator]
    assert result.tables[0].rows[0][0] == attack


def test_a_regularised_model_is_hardly_flagged(regular: Any, world: tuple[np.ndarray, np.ndarray]) -> None:
    result = run(regular, data_of(world))
    assert not failed(result)
    assert one(result, "auc").interval.high < 0.58 and one(result, "auc").validity == "valid"  # type: ignore[operator, union-attr]
    low, reached = one(result, "true_positive_rate"), one(result, "reached_false_positive_rate")
    assert low.interval and reached.interval and low.interval.low < reached.interval.high  # type: ignore[operator]
    contradicting = one(result, "memorisation", rows="contradicting neighbours")
    assert contradicting.interval and contradicting.interval.low < 0.05  # type: ignore[operator]


@pytest.mark.parametrize("which", ["overfit", "regular"])
def test_non_members_from_elsewhere_make_it_invalid(
    which: str, request: pytest.FixtureRequest, world: tuple[np.ndarray, np.ndarray]
) -> None:
    shifted = world[0][ROWS:].copy()
    shifted[:, :3] += 0.5
    result = run(request.getfixturevalue(which), data_of(world, shifted))
    assert "blind-baseline" in failed(result)
    assert {one(result, name).validity for name in ATTACKS} == {"invalid"}


def test_labels_from_elsewhere_make_the_placebo_fail(regular: Any, world: tuple[np.ndarray, np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    labels = np.where(rng.random(ROWS) < 0.35, 1 - world[1][ROWS:], world[1][ROWS:])
    result = run(regular, data_of(world, labels=labels))
    assert "placebo-model" in failed(result)
    assert one(result, "auc").validity == "invalid"


def test_rows_on_both_sides_are_left_out(overfit: Any, world: tuple[np.ndarray, np.ndarray]) -> None:
    """A test split that is half training rows would hide the attack."""
    mixed, labels = world[0][ROWS:].copy(), world[1][ROWS:].copy()
    mixed[:700], labels[:700] = world[0][:700], world[1][:700]
    result = run(overfit, data_of(world, mixed, labels=labels))
    assert one(result, "auc").n == 2 * (ROWS - 700)
    assert one(result, "auc").value > 0.65  # type: ignore[operator]
    assert result.notes[0] == (
        "Left out: 700 rows of the audit data that stand in the training split, too; 700 further rows that "
        "occur more than once."
    )


def test_an_audit_table_cut_from_the_training_split_says_so(
    overfit: Any, world: tuple[np.ndarray, np.ndarray]
) -> None:  # fmt: skip
    mixed, labels = world[0][ROWS:].copy(), world[1][ROWS:].copy()
    mixed[100:], labels[100:] = world[0][100:ROWS], world[1][100:ROWS]
    result = run(overfit, data_of(world, mixed, labels=labels))
    assert failed(result) >= {"audit-rows-trained-on"}
    assert {one(result, name).validity for name in ATTACKS} == {"inconclusive"}
    assert result.notes[0].startswith("Left out: 1,400 rows of the audit data that stand in the training split")


def test_groups_are_attacked_apart_and_small_ones_are_not_shown(leaky: CheckResult) -> None:
    result = leaky
    by_group = {
        tuple(measurement.slice.items()): measurement
        for measurement in result.measurements
        if measurement.slice and measurement.name == "auc"
    }
    by_side = {
        measurement.slice["side"]: (measurement.value, measurement.n)
        for measurement in result.measurements
        if measurement.name == "true_positive_rate" and measurement.slice.get("side")
    }
    everyone = one(result, "true_positive_rate").value
    assert sum(value * n for value, n in by_side.values()) / ROWS == pytest.approx(everyone)  # type: ignore[operator]
    for value in ("odd", "even"):
        assert by_group[(("side", value),)].value > 0.6  # type: ignore[operator]
        assert by_group[(("side", value),)].n == ROWS
    hidden, shown = by_group[(("rare", "few"),)], by_group[(("rare", "many"),)]
    assert hidden.value is None and hidden.n is None and hidden.reason
    assert shown.value > 0.6, "no group is hidden for a smaller one's sake"  # type: ignore[operator]


def test_a_group_that_the_training_split_lacks_is_undefined(
    regular: Any, world: tuple[np.ndarray, np.ndarray]
) -> None:  # fmt: skip
    data = data_of(world)
    train = AuditData(world[0][:ROWS], labels=world[1][:ROWS], positive=1)
    result = run(regular, dataclasses.replace(data, train=train))
    reasons = {measurement.reason for measurement in result.measurements if measurement.slice.get("side")}
    assert reasons == {"the training split does not say who is in this group"}


def test_the_same_seed_gives_the_same_result(regular: Any, world: tuple[np.ndarray, np.ndarray]) -> None:
    data = data_of(world)
    assert run(regular, data, 3).model_dump_json() == run(regular, data, 3).model_dump_json()


@pytest.mark.parametrize("size", [9, 1])
def test_groups_too_small_to_show_are_attacked_as_one(
    regular: Any, world: tuple[np.ndarray, np.ndarray], size: int
) -> None:
    """Four groups of nine are 36 people on either side; four of one are too few to stand together."""
    names = np.array([f"g{at // size}" if at < 4 * size else "rest" for at in range(ROWS)])
    data = data_of(world, groups={"small": names})
    assert data.train is not None
    train = dataclasses.replace(data.train, groups={"small": names})
    data = dataclasses.replace(data, train=train)
    result = set_apart(run(regular, data, attack="loss"), data)
    if size == 1:
        assert result.together == ()
        return
    joined, low = result.together
    assert low.name == "true_positive_rate" and low.n == 36
    answers = regular.probabilities(world[0]), world[1]
    losses = -np.log(answers[0][np.arange(2 * ROWS), answers[1]])
    members, others = losses[:ROWS][names != "rest"], losses[ROWS:][names != "rest"]
    wins = np.mean([a < b for a in members for b in others])
    assert (joined.name, joined.value, joined.n) == ("auc", pytest.approx(wins), 72)
    assert joined.slice == {"small": TOGETHER} and "small=g0; small=g1" in (joined.reason or "")


def test_too_few_rows_are_undefined(regular: Any, world: tuple[np.ndarray, np.ndarray]) -> None:
    every, labels = world
    copies = AuditData(every[:30], labels=labels[:30], positive=1)
    result = run(regular, AuditData(every[:30], labels=labels[:30], positive=1, train=copies))
    assert all(
        measurement.value is None and "fewer than 20" in (measurement.reason or "")
        for measurement in result.measurements
    )


def test_the_curve_shows_few_accusations_and_chance(leaky: CheckResult) -> None:
    figure = leaky.figures[0]
    assert figure.x and figure.y and figure.x.log and figure.y.log
    assert all(point["true"] > 0 and point["false"] > 0 for point in figure.data)  # type: ignore[operator]
    chance = [point for point in figure.data if point["who"] == "chance"]
    assert len(chance) == 2 < len(figure.data) and all(point["true"] == point["false"] for point in chance)


def test_planted_outliers_are_found_in_the_model_that_knows_them_by_heart() -> None:
    """Rows far from all others with a label by lot: trees remember them, a linear model cannot."""
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)

    def draw(rows: int) -> tuple[np.ndarray, np.ndarray]:
        inputs = rng.normal(0, 1, (rows, 5))
        return inputs, (inputs[:, 0] + rng.normal(0, 0.5, rows) > 0).astype(int)

    inputs, labels = draw(900)
    inputs[:40] = rng.uniform(6, 20, (40, 5)) * rng.choice([-1, 1], (40, 5))
    labels[:40] = rng.integers(0, 2, 40)
    other, other_labels = draw(900)
    train = AuditData(inputs, labels=labels, positive=1)
    data = AuditData(other, labels=other_labels, positive=1, train=train)
    memorised = {}
    for name, estimator in (
        ("trees", GradientBoostingClassifier(n_estimators=150, max_depth=4, random_state=0)),
        ("linear", LogisticRegression(C=0.01)),
    ):
        model = auditkit.wrap(estimator.fit(inputs, labels), classes=(0, 1))
        memorised[name] = one(run(model, data), "memorisation", rows="isolated")
    assert memorised["trees"].interval and memorised["trees"].interval.low > 0.2  # type: ignore[operator]
    assert memorised["linear"].interval and memorised["linear"].interval.low < 0.1  # type: ignore[operator]
    assert 40 <= (memorised["trees"].n or 0) <= 60


def test_what_a_better_model_knows_is_not_called_memory() -> None:
    """A model that knows the true rule, which the reference does not find, is right about odd rows by skill."""
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 2, (1600, 14)).astype(float) + rng.normal(0, 1e-3, (1600, 14))
    parity = np.round(inputs[:, :6]).sum(axis=1) % 2

    def answer(rows: np.ndarray) -> np.ndarray:
        odd = np.round(rows[:, :6]).sum(axis=1) % 2
        return np.column_stack([1 - odd, odd])

    train = AuditData(inputs[:800], labels=parity[:800].astype(int), positive=1)
    data = AuditData(inputs[800:], labels=parity[800:].astype(int), positive=1, train=train)
    result = run(auditkit.wrap(answer, classes=(0, 1), task="binary"), data)
    assert "same-skill" in failed(result)
    assert {
        measurement.validity
        for measurement in result.measurements
        if measurement.name == "memorisation" and measurement.value is not None
    } <= {"inconclusive"}
    assert one(result, "auc").validity == "valid"


def test_tables_texts_and_pictures(world: tuple[np.ndarray, np.ndarray]) -> None:
    rng = np.random.default_rng(0)

    def table(rows: int) -> pandas.DataFrame:
        frame = pandas.DataFrame({"x": rng.normal(0, 1, rows), "c": rng.choice(["u", "v"], rows)})
        frame.loc[::9, "x"] = np.nan
        return frame

    def texts(rows: int) -> list[str]:
        return [" ".join(rng.choice(["red", "blue", "fox", "hen"], 6)) + str(number) for number in range(rows)]

    def pictures(rows: int) -> np.ndarray:
        return rng.uniform(0, 1, (rows, 1, 15, 15))

    for make, modality in ((table, "table"), (texts, "text"), (pictures, "image")):
        labels = rng.integers(0, 2, 400)
        train = AuditData(make(200), labels=labels[:200], modality=modality, positive=1)  # type: ignore[arg-type]
        data = AuditData(make(200), labels=labels[200:], modality=modality, positive=1, train=train)  # type: ignore[arg-type]
        model = auditkit.wrap(lambda rows: np.full((len(rows), 2), 0.5), classes=(0, 1), task="binary")
        area = one(run(model, data), "auc")
        assert area.value == 0.5, "a model that always says the same tells nothing"


def test_says_what_it_needs(world: tuple[np.ndarray, np.ndarray], regular: Any) -> None:
    data = data_of(world)
    assert missing_needs(Membership, regular, data) is None
    assert "training split" in (missing_needs(Membership, regular, dataclasses.replace(data, train=None)) or "")
    check = Membership()
    assert check.calls(regular, data, ROWS) >= ROWS and check.level == "training"


def test_a_model_of_decisions_alone_is_attacked_by_the_gap(overfit: Any, world: tuple[np.ndarray, np.ndarray]) -> None:
    """Yeom et al.: the advantage of whoever calls a member who is decided rightly is the gap in accuracy."""
    decided = auditkit.wrap(lambda rows: overfit.predict(rows), classes=(0, 1), task="binary")
    assert missing_needs(Membership, decided, data_of(world)) is None
    result = run(decided, data_of(world))
    right = overfit.predict(world[0]) == world[1]
    gap = right[:ROWS].mean() - right[ROWS:].mean()
    assert one(result, "auc").value == pytest.approx(0.5 + gap / 2)
    assert one(result, "auc").conditions == {"attack": "gap"}
    assert any("decisions alone" in note for note in result.notes)
    assert one(result, "auc").validity == "valid" and one(result, "auc").interval.low > 0.53  # type: ignore[operator, union-attr]
    assert one(result, "true_positive_rate").value == 0, "among equals nobody can be singled out"
    assert one(result, "memorisation", rows="contradicting neighbours").interval.low > 0.2  # type: ignore[operator, union-attr]


@pytest.mark.parametrize("positive", [1, 0])
def test_scores_that_are_no_probabilities_tell_more_than_decisions(
    positive: int, world: tuple[np.ndarray, np.ndarray]
) -> None:
    from sklearn.svm import SVC

    machine = SVC(C=10, gamma=0.3).fit(world[0][:ROWS], world[1][:ROWS])
    data = dataclasses.replace(data_of(world, groups={}), positive=positive)
    scored = run(auditkit.wrap(machine, classes=(0, 1), positive=positive), data, reference_models=2)
    decided = run(auditkit.wrap(lambda rows: machine.predict(rows), classes=(0, 1), task="binary"), data)
    loss = {row[0]: row[1] for row in scored.tables[0].rows}
    margins = machine.decision_function(world[0]) * (2 * world[1] - 1)
    wins = np.mean(margins[:ROWS, None] > margins[None, ROWS:])
    assert loss["loss"] == pytest.approx(wins, abs=0.002) and loss["loss"] > one(decided, "auc").value + 0.1  # type: ignore[operator]
    assert one(scored, "auc").value > 0.7 and any("reads them as log-odds" in note for note in scored.notes)  # type: ignore[operator]
    assert "same-skill" not in failed(scored), "copies decide as the model decides"


def test_decisions_alone_of_a_regularised_model_tell_nothing(
    regular: Any, world: tuple[np.ndarray, np.ndarray]
) -> None:  # fmt: skip
    decided = auditkit.wrap(lambda rows: regular.predict(rows), classes=(0, 1), task="binary")
    result = run(decided, data_of(world))
    area = one(result, "auc")
    assert area.validity == "valid" and area.interval and area.interval.low <= 0.5  # type: ignore[operator]
    shifted = world[0][ROWS:].copy()
    shifted[:, :3] += 0.5
    assert one(run(decided, data_of(world, shifted)), "auc").validity == "invalid"


@pytest.mark.parametrize("attack", ["black box", "boundary distance"])
def test_attacks_of_art_judge_some_rows_and_say_how_many(
    attack: str, regular: Any, world: tuple[np.ndarray, np.ndarray]
) -> None:
    decided = auditkit.wrap(lambda rows: regular.predict(rows), classes=(0, 1), task="binary")
    result = run(decided, data_of(world), attack=attack, boundary_rows=30, boundary_queries=50)
    rows = 30 if attack == "boundary distance" else ROWS // 2
    area = one(result, "auc")
    assert area.conditions == {"attack": attack} and area.n == 2 * rows
    assert area.interval and area.interval.low <= 0.5 <= area.interval.high  # type: ignore[operator]
    assert (
        f"{rows} members and {rows} non-members" in result.notes[0] and "there are none: a function" in result.notes[0]
    )
    assert [row[0] for row in result.tables[0].rows] == [attack, "gap"]


@pytest.mark.parametrize(
    ("until", "parameters", "attack", "rows"),
    [
        ("fitting copy 1", {}, "loss", 2 * ROWS),
        ("fitting copy 4", {}, "rmia", 2 * ROWS),
        ("looking for odd", {}, "rmia", 2 * ROWS),
        ("around row 51", {"attack": "boundary distance"}, "boundary distance", 50),
        ("around row 9", {"attack": "boundary distance"}, "loss", 2 * ROWS),
    ],
)
def test_what_there_is_when_the_time_ends_is_handed_over(
    until: str, parameters: dict[str, Any], attack: str, rows: int,
    regular: Any, world: tuple[np.ndarray, np.ndarray],
) -> None:  # fmt: skip
    data = data_of(world, groups={})
    context = Context(np.random.default_rng(0), Predictions(regular, data))

    def tell(done: int, of: int, what: str) -> None:
        if until in what:
            context.deadline = 0.0

    context.on_progress = tell
    settings = {"reference_models": 4, "boundary_queries": 50, **parameters}
    with pytest.raises(TimeLimit) as caught:
        Membership(**settings)(regular, data, context)
    partial = caught.value.findings
    assert isinstance(partial, Findings)
    area = next(number for number in partial.measurements if number.name == "auc")
    assert area.conditions == {"attack": attack} and area.n == rows
    assert {control.name for control in partial.controls} >= {"blind-baseline", "placebo-model"}
    note = next(iter(partial.notes))
    assert until != "fitting copy 4" or "rmia, with 2 copies" in note, "whole pairs serve"
    assert until != "fitting copy 1" or "the time was up" in note


def test_an_attack_that_cannot_be_made_is_refused_with_the_way_out(regular: Any) -> None:
    data = AuditData(np.zeros((2, 2)), labels=[0, 1], positive=1)
    opaque = auditkit.wrap(regular.probabilities, classes=(0, 1), task="binary")
    assert Membership().applies(opaque, data) is None and Membership(attack="rmia").applies(regular, data) is None
    names = AuditData(pandas.DataFrame({"c": ["u", "v"]}), labels=[0, 1], positive=1)
    unchanged = Membership(attack="boundary distance").applies(opaque, names)
    assert "the inputs hold none" in str(unchanged)
    assert [mend.value for mend in unchanged.mends] == ["auto"]  # type: ignore[union-attr]
    assert Membership(attack="boundary distance").applies(opaque, data) is None
    refused = Membership(attack="rmia").applies(opaque, data)
    assert "function model cannot be fitted anew" in str(refused)
    few = Membership(attack="lira online", reference_models=2).applies(regular, data)
    assert "needs 4 copies of the model at least" in str(few) and "reference_models = 2" in str(few)


def test_who_is_most_exposed_is_named_only_where_rows_may_be_shown(
    overfit: Any, world: tuple[np.ndarray, np.ndarray], leaky: CheckResult
) -> None:
    data = data_of(world)
    assert [table.name for table in leaky.tables] == ["attacks"]
    context = Context(np.random.default_rng(0), Predictions(overfit, data), include_rows=True)
    shown = Membership(reference_models=2)(overfit, data, context)
    rows, scores = zip(*shown.tables[1].rows, strict=True)
    assert len(rows) == 20 and list(scores) == sorted(scores, reverse=True)
    kept = np.setdiff1d(np.arange(ROWS), rows)
    pool = Pool(world[0][kept], world[1][kept], np.ones((1, len(kept)), dtype=bool), np.array([0]))
    (without,) = copier(overfit, Membership())(pool, lambda done, of: True)
    exposed, labels = world[0][list(rows)], world[1][list(rows)]
    known, unknown = overfit.probabilities(exposed), without(exposed)
    gain = known[np.arange(20), labels] / unknown[np.arange(20), labels]
    assert max(rows) < ROWS and np.median(gain) > 2, "the model knows them, and would not have without them"
