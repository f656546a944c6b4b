"""What is made with disclosure = "publish" gives no count of few people away, to one who solves for it."""

from __future__ import annotations

import csv
import itertools
import json
import pathlib
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ConfigError, DataError
from auditkit.runfolder import read_result
from tests.hostile.reader import ALL, KINDS, RATES, Reader, walk
from tests.plugins.recorded import recorded

Done: TypeAlias = Callable[..., tuple[Any, pathlib.Path]]
MINIMUM = 10
CHECKS = ("data.integrity", "fairness.groups", "performance.quality", "fairness.adverse_impact")
LIMITS = [
    {"name": "parity", "measurement": "fairness.groups.demographic_parity_ratio", "at_least": 0.8},
    {"name": "odds", "measurement": "fairness.groups.equalized_odds_difference", "at_most": 0.2, "judge": "point"},
    {"name": "recall", "measurement": "performance.quality.recall", "at_least": 0.5, "judge": "point"},
]


class People(NamedTuple):
    labels: np.ndarray
    """2: not known."""
    decisions: np.ndarray
    """2: withheld."""
    groups: dict[str, np.ndarray]

    @property
    def values(self) -> dict[str, list[str]]:
        return {name: sorted(set(column.tolist())) for name, column in self.groups.items()}

    def count(self, group: dict[str, str], kind: frozenset[tuple[int, int]]) -> int:
        inside = np.ones(len(self.labels), dtype=bool)
        for name, value in group.items():
            inside &= self.groups[name] == value
        codes = [3 * label + decision for label, decision in kind]
        return int((inside & np.isin(3 * self.labels + self.decisions, codes)).sum())

    @property
    def cells(self) -> np.ndarray:
        """How many people each unknown of a reader is."""
        combinations = itertools.product(*self.values.values())
        groups = (dict(zip(self.groups, combination, strict=True)) for combination in combinations)
        return np.array(
            [self.count(group, frozenset({answer})) for group in groups for answer in sorted(ALL)], dtype=float
        )

    def small(self, order: int) -> Iterator[tuple[dict[str, str], str]]:
        """Every count of few in a group or intersection that somebody is in, with the name of its kind."""
        for size in range(order + 1):
            for names in itertools.combinations(self.groups, size):
                for combination in itertools.product(*(self.values[name] for name in names)):
                    group = dict(zip(names, combination, strict=True))
                    if self.count(group, ALL):
                        yield from ((group, kind) for kind in KINDS if self.count(group, KINDS[kind]) < MINIMUM)


def random_people(seed: int, rows: int | None = None, attributes: int = 2) -> People:
    """Three attributes at most, some of whose values are rare."""
    rng = np.random.default_rng(seed)
    rows = rows or int(rng.integers(250, 900))
    groups = {
        "sex": rng.choice(["f", "m", "x"], rows, p=[0.5, 0.49, 0.01]),
        "race": rng.choice(["a", "b", "c", "d"], rows, p=[0.6, 0.3, 0.08, 0.02]),
        "age": rng.choice(["old", "young"], rows, p=[0.3, 0.7]),
    }
    labels = (rng.random(rows) < 0.5).astype(int)
    decisions = np.where(rng.random(rows) < 0.8, labels, 1 - labels)
    return People(labels, decisions, dict(itertools.islice(groups.items(), attributes)))


def rare_errors(seed: int) -> People:
    """Large groups in which few are selected wrongly, and a model that is right about nearly everyone."""
    rng = np.random.default_rng(seed)
    rows = 3000
    groups = {"sex": rng.choice(["f", "m"], rows), "race": rng.choice(["a", "b", "c"], rows, p=[0.5, 0.4, 0.1])}
    labels = (rng.random(rows) < 0.4).astype(int)
    decisions = np.where(rng.random(rows) < 0.012, 1 - labels, labels)
    return People(labels, decisions, groups)


