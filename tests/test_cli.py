"""The command: outputs, exit codes, sentences."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import numpy as np
import pandas as pd
import pytest

from auditkit.results import SCHEMA_VERSION
from tests.command import auditkit

ROOT = pathlib.Path(__file__).resolve().parent.parent

CONFIG = """
[model]
decisions = "decision"
[data]
path = "decisions.csv"
label = "repaid"
positive = "yes"
groups = ["sex"]
[audit]
checks = ["performance", "fairness"]
budget = "quick"
out = "out"
[[limits]]
name = "accuracy"
measurement = "performance.quality.accuracy"
at_least = {AT_LEAST}
judge = "point"
because = "policy"
"""


@pytest.fixture
def folder(tmp_path) -> pathlib.Path:
    rng = np.random.default_rng(0)
    n = 300
    frame = pd.DataFrame({"sex": rng.choice(["F", "M"], n), "repaid": rng.choice(["yes", "no"], n)})
    frame["decision"] = np.where(rng.random(n) < 0.85, frame.repaid, rng.choice(["yes", "no"], n))
    frame.to_csv(tmp_path / "decisions.csv", index=False)
    (tmp_path / "auditkit.toml").write_text(CONFIG.replace("{AT_LEAST}", "0.5"))
    return tmp_path


def edit(folder: pathlib.Path, old: str, new: str) -> None:
    path = folder / "auditkit.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("words", "code"), [(["run", "--fresh"], 0), (["run", "--only", "fairnes"], 2), (["runn"], 2), (["verify", "."], 1)]
)
def test_a_process_of_its_own_says_and_ends_as_the_command_within_this_one(folder, words, code):
    process = subprocess.run(
        [sys.executable, "-m", "auditkit", *words], cwd=folder, capture_output=True, text=True
    )  # fmt: skip
    assert process.returncode == code, process.stdout + process.stderr
    within = auditkit(folder, *words)
    assert (within.returncode, within.stdout) == (code, process.stdout)
    assert re.sub(r"\d+\.\d+ s", "", within.stderr) == re.sub(r"\d+\.\d+ s", "", process.stderr)


def test_recorded_decisions_give_the_numbers_of_a_hand_count(folder):
    done = auditkit(folder, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("Report: ")
    frame = pd.read_csv(folder / "decisions.csv")
    result = json.loads((folder / "out" / "results.json").read_text())
    numbers = {
        (
            check["check"],
            measurement["name"],
            tuple(measurement["slice"].items()),
            tuple(measurement["across"]),
        ): measurement
        for check in result["results"]
        for measurement in check["measurements"]
    }
    right = frame.decision == frame.repaid
    assert numbers["performance.quality", "accuracy", (), ()]["value"] == right.mean()
    rates = {}
    for sex, some in frame.groupby("sex"):
        measured = numbers["fairness.groups", "selection_rate", (("sex", sex),), ()]
        rates[sex] = (some.decision == "yes").sum() / len(some)
        assert (measured["value"], measured["n"]) == (rates[sex], len(some))
        positives = some[some.repaid == "yes"]
        measured = numbers["fairness.groups", "true_positive_rate", (("sex", sex),), ()]
        assert measured["value"] == (positives.decision == "yes").sum() / len(positives)
    ratio = numbers["fairness.groups", "demographic_parity_ratio", (), ("sex",)]["value"]
    assert ratio == min(rates.values()) / max(rates.values())


def test_the_other_families_say_why_they_were_skipped(folder):
    edit(folder, 'checks = ["performance", "fairness"]\n', "")
    auditkit(folder, "run")
    result = json.loads((folder / "out" / "results.json").read_text())
    skipped = {entry["check"]: entry["reason"] for entry in result["coverage"] if entry["status"] == "skipped"}
    assert "queries" in skipped["explanations.importance"]
    assert {"explanations.gradients", "robustness.evasion", "privacy.membership"} <= skipped.keys()
    assert all(skipped.values())


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        ("at_least = 0.5", "at_least = 0.999", 1, "missed"),
        ("at_least = 0.5", "at_least = 0.5\nacross = ['sx']", 2, "did you mean 'sex'"),
        ("at_least = 0.5", "at_least = 0.5\nacross = ['sex']", 2, "is no comparison of groups"),
        ("at_least = 0.5", "at_least = 50", 2, "write at_least = 0.5 under [[limits]]"),
        ('groups = ["sex"]', 'groups = ["sx"]', 2, "did you mean 'sex'"),
        ('checks = ["performance", "fairness"]', "checks = []", 2, "checks leaves it out"),
        ('checks = ["performance", "fairness"]', 'checks = ["fairnes"]', 2, "did you mean 'fairness"),
        (
            'measurement = "performance.quality.accuracy"',
            'measurement = "performance.quality.acuracy"',
            2,
            "did you mean 'accuracy'",
        ),
        ('label = "repaid"', 'label = "repayed"', 2, "did you mean 'repaid'"),
        ('positive = "yes"', 'positive = "yse"', 2, "yse"),
        ('path = "decisions.csv"', 'path = "nowhere.csv"', 2, "nowhere.csv"),
        ('decisions = "decision"', 'decisions = "decison"', 2, "did you mean 'decision'"),
        ("[audit]", '[audit]\nplugins = ["broken.py"]', 3, "broken"),
        ("[audit]", "[audit]\nrules = ['nist-ai-rfm']", 2, "did you mean 'nist-ai-rmf'"),
    ],
)
def test_nothing_passes_by_absence(folder, old, new, code, message):
    (folder / "broken.py").write_text("raise RuntimeError('boom')\n")
    edit(folder, old, new)
    done = auditkit(folder, "run")
    assert done.returncode == code, done.stdout + done.stderr
    assert message in done.stdout + done.stderr


def test_no_limit_is_code_5_and_flags_say_what_they_do(folder):
    text = (folder / "auditkit.toml").read_text()
    (folder / "auditkit.toml").write_text(text.partition("[[limits]]")[0])
    assert auditkit(folder, "run").returncode == 5
    done = auditkit(folder, "run", "--exit-zero")
    assert done.returncode == 0
    assert "exit code 0 by --exit-zero; without it 5" in done.stderr.splitlines()[-1]
    assert auditkit(folder, "run", "--fail-on", "missed").returncode == 0
    assert auditkit(folder, "run", "--fail-on", "mised").returncode == 2


def test_results_go_to_stdout_and_progress_to_stderr(folder):
    done = auditkit(folder, "run", "--json")
    result = json.loads(done.stdout)
    assert result["schema_version"] == SCHEMA_VERSION
    assert "performance.quality (" in done.stderr
    assert "300 rows, binary, table" in done.stderr
    assert auditkit(folder, "run", "--quiet").stderr == ""
    assert "\x1b" not in auditkit(folder, "run", NO_COLOR="1").stdout


def test_the_plan_measures_nothing(folder):
    done = auditkit(folder, "run", "--plan")
    assert done.returncode == 0
    assert "fairness.groups" in done.stdout
    assert "nothing was measured" in done.stdout
    assert "model calls:" not in done.stdout, "nothing that is planned asks"
    assert not (folder / "out").exists()
    plans = json.loads(auditkit(folder, "run", "--plan", "--json").stdout)
    planned = [plan["check"] for plan in plans[0]["checks"]]
    assert planned[0] == "performance.quality" and "fairness.groups" in planned[1:]
    assert {text.partition(".")[0] for text in planned[1:]} == {"fairness"}


def test_verify_and_render(folder):
    auditkit(folder, "run")
    assert auditkit(folder, "verify", "out").returncode == 0
    report = folder / "out" / "report.html"
    before = report.read_bytes()
    report.write_bytes(before.replace(b"a", b"b", 1))
    done = auditkit(folder, "verify", "out")
    assert done.returncode == 1
    assert "report.html was changed" in done.stdout
    assert json.loads(auditkit(folder, "verify", "out", "--json").stdout)["intact"] is False
    assert auditkit(folder, "render", "out").returncode == 0
    assert report.read_bytes() == before
    assert auditkit(folder, "verify", "out").returncode == 0
    done = auditkit(folder, "render", "out", "--format", "htm")
    assert (done.returncode, "did you mean 'html'" in done.stderr) == (2, True)
    assert auditkit(folder, "verify", "nowhere").returncode == 1
    assert auditkit(folder, "render", "nowhere").returncode == 2


def test_nothing_is_rendered_from_an_altered_or_unfinished_result(folder):
    auditkit(folder, "run")
    results, manifest = folder / "out" / "results.json", folder / "out" / "manifest.json"
    raw, sealed = results.read_bytes(), manifest.read_bytes()
    results.write_bytes(raw + b"\n")
    done = auditkit(folder, "render", "out")
    assert done.returncode == 2
    assert "not as it was sealed" in done.stderr
    assert manifest.read_bytes() == sealed
    results.write_bytes(raw)
    manifest.write_bytes(sealed.replace(b'"complete": true', b'"complete": false'))
    done = auditkit(folder, "render", "out")
    assert done.returncode == 2
    assert "running or was stopped" in done.stderr


def test_results_fit_the_printed_schema(folder):
    auditkit(folder, "run")
    schema = json.loads(auditkit(folder, "schema").stdout)
    jsonschema.validate(json.loads((folder / "out" / "results.json").read_text()), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema_version": 1}, schema)


def test_the_configuration_schema_knows_every_checks_parameters(folder):
    schema = json.loads(auditkit(folder, "schema", "config").stdout)
    good = {"data": {"path": "x"}, "checks": {"fairness.groups": {"intersections": 1}}}
    jsonschema.validate(good, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"data": {"path": "x"}, "checks": {"fairness.groups": {"intersectoins": 1}}}, schema)


def test_plugins_are_listed_with_their_checks(folder):
    document = json.loads(auditkit(folder, "plugins", "--json").stdout)
    checks = {entry["id"]: entry for entry in document["checks"]}
    assert {"performance.quality", "data.integrity", "fairness.groups", "robustness.evasion"} <= checks.keys()
    assert all(check["question"].endswith("?") for check in checks.values())
    assert "dp-sgd" in document["trainers"]
    assert document["faults"] == []
    text = auditkit(folder, "plugins").stdout
    assert "fairness.groups: " in text
    assert auditkit(folder, "plugins", "--plugin", "nowhere.py").returncode == 2
    (folder / "broken.py").write_text("1 / 0\n")
    assert auditkit(folder, "plugins", "--plugin", "broken.py").returncode == 3


SIX_LINES = """import auditkit

