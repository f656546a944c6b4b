"""A person's row, planted wherever text comes into an audit, is in no evidence."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from auditkit import runfolder

PERSON = {"who": "Zebulona Quackenbosh", "age": 47, "work": "beekeeper", "town": "Wyhlen", "income": 77516}
ROW = " ".join(map(str, PERSON.values()))
TELLING = ("Zebulona", "Quackenbosh", "beekeeper", "Wyhlen", "77516", "77,516", "7.75")
PLUGIN = '''
import logging, warnings
from auditkit import check, checks, hookimpl, hookspecs
from auditkit.results import Control, Measurement, Section, Table

def person(data):
    rows = data.inputs
    return rows[rows["income"] == 77516].iloc[0]

class Holder:
    def __init__(self, row):
        self.row = row
    def __repr__(self):
        return f"<Holder of {self.row.tolist()}>"

class Base(checks.Check):
    """Does it leak ROW? It tries to.

    To test ROW.

    It quotes a row.

    None.
    """

class Exceptional(Base):
    id = "acme.exception"
    def measure(self, model, data, context):
        raise ValueError(f"cannot use {person(data).to_dict()}")

class Represented(Base):
    id = "acme.repr"
    def measure(self, model, data, context):
        raise KeyError(Holder(person(data)))

class Rounded(Base):
    id = "acme.rounded"
    def measure(self, model, data, context):
        raise ArithmeticError(f"{person(data)[['age', 'income']].astype(float).div(10000).round(5).tolist()}")

class Chained(Base):
    id = "acme.chained"
    def measure(self, model, data, context):
        try:
            raise ValueError(person(data).to_json())
        except ValueError as error:
            from auditkit.errors import DataError
            raise DataError(f"data went wrong: {error}") from error

class Generated(Base):
    id = "acme.generated"
    def measure(self, model, data, context):
        kind = "_".join(map(str, person(data)[["work", "town", "income"]]))
        exec(compile(f"def {kind}(error): raise error", f"{kind}.py", "exec"))
        locals()[kind](type(kind, (ValueError,), {})("bad"))

class Speaking(Base):
    id = "acme.speaking"
    def measure(self, model, data, context):
        row = person(data)
        text = " ".join(map(str, row))
        warnings.warn(f"dropped {text}")
        context.log.warning("saw %s", text)
        logging.getLogger("acme").error("saw %s", text)
        print(text)
        context.progress(1, 2, text)
        return checks.Findings(
            [Measurement(name=f"share of {text}", value=0.5, exact=True, n=200, conditions={text: 1, "of": text})],
            notes=[f"the largest is {text}", "half of 200 rows are 0.5"],
            controls=[Control(name=f"sees {text}", question=f"is {text} seen?", value=1.0, at_least=0.5, holds=True)],
            tables=[Table(name="rows", title=text, columns=[{"name": "row", "title": text}], rows=[[text]])],
        )

class Plugin:
    @hookimpl
    def register_checks(self):
        return [Exceptional, Represented, Rounded, Chained, Generated, Speaking]
    @hookimpl
    def register_formats(self):
        return [hookspecs.Format("acme", "acme.txt", lambda result: 1 / 0)]
    @hookimpl
    def check_finished(self, result):
        raise RuntimeError("no such person: ROW")
    @hookimpl
    def register_trainers(self):
        raise RuntimeError("no trainer for ROW")

plugin = Plugin()
register_checks, check_finished = plugin.register_checks, plugin.check_finished
register_trainers, register_formats = plugin.register_trainers, plugin.register_formats
'''
MODEL = """
import warnings
import numpy as np

def predict(inputs):
    warnings.warn(f"unusual: {inputs[inputs['income'] == 77516].to_dict('records')}")
    return (inputs["income"].to_numpy() > 40000).astype(float)

def model():
    return predict