def one_label(seed: int) -> People:
    """Large groups of two of which all labels are the same, so that they have one of the rates of equalized odds."""
    rng = np.random.default_rng(seed)
    sex = np.repeat(["f", "m", "p", "n"], [400, 420, 300, 310])
    labels = np.where(sex == "p", 1, np.where(sex == "n", 0, rng.integers(0, 2, len(sex))))
    return People(labels, np.where(rng.random(len(sex)) < 0.7, labels, 1 - labels), {"sex": sex})


def data_of(people: People, disclosure: str = "publish", **more: Any) -> tuple[Any, AuditData]:
    known, withheld = people.labels != 2, people.decisions == 2
    if not known.all():
        more["known"] = known
    if withheld.any():
        more["withheld"] = withheld
    # nothing is said of groups by a feature of three values, and the searches for proxies in it are soon done
    more.setdefault("inputs", pd.DataFrame({"x": np.arange(len(known)) % 3}))
    return recorded(
        np.where(withheld, 0, people.decisions), np.where(known, people.labels, 0), people.groups,
        disclosure=disclosure, **more,
    )  # fmt: skip


def audited(people: People, folder: pathlib.Path, disclosure: str = "publish", order: int = 2, **more: Any) -> Any:
    model, data = data_of(people, disclosure)
    parameters = {"fairness.groups": {"intersections": order}, "fairness.adverse_impact": {"intersections": order}}
    return auditkit.audit(
        model, data, checks=list(CHECKS), parameters=parameters, limits=LIMITS, budget="quick", out=folder, **more
    )


def facts(people: People, folder: pathlib.Path) -> Reader:
    """What a reader of results.json and of the kept checks knows."""
    reader = Reader(people.values)
    written = [json.loads(file.read_text()) for file in sorted(folder.rglob("*.json"))]
    assert len(written) > 3
    reader.learn({}, ALL, written[-1]["data"]["rows"] if "data" in written[-1] else len(people.labels))
    for document in written:
        reader.read(document)
    return reader


def worked_out(
    people: People, reader: Reader, order: int, least: float, words: bool = False
) -> list[tuple[dict[str, str], str]]:
    """The counts of few that can be told more closely than by a range of `least`; what is true lies in every range."""
    # what is true lies in every range where it is itself a solution; else each range is solved for
    is_allowed = reader.allows(people.cells, words)
    counts = []
    for group, kind in people.small(order):
        if is_allowed and reader.leaves(group, KINDS[kind], least, words):
            continue
        low, high = reader.ends(group, KINDS[kind], words)
        assert low - 1e-6 <= people.count(group, KINDS[kind]) <= high + 1e-6
        if high - low < least - 1e-6:
            counts.append((group, kind))
    return counts


