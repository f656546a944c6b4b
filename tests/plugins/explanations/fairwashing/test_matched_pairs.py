"""People alike but for their group, and what an explanation says about the difference."""

import numpy as np
import pandas as pd
import pytest

from auditkit.plugins.explanations.fairwashing import matched_pairs
from auditkit.plugins.explanations.fairwashing.coordinates import coordinates
from auditkit.plugins.explanations.fairwashing.discriminator import mixture_area, mixture_note
from auditkit.plugins.explanations.fairwashing.group_seen import GroupSeen, proxy_share, proxy_table
from auditkit.plugins.explanations.fairwashing.matched_pairs import compared, matched_gap, matched_pair_test
from auditkit.plugins.explanations.fairwashing.proxies import Proxy
from auditkit.plugins.explanations.fairwashing.real_rows import RealRows

RNG = np.random.default_rng(0)
ROWS, EXPLAINED = 300, 60
SEX = RNG.integers(0, 2, ROWS)
FRAME = pd.DataFrame({
    "sex": SEX,
    "pay": RNG.normal(size=ROWS) + SEX,
    "town": RNG.choice(["a", "b", "c"], ROWS),
    "age": RNG.normal(size=ROWS),
})  # fmt: skip
NUMERIC = np.array([True, True, False, True])
CODES = np.column_stack([FRAME.sex, FRAME.pay, FRAME.town.map({"a": 0, "b": 1, "c": 2}), FRAME.age]).astype(float)
ANSWERS = 2.0 * SEX + FRAME.pay.to_numpy()
SEEN = GroupSeen("sex", SEX.astype(str), np.ones(ROWS, bool), [Proxy(0, "own column", 1.0)])


def rows(on_sex, answers=ANSWERS, chosen=None):
    """Attributions that give `on_sex` to men and as much less to women, and the rest to pay."""
    chosen = np.arange(EXPLAINED) if chosen is None else chosen
    of_model = np.zeros((len(chosen), 4))
    of_model[:, 0] = np.where(SEX[chosen] == 1, on_sex, -on_sex)
    of_model[:, 1] = answers[chosen] - answers.mean() - of_model[:, 0]
    return RealRows(CODES, np.arange(0), answers, of_model, of_model, chosen, 1.0)


def judged(seen, rows, numeric):
    return matched_pair_test(seen, compared(seen, rows, numeric), len(rows.codes))


def by_hand(where, answers, inside):
    """Pairs of loops."""
    gaps, own = [], []
    for row in range(len(where)):
        distances = ((where - where[row]) ** 2).sum(axis=1)
        mates = [other for other in range(len(where)) if inside[other] != inside[row]]
        fellows = [other for other in range(len(where)) if inside[other] == inside[row] and other != row]
        mate = min(mates, key=lambda other: distances[other])
        own.append(min(distances[fellows]))
        gaps.append((distances[mate], (1 if inside[row] else -1) * (answers[row] - answers[mate])))
    near = [gap for distance, gap in gaps if distance <= np.quantile(own, matched_pairs.CALIPER)]
    return np.mean(near), len(near)


def test_the_gap_is_that_of_all_pairs_by_hand(monkeypatch):
    where = coordinates(CODES[:, 1:], NUMERIC[1:])
    expected = by_hand(where, ANSWERS, SEX == 1)
    for at_once in (2**22, 1000):
        monkeypatch.setattr(matched_pairs, "AT_ONCE", at_once)
        gap = matched_gap(where, ANSWERS, np.zeros((2, ROWS)), SEX == 1)
        assert gap.gap == pytest.approx(expected[0]) and gap.pairs == expected[1]
    # two numbers of two people a side, told apart by hand: 3 - 1 and 7 - 2, each both ways
    places = np.repeat([[0.0], [0.0], [9.0], [9.0]], 20, axis=0)
    answers, inside = np.repeat([3.0, 1.0, 7.0, 2.0], 20), np.repeat([True, False, True, False], 20)
    gap = matched_gap(places, answers, np.zeros((2, 80)), inside)
    # half of the pairs differ by 2, the others by 5
    assert gap == (pytest.approx(3.5), pytest.approx(2 * 1.5**2 / 79), 80)


def test_a_direct_effect_is_told_from_one_that_other_columns_carry():
    where, spread = coordinates(CODES[:, 1:], NUMERIC[1:]), ANSWERS.std()
    raw = ANSWERS[SEX == 1].mean() - ANSWERS[SEX == 0].mean()
    direct = matched_gap(where, ANSWERS, np.zeros((2, ROWS)), SEX == 1).gap
    assert raw > 2.8 and direct == pytest.approx(2.0, abs=0.15 * spread)
    assert abs(matched_gap(where, FRAME.pay.to_numpy(), np.zeros((2, ROWS)), SEX == 1).gap) < 0.15


def test_nobody_is_matched_across_a_wall():
    far = np.where(SEX == 1, 100.0, 0.0)[:, None] + RNG.normal(size=(ROWS, 1))
    assert matched_gap(far, ANSWERS, np.zeros((2, ROWS)), SEX == 1) is None
    outcome = judged(SEEN._replace(proxies=[]), rows(1.0)._replace(codes=far * np.ones((1, 4))), NUMERIC)
    assert not outcome.controls and "were not compared" in outcome.notes[0]


