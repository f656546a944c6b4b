"""auditkit.toml: typed, closed, with sentences for what is wrong."""

from __future__ import annotations

import pytest

from auditkit.config import load
from auditkit.errors import ConfigError

GOOD = """
[model]
path = "m.skops"
[data]
path = "d.csv"
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("AUDITKIT_BUDGET", "AUDITKIT_SEED", "AUDITKIT_OUT", "AUDITKIT_DEVICE"):
        monkeypatch.delenv(name, raising=False)

    def write(text: str, name: str = "auditkit.toml"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_everything_in_the_design_is_read(write):
    settings = load(
        write(
            """
[model]
path = "model.skops"
threshold = 0.31
[data]
path = "test.parquet"
label = "income"
positive = ">50K"
drop = ["id"]
train = "train.parquet"
[data.groups.age]
bins = [25, 45, 65]
[audit]
checks = ["performance", "fairness", "explanations", "robustness", "privacy"]
budget = "standard"
seed = 0
rules = ["nyc-ll144", "eu-ai-act"]
[checks."fairness.groups"]
intersections = 2
[[limits]]
name = "dp-sex"
measurement = "fairness.groups.demographic_parity_ratio"
across = ["sex"]
at_least = 0.8
because = "credit policy 3.2"
[[waivers]]
limit = "dp-sex"
reason = "retraining scheduled, ticket 4711"
approver = "Head of Credit Risk"
expires = 2027-01-31
[[train]]
trainer = "dp-sgd"
target_epsilon = 3.0
"""
        )
    )
    assert settings.model.threshold == 0.31
    assert settings.data.groups["age"].bins == (25, 45, 65)
    assert settings.checks["fairness.groups"] == {"intersections": 2}
    assert settings.limits[0].across == ("sex",)
    assert str(settings.waivers[0].expires) == "2027-01-31"
    assert settings.train[0].parameters == {"target_epsilon": 3.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace('path = "m', 'pth = "m'), "auditkit.toml: model.pth is not a known key; did you mean 'path'?"),
        (GOOD + "[audt]\n", "audt is not a known key; did you mean 'audit'?"),
        (GOOD + "grops = ['sex']\n", "data.grops is not a known key; did you mean 'groups'?"),
        (
            GOOD + "[audit]\nbudget = 'cheap'\n",
            "audit.budget: Input should be 'quick', 'standard' or 'thorough'; 'cheap'",
        ),
        (GOOD + "[audit]\nseed = -1\n", "audit.seed"),
        (GOOD + "[[limits]]\nname = 'l'\nmeasurement = 'm'\n", "limit 'l' needs at_least, at_most or both"),
        (GOOD + "[[limits]]\nname = 'l'\nmeasurement = 'm'\natleast = 1\nat_most = 2\n", "did you mean 'at_least'?"),
        (GOOD + "[[waivers]]\nlimit = 'l'\nreason = ''\napprover = 'a'\nexpires = 2027-01-01\n", "waivers.0.reason"),
        (GOOD + "[[waivers]]\nlimit = 'l'\nreason = 'r'\napprover = 'a'\n", "waivers.0.expires is required"),
        ("[model]\npath = 'x'\n", "data is required, and was not given"),
        ("[data]\npath = 'x'\n", r"auditkit.toml: a \[model\] with path, object, decisions or scores is required"),
        ("[model\n", r"not valid TOML: .*\)$"),
        (GOOD + "target = 'y'\n", "data.target is not a known key; did you mean 'label'?"),
        (
            GOOD + "[limits]\nmeasurement = 'm'\n",
            r"limits must be one or more tables, each begun with \[\[limits\]\]; one",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_the_mend(write, text, message):
    with pytest.raises(ConfigError, match=message):
        load(write(text))


def test_every_error_is_reported_at_once(write):
    with pytest.raises(ConfigError) as caught:
        load(write(GOOD + "grops = 1\nlabl = 2\n"))
    assert str(caught.value).count("\n") == 1


def test_defaults_file_environment_flags_in_that_order(write, monkeypatch):
    path = write(GOOD)
    assert load(path).audit.budget == "standard"
    path = write(GOOD + "[audit]\nbudget = 'quick'\nseed = 3\n")
    assert load(path).audit.budget == "quick"
    monkeypatch.setenv("AUDITKIT_BUDGET", "thorough")
    monkeypatch.setenv("AUDITKIT_SEED", "5")
    assert (load(path).audit.budget, load(path).audit.seed) == ("thorough", 5)
    assert load(path, {"budget": "standard", "seed": None}).audit.budget == "standard"
    assert load(path, {"budget": "standard", "seed": None}).audit.seed == 5


def test_rows_are_shown_only_where_the_file_or_the_flag_says_so(write, monkeypatch):
    from typer.testing import CliRunner

    from auditkit import cli
    from auditkit.command import commands

    included = []

    def run(config, flags, options):
        included.append(commands._request(load(config, flags), options).include_rows)
        return 0

    monkeypatch.setattr(commands, "run", run)
    plain, allowed = str(write(GOOD)), GOOD + "[audit]\ninclude_rows = true\n"
    for words in ([plain], [plain, "--include-rows"]):
        assert CliRunner().invoke(cli.app, ["run", *words]).exit_code == 0
    path = str(write(allowed))
    assert CliRunner().invoke(cli.app, ["run", path]).exit_code == 0
    assert included == [False, True, True]


def test_a_misspelt_environment_variable_is_an_error(write, monkeypatch):
    monkeypatch.setenv("AUDITKIT_BUGDET", "quick")
    with pytest.raises(ConfigError, match="AUDITKIT_BUGDET is not known; did you mean 'AUDITKIT_BUDGET'"):
        load(write(GOOD))


def test_pyproject_is_read_and_absence_is_a_sentence(write, tmp_path):
    with pytest.raises(ConfigError, match=r"there is no auditkit\.toml in this folder"):
        load()
    with pytest.raises(ConfigError, match=r"there is no file 'x\.toml'"):
        load("x.toml")
    write("[tool.other]\n", "pyproject.toml")
    with pytest.raises(ConfigError, match=r"has no \[tool\.auditkit\]"):
        load()
    write("[tool.auditkit.model]\npath = 'm'\n[tool.auditkit.data]\npath = 'd'\n", "pyproject.toml")
    assert load().model.path == "m"
    assert load(tmp_path / "pyproject.toml").data.path == "d"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[audit]\nchecks = "performance"', 'audit.checks must be a list, such as ["performance"]'),
        (
            '[[limits]]\nmeasurement = "m"\nat_least = 0.5\nacross = "sex"',
            'limits.0.across must be a list, such as ["sex"]',
        ),
    ],
)
def test_one_name_in_place_of_a_list_is_told_how_a_list_is_written(write, text, message):
    with pytest.raises(ConfigError) as raised:
        load(write(GOOD + text))
    assert message in str(raised.value) and "tuple" not in str(raised.value)


def test_one_group_in_place_of_a_list_is_told_once(write):
    with pytest.raises(ConfigError) as raised:
        load(write(GOOD + 'groups = "sex"'))
    assert str(raised.value) == "auditkit.toml: data.groups must be a list, such as [\"sex\"]; 'sex' was given"


def test_a_group_that_is_a_number_may_be_written_as_one(write):
    settings = load(
        write(GOOD + '[[limits]]\nmeasurement = "m"\nat_least = 0.5\nslice = { sex = 1, age = 2.0, old = true }')
    )
    assert settings.limits[0].slice == {"sex": "1", "age": "2", "old": "True"}
    with pytest.raises(ConfigError, match=r"slice\.sex"):
        load(write(GOOD + '[[limits]]\nmeasurement = "m"\nat_least = 0.5\nslice = { sex = ["1"] }'))


def test_data_in_place_of_a_configuration_are_said_to_be_none(tmp_path):
    (tmp_path / "people.csv").write_text("age,y\n1,0\n")
    with pytest.raises(ConfigError, match=r"what is run is a configuration, which names data and model$"):
        load(tmp_path / "people.csv")


def test_a_file_that_is_nested_without_end_is_a_sentence(write):
    with pytest.raises(ConfigError, match=r"is not valid TOML: its lists lie too deep in one another"):
        load(write("a = " + "[" * 5000 + "]" * 5000))