CASES = {
    **{f"random {seed}": (random_people(seed), 2) for seed in (1, 2)},
    "three attributes": (random_people(4, attributes=3), 2),
    "few rows": (random_people(5, rows=60), 2),
    "one attribute": (random_people(6, attributes=1), 1),
    "rare errors": (rare_errors(1), 2),
    "one label": (one_label(1), 1),
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The audit of a case and its folder, made once; nobody may change either."""
    audits: dict[tuple[str, str], tuple[Any, pathlib.Path]] = {}

    def of(name: str, disclosure: str = "publish") -> tuple[Any, pathlib.Path]:
        if (name, disclosure) not in audits:
            people, order = CASES[name]
            folder = tmp_path_factory.mktemp("done") / "run"
            audits[name, disclosure] = (audited(people, folder, disclosure, order), folder)
        return audits[name, disclosure]

    return of


@pytest.mark.parametrize("name", CASES)
def test_no_count_of_few_is_worked_out(name: str, done: Done) -> None:
    people, order = CASES[name]
    result, folder = done(name)
    assert all(check_result.status == "measured" for check_result in result.results), [
        check_result.reason for check_result in result.results
    ]
    reader = facts(people, folder)
    assert worked_out(people, reader, order, MINIMUM) == []
    assert worked_out(people, reader, order, (MINIMUM - 1) // 2, words=True) == []
    published = {
        (measured.name, *measured.slice.items())
        for check_result in result.results
        for measured in check_result.measurements
        if measured.value is not None and measured.slice
    }
    assert published or name in ("few rows", "rare errors")


def test_labels_that_are_not_known_and_decisions_that_were_withheld_are_protected(tmp_path: pathlib.Path) -> None:
    people = random_people(7, rows=800, attributes=3)
    del people.groups["race"]  # with it and sex alone it takes nearly twice as long
    rng = np.random.default_rng(7)
    labels = np.where(rng.random(800) < 0.04, 2, people.labels)
    people = people._replace(labels=labels, decisions=np.where(rng.random(800) < 0.05, 2, people.decisions))
    assert sum(1 for _ in people.small(2)) > 20
    audited(people, tmp_path / "run")
    assert worked_out(people, facts(people, tmp_path / "run"), 2, MINIMUM) == []


def test_the_reader_works_counts_out_where_nothing_is_protected(done: Done) -> None:
    """The control: from the same people, written for readers in the house, the same reader solves for many."""
    for name in ("random 1", "rare errors"):
        people, order = CASES[name]
        solved = worked_out(people, facts(people, done(name, "internal")[1]), order, 1)
        assert len(solved) >= 5, name
        assert any(kind != "people" for _, kind in solved)


@pytest.mark.parametrize("third", [(5, 5), (8, 5)])
def test_five_of_five_and_five_of_eight_do_not_follow_by_subtraction(
    third: tuple[int, int], tmp_path: pathlib.Path
) -> None:
    """The smallest case: everyone's selection rate less that of men and of women gives away the few others'."""
    sizes = {"m": (100, 50), "f": (90, 30), "x": third}
    sex = np.repeat(list(sizes), [people for people, _ in sizes.values()])
    decisions = np.concatenate([np.arange(people) < selected for people, selected in sizes.values()]).astype(int)
    people = People(np.tile([0, 1], len(sex))[: len(sex)], decisions, {"sex": sex})
    for disclosure, least, given_away in (("publish", MINIMUM, False), ("internal", 1, True)):
        audited(people, tmp_path / disclosure, disclosure, 1)
        solved = worked_out(people, facts(people, tmp_path / disclosure), 1, least)
        assert (({"sex": "x"}, "people") in solved, ({"sex": "x"}, "selected") in solved) == (given_away, given_away)
        assert given_away or not solved


@pytest.mark.parametrize("few", [(9, 9), (9, 8), (8, 8, 9)])
def test_that_a_group_is_called_small_does_not_give_it_away(few: tuple[int, ...], tmp_path: pathlib.Path) -> None:
    """Two groups that are 18 people together are nine each to one who reads that both are fewer than ten."""
    sizes = {"m": 120, "f": 100, "n": 30, **{f"x{at}": people for at, people in enumerate(few)}}
    sex = np.repeat(list(sizes), list(sizes.values()))
    decisions = np.random.default_rng(0).integers(0, 2, len(sex))
    people = People(np.random.default_rng(1).integers(0, 2, len(sex)), decisions, {"sex": sex})
    for disclosure, given_away in (("publish", False), ("internal", True)):
        audited(people, tmp_path / disclosure, disclosure, 1)
        reader = facts(people, tmp_path / disclosure)
        assert reader.few  # the small groups are called so where a disparity leaves them out
        solved = worked_out(people, reader, 1, (MINIMUM - 1) // 2, words=True)
        assert bool(solved) == given_away


def test_where_everyone_is_in_small_groups_none_is_called_small(tmp_path: pathlib.Path) -> None:
    """27 people in three groups that are fewer than ten each are nine each."""
    sex = np.repeat(["a", "b", "c"], 9)
    people = People(np.tile([0, 1, 1], 9), np.tile([0, 1, 0, 1, 1, 0, 0, 1, 1], 3), {"sex": sex})
    audited(people, tmp_path, order=1)
    reader = facts(people, tmp_path)
    assert reader.few == [] and "fewer than 10" not in re.sub(
        "so that no count of fewer than 10", "", (tmp_path / "results.json").read_text()
    )
    assert worked_out(people, reader, 1, MINIMUM, words=True) == []


def test_a_disparity_has_a_number_only_where_every_group_in_it_is_published(done: Done) -> None:
    for name in ("random 2", "three attributes", "rare errors"):
        people, (result, _) = CASES[name][0], done(name)
        rates = {
            "demographic_parity": ["selection_rate"], "equal_opportunity": ["true_positive_rate"],
            "equalized_odds": ["true_positive_rate", "false_positive_rate"],
        }  # fmt: skip
        groups = next(check_result for check_result in result.results if check_result.check == "fairness.groups")
        shown = {
            (measurement.name, *measurement.slice.items())
            for measurement in groups.measurements
            if measurement.value is not None
        }
        for disparity in groups.measurements:
            criterion = disparity.name.rpartition("_")[0]
            if disparity.value is None:
                assert disparity.interval is None and disparity.test is None and disparity.n is None
                assert disparity.detectable is None
                assert all(
                    end.value is None and end.n is None for pair in disparity.pairs for end in (pair.low, pair.high)
                )
            elif criterion in rates:
                for rate, combination in itertools.product(
                    rates[criterion], itertools.product(*(people.values[attribute] for attribute in disparity.across))
                ):
                    group = dict(zip(disparity.across, combination, strict=True))
                    if people.count(group, RATES[rate][0]) >= MINIMUM:
                        assert (rate, *group.items()) in shown


def test_limits_are_judged_by_all_that_can_be_estimated_and_say_so(done: Done) -> None:
    published, inside = done("random 1")[0], done("random 1", "internal")[0]
    assert [verdict.status for verdict in published.verdicts] == [verdict.status for verdict in inside.verdicts]
    assert published.exit_code == inside.exit_code
    withheld = [
        judged for verdict in published.verdicts for judged in verdict.judged if judged.measurement.value is None
    ]
    assert withheld and all(
        "withheld" in judged.reason and not re.search(r"\d\.\d", judged.reason) for judged in withheld
    )


def test_every_format_is_made_from_what_may_be_published_alone(done: Done, tmp_path: pathlib.Path) -> None:
    """A format sees results.json and nothing else: made again from the file, each is the same byte for byte."""
    from auditkit.host import Host
    from auditkit.run import write

    folder = tmp_path / "run"
    shutil.copytree(done("random 1")[1], folder)
    before = {
        file.name: file.read_bytes() for file in folder.iterdir() if file.is_file() and file.name != "manifest.json"
    }
    host = Host()
    write.write(host, read_result(folder), folder, ())
    after = {
        file.name: file.read_bytes() for file in folder.iterdir() if file.is_file() and file.name != "manifest.json"
    }
    assert before == after
    result = json.loads(before["results.json"])
    for file in (folder / "checks").glob("*.json"):
        kept = json.loads(file.read_text())["result"]
        assert kept in result["results"]
    with (folder / "measurements.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == sum(len(check_result["measurements"]) for check_result in result["results"])


def test_nothing_of_an_audit_for_the_house_is_left_in_a_folder_that_is_published(tmp_path: pathlib.Path) -> None:
    """The folder is used again: a format made on request then, and a check that is not asked or fails now, go."""
    folder, people = tmp_path / "run", random_people(6, attributes=1)
    audited(people, folder, "internal", order=1, formats=["bom"])
    assert (folder / "model.cdx.json").exists() and (folder / "checks" / "performance.quality.json").exists()
    model, data = data_of(people)
    broken = {"name": "zero", "measurement": "fairness.groups.demographic_parity_ratio", "at_least": 0.8}
    auditkit.audit(model, data, checks=["fairness.groups", "fairness.scores"], limits=[broken], out=folder)
    names = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert "model.cdx.json" not in names
    assert {name for name in names if name.startswith("checks/")} == {"checks/fairness.groups.json"}


def test_no_rate_of_a_hidden_group_stands_in_any_file(tmp_path: pathlib.Path) -> None:
    """Of 7 thirds of a sex 3 are selected, of 29 others 11: rates and ratios with digits of their own."""
    sizes = {"m": (1000, 700), "f": (1100, 690), "x": (7, 3), "y": (29, 11)}
    sex = np.repeat(list(sizes), [people for people, _ in sizes.values()])
    decisions = np.concatenate([np.arange(people) < selected for people, selected in sizes.values()]).astype(int)
    people = People(1 - decisions, decisions, {"sex": sex})
    limits = [{"name": "all", "measurement": "fairness.groups.selection_rate", "at_least": 0.5, "judge": "point",
               "groups": "each"}]  # fmt: skip
    model, data = data_of(people, minimum_rate=5)
    folder = tmp_path / "run"
    result = auditkit.audit(
        model, data, checks=list(CHECKS), limits=limits, budget="quick", out=folder, rules=["four-fifths"], formats=[]
    )
    assert result.verdicts[0].status == "missed"
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix != ".parquet" and file.name != "manifest.json":
            text = file.read_bytes().decode("utf-8", "replace")
            for secret in (
                "0.4285",
                "42.9%",
                "42.9 %",
                "0.3793",
                "37.9%",
                "37.9 %",
                "0.6122",
                "0.5418",
                "3 of 7",
                "11 of 29",
            ):
                assert secret not in text, (file.name, secret)


class Given(ClassifierMixin, BaseEstimator):
    """A model that gives the answers that it was made with."""

    def __init__(self, answers: Any = None) -> None:
        self.answers = answers
        self.classes_ = np.array([0, 1])

    def fit(self, X: Any, y: Any = None) -> Given:
        return self

    def predict(self, X: Any) -> np.ndarray:
        return np.asarray(self.answers)[np.asarray(X)[:, 0].astype(int)]


def test_several_models_are_protected_together(tmp_path: pathlib.Path) -> None:
    first = random_people(8, rows=500, attributes=1)
    rng = np.random.default_rng(8)
    second = first._replace(decisions=np.where(rng.random(500) < 0.6, first.labels, 1 - first.labels))
    models = [
        auditkit.wrap(Given(answered.decisions), name=name) for name, answered in (("one", first), ("two", second))
    ]
    result = auditkit.compare(
        models, data_of(first)[1], checks=["fairness.groups", "performance.quality"], budget="quick", out=tmp_path / "r"
    )
    assert result.changes == ()
    for people, of in ((first, 0), (second, 1)):
        reader = Reader(people.values)
        reader.learn({}, ALL, 500)
        for audit in result.results:  # sizes of groups and labels are the same in both
            for fact in walk(json.loads(audit.model_dump_json())):
                if fact.get("attribute") or fact.get("name") in ("prevalence", "group_share"):
                    reader.read(fact)
        reader.read(json.loads(result.results[of].model_dump_json()))
        assert worked_out(people, reader, 1, MINIMUM) == []


def test_a_table_of_counts_for_new_york_is_published_without_its_few(tmp_path: pathlib.Path) -> None:
    people = random_people(9, rows=900)
    unlabelled = people._replace(labels=np.full(900, 2))
    table = pd.DataFrame({**people.groups, "selected": people.decisions})
    counted = table.groupby(["sex", "race", "selected"], as_index=False).size()
    data = AuditData.from_table(
        counted, groups=["sex", "race"], decisions="selected", people="size", positive=1, disclosure="publish"
    )
    checks = ["fairness.bias_audit", "fairness.groups", "fairness.adverse_impact"]
    result = auditkit.audit(None, data, checks=checks, budget="quick", out=tmp_path / "run", rules=["nyc-ll144"])
    audit = next(check_result for check_result in result.results if check_result.check == "fairness.bias_audit")
    assert any(
        measurement.name == "selection_rate" and measurement.value is not None for measurement in audit.measurements
    )
    reader = facts(unlabelled, tmp_path / "run")
    questions = [(group, kind) for group, kind in unlabelled.small(2) if kind in ("people", "selected", "rejected")]
    assert len(questions) > 10
    assert [
        question
        for question in questions
        if np.subtract(*reader.ends(question[0], KINDS[question[1]])) > -MINIMUM + 1e-6
    ] == []


def test_what_is_published_cannot_show_rows_and_needs_enough_people() -> None:
    people = random_people(1)
    model, data = data_of(people)
    with pytest.raises(ConfigError, match="include_rows"):
        auditkit.audit(model, data, checks=["performance.quality"], include_rows=True)
    few = People(people.labels[:8], people.decisions[:8], {"sex": people.groups["sex"][:8]})
    model, data = data_of(few)
    with pytest.raises(DataError, match="at least minimum_cell = 10 people"):
        auditkit.audit(model, data, checks=["performance.quality"])


def test_figures_tables_notes_and_controls_hold_no_number_that_is_not_published(done: Done) -> None:
    result = done("random 1")[0]
    for check_result in result.results:
        assert check_result.rows is None and not any(re.search(r"\d", note) for note in check_result.notes)
        for control in check_result.controls:
            assert control.value is None and not re.search(r"\d", control.question + control.reason)
        assert all(table.name == "confusion" for table in check_result.tables)
        shown = {measurement.value for measurement in check_result.measurements if measurement.value is not None}
        for figure in check_result.figures:
            assert {row["value"] for row in figure.data} <= shown


def test_a_resumed_audit_judges_by_numbers_that_were_not_kept(done: Done, tmp_path: pathlib.Path) -> None:
    first, finished = done("random 1")
    folder = shutil.copytree(finished, tmp_path / "run")
    again = audited(CASES["random 1"][0], folder)
    assert "fairness.groups" not in again.run.resumed and "data.integrity" in again.run.resumed
    assert [verdict.status for verdict in again.verdicts] == [verdict.status for verdict in first.verdicts]
    assert [result.model_dump() for result in again.results] == [result.model_dump() for result in first.results]


def test_nothing_that_a_check_logs_reaches_a_log(tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    class Talker(auditkit.Check):
        """Does it talk?"""

        id = "own.talker"

        def measure(self, model: Any, data: AuditData, context: Any) -> auditkit.Findings:
            context.log.warning("there are 7 people of sex x")
            return auditkit.Findings(
                measurements=[auditkit.Measurement(name="x", value=7.0, exact=True, n=7)], notes=["7 people"]
            )

    people = random_people(1)
    for disclosure, logged in (("publish", False), ("internal", True)):
        caplog.clear()
        model, data = data_of(people, disclosure)
        result = auditkit.audit(model, data, checks=[Talker()])
        assert ("7 people" in caplog.text) == logged
        # a check that does not say what its numbers are made of publishes none
        assert (result.results[0].measurements[0].value is None) != logged
        assert any("7" in note for note in result.results[0].notes) == logged


def test_the_reader_finds_every_place_of_results_json() -> None:
    """Facts are found at any depth: in what a limit was judged by, and in the pairs of a disparity."""
    measured = {"name": "selection_rate", "value": 0.6, "n": 5, "slice": {"g": "a"}, "across": [], "conditions": {}}
    pair = {"rate": "selection_rate", "role": "value", "low": {"slice": {"g": "a"}, "value": 0.5, "n": 8},
            "high": {"slice": {"g": "b"}, "value": 0.25, "n": 40}}  # fmt: skip
    reader = Reader({"g": ["a", "b"]})
    reader.read({"verdicts": [{"judged": [{"measurement": measured}]}]})
    assert sorted(reader.totals) == [3, 5]
    reader = Reader({"g": ["a", "b"]})
    reader.read({"pairs": [pair]})
    assert sorted(reader.totals) == [4, 8, 10, 40]
    assert len(list(walk({"a": [{"b": {}}]}))) == 3
