"""`fairness.group_probabilities`: planted differences, Adult with its known groups, and what it does not say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from auditkit.data import AuditData
from auditkit.plugins.fairness.group_probabilities.check import GroupProbabilityFairness
from tests.plugins.recorded import one, recorded, run

CHECK = GroupProbabilityFairness(trials=20)
SELECTED, FOUND = "selection_rate_difference_by_probability", "true_positive_rate_difference_by_probability"
ROWS = 6000


def people(gap: float, sharp: float = 0.03, seed: int = 0, **more):
    """Decisions that differ by the true group, which probabilities nearly tell where `sharp` is small."""
    rng = np.random.default_rng(seed)
    black = rng.beta(sharp, 2 * sharp, ROWS)
    group = rng.random(ROWS) < black
    selected = rng.random(ROWS) < 0.4 + gap * group
    labels = rng.random(ROWS) < 0.5
    return (
        recorded(
            selected.astype(int), labels.astype(int),
            group_probabilities={"race": {"black": black, "white": 1 - black}}, **more,
        ),
        (group, selected, labels),
    )  # fmt: skip


def test_a_planted_difference_is_noticed_and_equal_decisions_are_not():
    (model, data), (group, selected, labels) = people(0.4)
    result = run(CHECK, model, data)
    gap = one(result, SELECTED)
    truth = selected[group].mean() - selected[~group].mean()
    assert (
        gap.interval.low > 0.1
        and gap.interval.low <= truth <= gap.interval.high
        and gap.conditions == {"attribute": "race"}
    )
    of_labelled = one(result, FOUND)
    of_positives = selected[group & labels].mean() - selected[~group & labels].mean()
    assert of_labelled.interval.low > 0 and of_labelled.interval.low <= of_positives <= of_labelled.interval.high
    assert all(control.holds for control in result.controls)
    (model, data), _ = people(0.0)
    assert one(run(CHECK, model, data), SELECTED).interval.low == 0


def test_probabilities_that_tell_nothing_of_the_group_allow_nearly_everything():
    (model, data), _ = people(0.0, sharp=1000.0)
    gap = one(run(CHECK, model, data), SELECTED)
    assert gap.interval.low == 0 and gap.interval.high > 0.9


def classifier():
    return make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression(max_iter=500))


@pytest.fixture(scope="module")
def adult(shared_data):
    """8,000 people of Adult: how likely each is a woman by work and education, who is one, and two models' decisions.

    One model sees work and education alone, the other marriage and sex too. All were fitted on other people.
    """
    path = shared_data / "adult" / "adult.data.gz"
    frame = pd.read_csv(path, header=None, skipinitialspace=True).sample(16000, random_state=0).reset_index(drop=True)
    women, rich = (frame[9] == "Female").to_numpy(), (frame[14] == ">50K").to_numpy()
    fitted = np.arange(16000) < 8000
    work = np.column_stack([*(frame[column].astype(str) for column in (1, 3, 6)), (frame[12] // 10).astype(str)])
    every = np.column_stack([frame[column].astype(str) for column in (3, 5, 6, 7, 9)])
    probability = classifier().fit(work[fitted], women[fitted]).predict_proba(work[~fitted])[:, 1]
    decisions = [
        (classifier().fit(seen[fitted], rich[fitted]).predict_proba(seen[~fitted])[:, 1] >= 0.4)
        for seen in (work, every)
    ]
    return probability, women[~fitted], rich[~fitted], decisions


def differences(chosen, probability, women):
    """Men's rate less women's of some decisions: true, by the likeliest group, and weighted by the probabilities."""
    return [
        np.average(chosen, weights=1 - share) - np.average(chosen, weights=share)
        for share in (women.astype(float), (probability > 0.5).astype(float), probability)
    ]


@pytest.mark.parametrize("sees_sex", [False, True])
def test_the_bounds_hold_for_the_known_groups_of_adult(adult, sees_sex):
    probability, women, rich, decisions = adult
    selected = decisions[sees_sex]
    probable = {"sex": {"female": probability, "male": 1 - probability}}
    result = run(CHECK, *recorded(selected.astype(int), rich.astype(int), group_probabilities=probable))
    truth, likeliest, weighted = differences(selected, probability, women)
    gap, of_labelled = one(result, SELECTED), one(result, FOUND)
    assert gap.value == pytest.approx(weighted)
    assert gap.interval.low <= truth <= gap.interval.high
    of_rich = differences(selected[rich], probability[rich], women[rich])[0]
    assert of_labelled.interval.low <= abs(of_rich) <= of_labelled.interval.high
    if sees_sex:  # the decision goes with the group beyond the probabilities: the weighted number is far off
        assert weighted < truth / 2
    else:  # it does not, and the likeliest group exaggerates all the same
        assert weighted == pytest.approx(truth, abs=0.03) and likeliest > 1.5 * truth


def test_unknown_labels_leave_selection_rates_of_everybody():
    (model, data), (_, selected, _) = people(0.4)
    known = AuditData(
        data.inputs, labels=data.labels, recorded=data.recorded, positive=1, known=selected,
        group_probabilities=data.group_probabilities,
    )  # fmt: skip
    result = run(CHECK, model, known)
    assert one(result, SELECTED).n == ROWS and "not known" in one(result, FOUND).reason


def test_everybody_decided_alike_is_undecided_and_few_expected_people_are_left_out():
    probable = {"race": {"a": np.full(300, 0.5), "b": np.full(300, 0.48), "c": np.full(300, 0.02)}}
    result = run(CHECK, *recorded(np.ones(300, dtype=int), np.arange(300) % 2, group_probabilities=probable))
    gap = one(result, SELECTED)
    assert gap.value == 0 and gap.interval is None and gap.validity == "inconclusive"
    assert any("too few people of it are expected: c (race)" in note for note in result.notes)


def test_intervals_go_by_unit():
    (model, data), _ = people(0.4, unit=np.arange(ROWS) // 4)
    gap = one(run(CHECK, model, data), SELECTED)
    assert "by units" in gap.interval.method
    assert gap.value == pytest.approx(one(run(CHECK, *people(0.4)[0]), SELECTED).value)
