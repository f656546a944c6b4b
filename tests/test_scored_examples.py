"""The examples whose cases have scores run as their first lines say, and their headlines are numbers made by hand."""

from __future__ import annotations

import json
import math
import pathlib
import runpy
import shutil
import statistics

import numpy as np
import pytest

from tests.command import auditkit

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"


def run_example(folder, name):
    """(what score.py defines, the audits of results.json) of an example in a folder of its own."""
    shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("work"))
    made = runpy.run_path(str(folder / "score.py"), run_name="__main__")
    done = auditkit(folder, "run", "--budget", "quick")
    assert done.returncode == 1, done.stdout + done.stderr
    raw = json.loads((folder / "work" / "audit" / "results.json").read_text())
    return made, raw.get("results") if "run" not in raw else [raw]


def value(audit, check, name, score, **slice_):
    checks = {result["check"]: result["measurements"] for result in audit["results"]}
    return next(
        one["value"] for one in checks[check]
        if one["name"] == name and one["conditions"] == {"score": score} and one.get("slice", {}) == slice_
    )  # fmt: skip


def test_segmentation_by_sets_of_pixels(tmp_path):
    made, audits = run_example(tmp_path, "segmentation")
    images, masks, scanner = made["pictures"]()
    detected = made["segmented"](images)
    assert [audit["model"]["name"] for audit in audits] == ["threshold", "smoothed"]
    for audit in audits:
        by_hand = []
        for one, other in zip(detected[audit["model"]["name"]], masks, strict=True):
            first, second = ({tuple(place) for place in np.argwhere(mask)} for mask in (one, other))
            by_hand.append(2 * len(first & second) / (len(first) + len(second)))
        new = [score for score, place in zip(by_hand, scanner, strict=True) if place == "new"]
        assert value(audit, "performance.case_scores", "mean_score", "dice") == pytest.approx(statistics.mean(by_hand))
        assert value(audit, "performance.case_scores", "mean_score", "dice", scanner="new") == pytest.approx(
            statistics.mean(new)
        )
    raw = json.loads((tmp_path / "work" / "audit" / "results.json").read_text())
    change = next(one["measurement"] for one in raw["changes"] if not one["measurement"]["slice"])
    means = [value(audit, "performance.case_scores", "mean_score", "dice") for audit in audits]
    assert change["value"] == pytest.approx(means[1] - means[0]) and change["interval"]["low"] > 0


def test_recommender_by_discounts(tmp_path):
    made, (audit,) = run_example(tmp_path, "recommender")
    known, liked, kind = made["ratings"]()
    ideal = sum(1 / math.log2(place + 2) for place in range(8))
    groups = {"newcomer": [], "regular": []}
    for items, wanted, one in zip(made["ranked"](known), liked, kind, strict=True):
        gain = sum(1 / math.log2(place + 2) for place, item in enumerate(items[:10]) if item in wanted)
        groups[one].append(gain / ideal)
    means = {name: statistics.mean(scores) for name, scores in groups.items()}
    checks = {result["check"]: result["measurements"] for result in audit["results"]}
    ratio = next(one for one in checks["fairness.case_scores"] if one["name"] == "mean_score_ratio")
    assert ratio["value"] == pytest.approx(means["newcomer"] / means["regular"])
    assert ratio["pairs"][0]["low"]["slice"] == {"kind": "newcomer"} and ratio["pairs"][0]["worse_off"] == "low"


def test_detection_by_boxes(tmp_path):
    made, (audit,) = run_example(tmp_path, "detection")
    boxes, _, objects, _ = made["pictures"]()

    def overlap(one, other):
        width = min(one[2], other[2]) - max(one[0], other[0])
        height = min(one[3], other[3]) - max(one[1], other[1])
        both = max(width, 0) * max(height, 0)
        return both / ((one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]) - both)

    # objects lie apart, so that each is found where any box is near enough
    recalls = [
        sum(any(overlap(box, true) >= 0.5 for box in detected) for true in truth) / len(truth)
        for detected, truth in zip(boxes, objects, strict=True)
    ]
    assert value(audit, "performance.case_scores", "mean_score", "recall") == pytest.approx(
        statistics.mean(recalls), abs=0.005
    )


def test_forecasting_by_the_naive_error(tmp_path):
    made, audits = run_example(tmp_path, "forecasting")
    history, truth, _ = made["series"]()
    errors = []
    for before, after in zip(history.tolist(), truth.tolist(), strict=True):
        naive = statistics.mean(abs(before[day] - before[day - 7]) for day in range(7, 70))
        errors.append(statistics.mean(abs(before[63 + day] - after[day]) for day in range(7)) / naive)
    assert value(audits[0], "performance.case_scores", "mean_score", "mase") == pytest.approx(statistics.mean(errors))


def test_a_policy_by_its_steps(tmp_path):
    made, (audit,) = run_example(tmp_path, "rl-policy")
    steps = [len(rewards) for rewards in made["episodes"]()[0]]  # each is worth 1
    assert value(audit, "performance.case_scores", "mean_score", "return") == pytest.approx(statistics.mean(steps))
