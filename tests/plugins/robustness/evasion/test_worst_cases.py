"""Pictures of rows are shown only where that is allowed, and are real PNG files."""

from __future__ import annotations

import base64
import io
import pathlib
from typing import Any

import numpy as np
import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.plugins.robustness.evasion import worst_cases
from auditkit.plugins.robustness.evasion.outcome import Pictures

pillow = pytest.importorskip("PIL.Image")


def read(content: bytes) -> np.ndarray:
    return np.asarray(pillow.open(io.BytesIO(content)))


@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_written_is_what_is_read(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 11, channels), dtype=np.uint8)
    np.testing.assert_array_equal(read(worst_cases.png(pixels)).reshape(pixels.shape), pixels)


def test_the_grid_shows_row_changed_row_and_change() -> None:
    before = np.zeros((3, 1, 8, 8), np.float32)
    after = before.copy()
    after[0, 0, 0, 0], after[1, 0, 1, 1], after[2, 0, 2, 2] = 0.5, 0.25, 0.1
    figure = worst_cases.grid(Pictures(before, after, np.array([True, True, False])))
    assert figure is not None and figure.image is not None and figure.alt.startswith("2 rows")
    image = read(base64.b64decode(figure.image.base64))
    assert image.shape == (3 * 68, 2 * 68)
    assert image[0, 0] == 0 and image[68 + 8, 8] == 64 and image[68, 68] == 128  # the smaller change comes first
    assert image[2 * 68, 0] == 128 and image[2 * 68, 68] == 255  # no change is grey, the largest is white
    assert worst_cases.grid(Pictures(before, after, np.zeros(3, dtype=bool))) is None
    assert worst_cases.grid(Pictures(before[:, 0], after[:, 0], np.ones(3, dtype=bool))) is None


def test_rows_are_shown_only_where_that_is_allowed(digits: Any, tmp_path: pathlib.Path) -> None:
    data = AuditData(digits.pictures[:30], labels=digits.labels[:30], task="multiclass", modality="image")
    model = auditkit.wrap(digits.network, classes=tuple(range(10)), task="multiclass")
    few = {"robustness.evasion": {"rows": 30, "steps": 5, "attack": "pgd", "trial_rows": 2, "epsilons": (0.2,)}}
    for allowed in (False, True, False):  # what one audit showed is not taken up again by another that may not
        result = auditkit.audit(
            model,
            data,
            checks=["robustness.evasion"],
            parameters=few,
            budget="quick",
            include_rows=allowed,
            out=tmp_path / "audit",
        )
        figures = [figure for figure in result.results[0].figures if figure.mark == "image"]
        assert len(figures) == int(allowed), result.results[0].error