def test_an_explanation_that_gives_the_group_what_people_show_holds():
    honest, blind = (judged(SEEN, rows(on_sex), NUMERIC) for on_sex in (1.0, 0.0))
    assert honest.controls[0].holds is True and honest.measurements[1].value < 0.1
    assert blind.controls[0].holds is False and blind.controls[0].on_failure == "invalid"
    # 2 of a spread of about 2 are the group's, and the explanation gives it none
    assert blind.measurements[1].value == pytest.approx(2 / ANSWERS.std(), abs=0.1)
    assert honest.measurements[0].value == blind.measurements[0].value
    opposite = judged(SEEN, rows(-1.0), NUMERIC)
    assert opposite.measurements[1].value > 1.9 * blind.measurements[1].value


def test_every_group_is_tried_and_small_ones_are_not():
    three = np.where(np.arange(ROWS) % 3 == 0, "c", SEX.astype(str))
    answers = np.where(three == "c", 5.0, 0.0) + FRAME.age.to_numpy()
    seen = SEEN._replace(group=three)
    blind = judged(seen, rows(0.0, answers), NUMERIC)
    assert blind.controls[0].holds is False
    few = SEEN._replace(group=np.where(np.arange(ROWS) < 20, "few", "many"))
    assert "were not compared" in judged(few, rows(0.0), NUMERIC).notes[0]


def test_with_few_rows_a_difference_is_a_doubt(monkeypatch):
    monkeypatch.setattr(matched_pairs, "SETTLED", ROWS + 1)
    assert judged(SEEN, rows(0.0), NUMERIC).controls[0].on_failure == "inconclusive"


def test_coordinates_match_categories_and_rank_numbers():
    where = coordinates(CODES[:, 1:], NUMERIC[1:])
    assert where.shape == (ROWS, 1 + 3 + 1)
    moved = coordinates(np.column_stack([np.exp(CODES[:, 1]), CODES[:, 2:]]), NUMERIC[1:])
    np.testing.assert_allclose(moved, where)
    assert np.isfinite(coordinates(np.where(CODES > 2, np.nan, CODES), NUMERIC)).all()


def test_the_share_and_the_table_of_columns_that_tell():
    values = np.array([[1.0, -2, 0, 1], [3, 0, 0, 1]])
    seen = SEEN._replace(proxies=[Proxy(0, "own column", 1.0), Proxy(3, "twin", 0.9)])
    assert proxy_share(seen, values).value == pytest.approx(6 / 8)
    assert "no feature" in proxy_share(seen, 0 * values).reason
    assert proxy_table([seen], ("a", "b", "c", "d")).rows == (
        ("sex", "a", "own column", 1.0), ("sex", "d", "twin", 0.9),
    )  # fmt: skip


def test_mixtures_of_columns_that_hang_together_lie_far_from_people():
    apart = np.random.default_rng(1).normal(size=(300, 4))
    together = np.tile(apart[:, :1], (1, 4)) + 0.05 * np.random.default_rng(2).normal(size=(300, 4))
    numeric = np.ones(4, dtype=bool)
    assert mixture_area(together, numeric, np.random.default_rng(0)) > 0.9
    assert mixture_area(apart, numeric, np.random.default_rng(0)) < 0.6
    assert "area under the ROC curve of 0." in mixture_note(apart, numeric, np.random.default_rng(0))


def test_an_effect_that_turns_with_age_is_no_excess_beyond_chance():
    answers = (2 * SEX - 1) * FRAME.age.to_numpy()
    chosen = np.arange(40)
    of_model = np.zeros((40, 4))
    of_model[:, 0] = answers[:40] / 2
    of_model[:, 3] = answers[:40] / 2
    outcome = judged(SEEN, rows(0.0, answers, chosen)._replace(of_model=of_model), NUMERIC)
    assert outcome.controls[0].holds is True and outcome.measurements[1].interval.high > outcome.measurements[1].value


def test_of_many_columns_what_still_differs_within_pairs_is_taken_off():
    rng = np.random.default_rng(3)
    sex = rng.integers(0, 2, 900)
    pay = rng.normal(size=900) + 1.5 * sex
    codes = np.column_stack([sex, pay, rng.normal(size=(900, 20))])
    answers, numeric = 3 * pay, np.ones(22, bool)
    of_model = np.zeros((60, 22))
    of_model[:, 1] = (answers - answers.mean())[:60]
    honest = RealRows(codes, np.arange(0), answers, of_model, of_model, np.arange(60), 1.0)
    seen = GroupSeen("sex", sex.astype(str), np.ones(900, bool), [Proxy(0, "own column", 1.0)])
    # of 21 columns nobody is near in all: the pairs differ in pay, which the explanation of sex knows nothing of
    raw = matched_gap(coordinates(codes[:, 1:], numeric[1:]), answers, np.zeros((2, 900)), sex == 1).gap / answers.std()
    assert raw > 0.5
    outcome = judged(seen, honest, numeric)
    assert outcome.controls[0].holds is True and outcome.measurements[1].value < 0.2
    hidden = honest._replace(answers=answers + 6 * sex)
    assert judged(seen, hidden, numeric).controls[0].holds is False
