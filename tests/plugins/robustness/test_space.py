"""Where an attack may go: units, ranges, and points that are snapped to what the data allow."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from auditkit.plugins.robustness.space import Space, declared_space, feature_space, picture_space

VALUES = np.array([[0.0, 5.0, 1.0, 7.0], [10.0, np.nan, 1.0, 9.0], [20.0, 6.0, 1.0, 8.0]])


def space_of(**changes: object) -> Space:
    facts = {"whole": np.array([False, True, False, False]), "free": np.array([True, True, True, False])}
    return feature_space(VALUES, **(facts | changes))  # type: ignore[arg-type]


def test_unit_is_the_range_between_the_percentiles_and_constant_features_are_held() -> None:
    space = space_of()
    assert space.scale[0] == np.percentile([0, 10, 20], 99) - np.percentile([0, 10, 20], 1) == 19.6
    assert list(space.free) == [True, True, False, False]
    assert (space.low[0], space.high[0]) == (0, 20)


def test_a_feature_whose_percentiles_coincide_has_its_whole_range_as_unit() -> None:
    rare = np.zeros((1000, 1))
    rare[0] = 4
    space = feature_space(rare, whole=np.array([False]), free=np.array([True]))
    assert space.scale[0] == 4 and space.free[0]


def test_declared_ends_hold_and_undeclared_ones_are_the_datas() -> None:
    space = space_of(low=np.array([-5, np.nan, np.nan, np.nan]), high=np.array([15, np.nan, np.nan, np.nan]))
    assert (space.low[0], space.high[0]) == (-5, 15)
    assert (space.low[1], space.high[1]) == (5, 6)


def test_snapping_rounds_clips_and_holds() -> None:
    origins = np.array([[10.0, 5.0, 1.0, 7.0], [10.0, np.nan, 1.0, 7.0], [25.0, 5.0, 1.0, 7.0]])
    points = np.array([[99.0, 5.6, 3.0, 9.0], [-1.0, 5.0, 1.0, 7.0], [26.0, 5.0, 1.0, 7.0]])
    snapped = space_of().snap(points, origins)
    np.testing.assert_array_equal(snapped[0], [20, 6, 1, 7])
    np.testing.assert_array_equal(snapped[1], [0, np.nan, 1, 7])
    assert snapped[2, 0] == 25, "an origin outside the range stays allowed, what lies beyond it does not"


def test_distance_by_hand() -> None:
    space = space_of()
    away = np.array([[10 + 0.3 * 19.6, 5 + 0.4 * space.scale[1], 9.0, 9.0]])
    assert np.isclose(space.distance(away, np.array([[10.0, 5.0, 1.0, 7.0]]))[0], 0.5)
    assert np.isclose(space.farthest(away, np.array([[10.0, 5.0, 1.0, 7.0]]))[0], 0.4)


@given(st.lists(st.floats(-100, 100), min_size=4, max_size=4))
def test_a_snapped_point_snaps_to_itself_and_is_no_farther_in_whole_space(point: list[float]) -> None:
    origin = np.array([[10.0, 5.0, 1.0, 7.0]])
    once = space_of().snap(np.array([point]), origin)
    np.testing.assert_array_equal(space_of().snap(once, origin), once)
    assert once[0, 3] == 7 and 0 <= once[0, 0] <= 20 and once[0, 1] in (5, 6)


def test_a_picture_has_one_unit_for_every_pixel() -> None:
    space = picture_space(np.array([[0.0, 50.0], [100.0, 200.0]]), whole=True)
    assert list(space.scale) == [200, 200] and space.free.all() and space.whole.all()
    assert not picture_space(np.ones((3, 2)), whole=False).free.any()


def test_a_declared_range_is_the_unit_of_every_pixel_constant_ones_too() -> None:
    space = declared_space(np.array([0.0, 0.0]), np.array([255.0, 1.0]), whole=False, free=np.array([True, False]))
    assert list(space.scale) == [255, 1] and list(space.free) == [True, False] and not space.whole.any()


def test_what_is_held_keeps_its_whole_numbers_to_the_last_digit() -> None:
    free, values = np.array([True, False]), np.column_stack([np.arange(8), np.arange(8)]).astype(float)
    ends = np.array([-6.3, -6.3]), np.array([7.4, 7.4])
    for space in (declared_space(*ends, whole=False, free=free), feature_space(values, whole=~free & free, free=free)):
        unit = ((values - space.low) / space.scale).astype(np.float32)
        back = space.low.astype(np.float32) + unit * space.scale.astype(np.float32)
        assert np.array_equal(back[:, 1], values[:, 1]) and list(space.free) == [True, False]


def test_channels_of_a_series_have_units_of_their_own_and_gaps_none() -> None:
    series = np.array([[[20.0, 0.1], [40.0, 0.3]], [[np.nan, 0.2], [30.0, 0.2]]])
    space = picture_space(series.reshape(2, 4), whole=False, channels=2)
    assert space.low.tolist() == [20.0, 0.1, 20.0, 0.1] and space.high.tolist() == [40.0, 0.3, 40.0, 0.3]
    assert np.allclose(space.scale, [20.0, 0.2, 20.0, 0.2]) and space.free.all()