@auditkit.check("acme.yes", unit="share", direction="higher")
def yes(predictions):
    \"\"\"How often is the answer yes?\"\"\"
    return predictions.labels == "yes"
"""


def test_a_plugin_of_six_lines_appears_in_plan_report_and_card(folder):
    (folder / "acme.py").write_text(SIX_LINES)
    edit(folder, 'checks = ["performance", "fairness"]', 'checks = ["acme.yes", "performance"]')
    assert "acme.yes" in auditkit(folder, "run", "--plugin", "acme.py", "--plan").stdout
    assert auditkit(folder, "run", "--plugin", "acme.py").returncode == 0
    assert "How often is the answer yes?" in (folder / "out" / "report.html").read_text()
    assert "acme" in (folder / "out" / "model_card.md").read_text()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    raise ValueError('boom')\n", "boom"),
        ("    return 'nonsense'\n", "a check must return"),
        ("    return float('nan')\n", "finite"),
        ("    import sys; sys.exit(0)\n", "SystemExit"),
    ],
)
def test_a_plugin_that_breaks_is_named_and_stops_no_other(folder, body, message):
    (folder / "acme.py").write_text(SIX_LINES.rpartition("    return")[0] + body)
    edit(folder, 'checks = ["performance", "fairness"]', 'checks = ["acme.yes", "performance"]')
    done = auditkit(folder, "run", "--plugin", "acme.py")
    assert done.returncode == 3
    result = json.loads((folder / "out" / "results.json").read_text())
    by_id = {check_result["check"]: check_result for check_result in result["results"]}
    assert by_id["performance.quality"]["status"] == "measured"
    assert by_id["acme.yes"]["status"] == "error"
    assert message in json.dumps(by_id["acme.yes"]["error"])
    assert "acme.yes" in done.stdout


def test_a_plugin_with_a_misspelt_hook_is_named_and_stops_no_other(folder):
    (folder / "acme.py").write_text("import auditkit\n\n@auditkit.hookimpl\ndef register_chekcs():\n    return []\n")
    done = auditkit(folder, "run", "--plugin", "acme.py")
    assert done.returncode == 3
    assert "did you mean 'register_checks'" in done.stdout
    assert (folder / "out" / "report.html").is_file()


def test_help_and_version_and_nonsense(folder):
    assert auditkit(folder, "--help").stdout.startswith("Usage: ")
    assert auditkit(folder, "--version").stdout.startswith("auditkit 0.")
    assert auditkit(folder, "runn").returncode == 2
    assert auditkit(folder, "demo", "credits").returncode == 2
    assert "did you mean 'credit'" in auditkit(folder, "demo", "credits").stderr
    assert auditkit(folder, "schema", "x").returncode == 2
    assert auditkit(folder, "train").returncode == 2


def test_hostile_text_does_not_reach_the_terminal(folder):
    path = folder / "decisions.csv"
    path.write_text(path.read_text().replace("M,", "\x1b]0;owned\x07M,"))
    done = auditkit(folder, "run")
    assert "\x1b]" not in done.stdout + done.stderr


def test_an_undefined_number_under_a_limit_is_not_a_pass(folder):
    """A group without a single positive label has no true positive rate; today's libraries call it 0."""
    frame = pd.read_csv(folder / "decisions.csv")
    frame.loc[frame.sex == "F", "repaid"] = "no"
    frame["decision"] = frame.repaid
    frame.to_csv(folder / "decisions.csv", index=False)
    edit(
        folder,
        'measurement = "performance.quality.accuracy"',
        'measurement = "fairness.groups.equal_opportunity_difference"',
    )
    edit(folder, 'at_least = 0.5\njudge = "point"', 'at_most = 0.1\nacross = ["sex"]')
    done = auditkit(folder, "run")
    assert done.returncode == 3
    assert "inconclusive" in done.stdout


def test_labels_of_one_class_are_an_error(folder):
    frame = pd.read_csv(folder / "decisions.csv")
    frame["repaid"] = "yes"
    frame.to_csv(folder / "decisions.csv", index=False)
    done = auditkit(folder, "run")
    assert done.returncode == 2
    assert "repaid" in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [("raise SystemExit(0)", "cannot be imported: SystemExit"), ("made = lambda: exit(0)", "raised SystemExit")],
)
def test_a_users_module_that_leaves_does_not_end_the_audit_as_passed(tmp_path, text, message):
    from auditkit.command.inputs import _open_model
    from auditkit.errors import ConfigError
    from auditkit.host import Host
    from auditkit.settings import ModelSettings

    name = f"leaver{len(text)}"
    (tmp_path / f"{name}.py").write_text(text + "\n")
    with pytest.raises(ConfigError, match=message):
        _open_model(Host(discover=False), ModelSettings(object=f"{name}:made"), tmp_path, False, True)
