"""The examples of generators run as their first lines say, and their headlines are distances found one by one."""

from __future__ import annotations

import json
import math
import runpy
import shutil
import statistics

import numpy as np
import pandas as pd
import pytest
import torch

from tests.command import auditkit
from tests.test_scored_examples import EXAMPLES, value


def run_example(folder, name):
    """(what score.py defines, the exit code, results.json) of an example in a folder of its own."""
    shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("work"))
    made = runpy.run_path(str(folder / "score.py"), run_name="__main__")
    done = auditkit(folder, "run", "--budget", "quick")
    return made, done.returncode, json.loads((folder / "work" / "audit" / "results.json").read_text())


def excesses(folder, group):
    """{group: by how much farther the nearest sample is than the nearest training row, of each held-out row}."""
    tables = {name: pd.read_csv(folder / "work" / f"{name}.csv") for name in ("train", "samples", "cases")}
    columns = list(tables["train"])
    rows = {name: [tuple(row) for row in table[columns].to_numpy()] for name, table in tables.items()}
    by_group = {}
    for row, name in zip(rows["cases"], tables["cases"][group], strict=True):
        nearest = [min(math.dist(row, other) for other in rows[side]) for side in ("samples", "train")]
        by_group.setdefault(name, []).append(nearest[0] - nearest[1])
    return by_group, rows


def test_a_gan_by_the_nearest_points(tmp_path):
    _, code, audit = run_example(tmp_path, "gan")
    by_place, _ = excesses(tmp_path, "place")
    for place, values in by_place.items():
        mean = value(audit, "performance.case_scores", "mean_score", "excess", place=place)
        assert mean == pytest.approx(statistics.mean(values), abs=1e-6)
    assert code == 1 and set(by_place) == {"north", "east", "south", "west"}
    tables = [pd.read_csv(tmp_path / "work" / f"{name}.csv") for name in ("cases", "samples")]
    confused = pd.crosstab(tables[0]["place"], tables[0]["called"], normalize="index")
    shares = tables[1]["called"].value_counts(normalize=True).reindex(confused.columns, fill_value=0)
    # the shares that, confused so, give what the classifier called
    by_hand = np.linalg.solve(confused.to_numpy().T, shares.to_numpy())
    generated = {
        measurement["slice"]["place"]: measurement["value"]
        for result in audit["results"] if result["check"] == "fairness.generated_groups"
        for measurement in result["measurements"] if measurement["name"] == "generated_share"
    }  # fmt: skip
    assert generated == pytest.approx(dict(zip(confused.columns, by_hand.clip(0, 1), strict=True)))


def test_an_autoencoder_by_its_pictures(tmp_path):
    made, code, audit = run_example(tmp_path, "vae")
    network = made["Autoencoder"]().eval()
    network.load_state_dict(torch.load(tmp_path / "work" / "vae.pt", weights_only=True))
    seen, shape = made["pictures"](500, seed=1)
    errors = {"disc": [], "cross": []}
    for picture, name in zip(torch.tensor(seen, dtype=torch.float32), shape, strict=True):
        code_of = network.encoder(picture)[:3]
        again = network.decoder(code_of).tolist()
        squares = [(one - other) ** 2 for one, other in zip(again, picture.tolist(), strict=True)]
        errors[name].append(math.sqrt(statistics.mean(squares)))
    means = {name: statistics.mean(values) for name, values in errors.items()}
    assert value(audit, "performance.case_scores", "mean_score", "error", shape="cross") == pytest.approx(
        means["cross"], abs=1e-5
    )
    gap = next(
        measurement for result in audit["results"] if result["check"] == "fairness.case_scores"
        for measurement in result["measurements"]
        if measurement["name"] == "mean_score_difference" and measurement["conditions"] == {"score": "error"}
    )  # fmt: skip
    assert gap["value"] == pytest.approx(means["cross"] - means["disc"], abs=1e-5) and gap["interval"]["low"] > 0.02
    assert code == 1 and {limit["limit"]["name"]: limit["status"] for limit in audit["verdicts"]} == {
        "error": "met",
        "error-by-shape": "missed",
    }


def test_a_diffusion_model_by_its_rows_and_its_copies(tmp_path):
    _, code, audit = run_example(tmp_path, "diffusion")
    by_moon, rows = excesses(tmp_path, "moon")
    for moon, values in by_moon.items():
        mean = value(audit, "performance.case_scores", "mean_score", "excess", moon=moon)
        assert mean == pytest.approx(statistics.mean(values), abs=1e-6)
    # in the spread of each column of the real rows, as the check measures distances
    real = [*rows["train"], *rows["cases"]]
    spreads = [statistics.pstdev(row[place] for row in real) for place in range(6)]
    scaled = {name: [[x / y for x, y in zip(row, spreads, strict=True)] for row in part] for name, part in rows.items()}
    nearer = [
        min(math.dist(row, other) for other in scaled["train"])
        < min(math.dist(row, other) for other in scaled["cases"])
        for row in scaled["samples"]
    ]
    copies = next(result for result in audit["results"] if result["check"] == "privacy.synthetic_copies")
    share = next(number["value"] for number in copies["measurements"] if number["name"] == "closer_to_training")
    assert share == pytest.approx(statistics.mean(nearer), abs=0.01)
    assert code == 0