"""
CONFIG = """
[model]
object = "planted_model:model"
task = "binary"
classes = [0, 1]
name = {ROW}
[data]
path = {FILE}
name = {ROW}
label = "paid"
positive = 1
groups = ["sex", "remark"]
[audit]
title = {ROW}
plugins = ["./planted_plugin.py"]
checks = ["performance.quality", "data", "fairness.groups", "acme"]
budget = "quick"
out = "out"
formats = ["html", "summary", "card", "cardpage", "junit", "metrics", "csv"]
[card]
intended_use = {ROW}
[[limits]]
name = "of the chain"
measurement = "acme.chained.rate"
at_least = 0.5
because = {ROW}
"""


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[pathlib.Path, subprocess.CompletedProcess]:
    folder, rng, rows = tmp_path_factory.mktemp("planted"), np.random.default_rng(0), 200
    frame = pd.DataFrame(
        {
            "who": [f"Anna{number} Berg{number}" for number in range(rows)],
            "age": rng.integers(18, 80, rows),
            "work": rng.choice(["clerk", "nurse", "driver"], rows),
            "town": rng.choice(["Basel", "Bern"], rows),
            "income": rng.integers(20000, 70000, rows),
        }
    )
    frame.loc[3] = PERSON
    frame[ROW] = rng.random(rows).round(2)
    frame["remark"] = np.where(np.arange(rows) == 3, ROW, rng.choice(["none", "late"], rows))
    frame["sex"] = rng.choice(["m", "f"], rows)
    frame["paid"] = rng.integers(0, 2, rows)
    file = "_".join(map(str, PERSON.values())) + ".csv"
    frame.to_csv(folder / file, index=False)
    (folder / "planted_plugin.py").write_text(PLUGIN.replace("ROW", ROW))
    (folder / "planted_model.py").write_text(MODEL)
    text = CONFIG.replace("{ROW}", json.dumps(ROW)).replace("{FILE}", json.dumps(file))
    (folder / "auditkit.toml").write_text(text)
    run = subprocess.run(
        [sys.executable, "-m", "auditkit", "run", "--json"], cwd=folder, capture_output=True, text=True
    )
    assert (folder / "out" / "manifest.json").exists(), run.stderr
    return folder / "out", run


def test_the_row_is_in_no_evidence(audited):
    folder, run = audited
    names = [*runfolder.read_manifest(folder).files, "manifest.json"]
    assert {"results.json", "report.html", "model_card.md", "junit.xml", "checks/acme.speaking.json"} <= set(names)
    leaks = {
        (name, word, content[max(0, content.find(word) - 150) : content.find(word) + 60])
        for name in names
        for content in [name + (folder / name).read_text("utf-8", "replace")]
        for word in TELLING
        if word in content
    }
    assert leaks == set()
    faults = [line for line in run.stderr.splitlines() if "raised" in line]  # the schema has the owner's own names
    assert faults and not [word for word in TELLING if word in run.stdout + "".join(faults)]


def test_what_was_said_beside_the_row_stays(audited):
    result = json.loads((audited[0] / "results.json").read_text())
    errors = {check["check"]: check["error"] for check in result["results"] if check["error"]}
    assert errors["acme.exception"]["message"].startswith("cannot use {'who': '[withheld]")
    assert errors["acme.exception"]["traceback"][-1].startswith("planted_plugin.py:")
    assert errors["acme.chained"]["message"].startswith("data went wrong: ")
    assert errors["acme.generated"]["traceback"][-1] == "generated code:1"
    (spoken,) = [check for check in result["results"] if check["check"] == "acme.speaking"]
    assert "half of 200 rows are 0.5" in spoken["notes"] and "the largest is [withheld] m" in spoken["notes"]
    assert any("run.log alone has them" in note for note in result["provenance"]["notes"])


def test_run_log_has_what_was_withheld(audited):
    text = (audited[0] / "run.log").read_text()
    assert "withheld from the evidence: cannot use {'who': 'Zebulona Quackenbosh'" in text
