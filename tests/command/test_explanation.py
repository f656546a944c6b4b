"""`auditkit explain`: everything that is defined can be looked up, and what is misspelt names the nearest."""

from __future__ import annotations

import functools
import itertools
import json

import pytest

from auditkit.command import explanation, lists
from auditkit.errors import ConfigError
from auditkit.host import Host
from auditkit.plugins.robustness.attacks.registry import ATTACKS
from auditkit.plugins.robustness.corruptions.base import KNOWN
from auditkit.reports.html.sections import SECTIONS
from auditkit.rulepacks import load_pack

HOST = Host()


def explained(capsys, name: str, **options) -> str:
    assert explanation.explain(name, (), json=False, **options) == 0
    return capsys.readouterr().out


def test_every_check_measurement_trainer_and_pack_is_explained(monkeypatch):
    monkeypatch.setattr(explanation, "load_pack", functools.cache(load_pack))  # the same few for hundreds of names
    names = {*HOST.checks(), *HOST.trainers(), *(path.stem for path in HOST.rules())}
    names |= {f"{id}.{key}" for id, offer in HOST.checks().items() for key in offer.value.definitions}
    names |= {f"train.{id}.{key}" for id, offer in HOST.trainers().items() for key in offer.value.definitions}
    for name in names:
        entry = explanation.look_up(name, HOST)
        assert [item.name for item in entry] == [name], name
        assert any(fact.text for fact in entry[0].facts)


def test_a_measurement_has_its_definition_and_its_clauses(capsys):
    definition = HOST.checks()["fairness.groups"].value.definitions["demographic_parity_ratio"]
    text = " ".join(explained(capsys, "fairness.groups.demographic_parity_ratio").split())
    for part in (definition.title, definition.formula, definition.pitfalls, definition.reference):
        assert part in text
    assert "evidence for nist-ai-rmf MEASURE 2.11" in text and "evidence for eu-ai-act Annex IV(2)(g)" in text
    assert "MEASURE 2.10" not in text


def test_a_bare_name_is_explained_wherever_it_is_measured():
    owners = {id for id, offer in HOST.checks().items() if "selection_rate" in offer.value.definitions}
    names = {entry.name for entry in explanation.look_up("selection_rate", HOST)}
    assert len(owners) > 1 and names == {f"{id}.selection_rate" for id in owners}


def test_a_check_has_its_parameters_and_defaults(capsys):
    text = explained(capsys, "robustness.certificates")
    kind = HOST.checks()["robustness.certificates"].value
    for name in kind.model_fields:
        assert f"parameter {name}:" in text
    assert kind.about().limits.split(".")[0] in " ".join(text.split())


def test_a_pack_has_every_clause_and_says_what_is_unverified(capsys):
    pack = load_pack(next(path for path in HOST.rules() if path.stem == "iso-42001"))
    text = explained(capsys, "iso-42001")
    assert text.count("  clause ") == len(pack.clauses)
    assert " ".join(text.split()).count("(Not verified against the source.)") == len(pack.clauses)


def test_a_clause_says_what_makes_its_evidence_complete(capsys):
    text = " ".join(explained(capsys, "nyc-ll144").split())
    tables = [f"fairness.bias_audit.{kind}_categories" for kind in ("sex", "race_ethnicity", "intersectional")]
    assert f"Evidence: fairness.bias_audit.scoring_rate. Complete with: {', '.join(tables)}." in text


def test_json_is_the_same_facts(capsys):
    explanation.explain("fairness.groups.demographic_parity_ratio", (), json=True)
    (entry,) = json.loads(capsys.readouterr().out)
    definition = HOST.checks()["fairness.groups"].value.definitions["demographic_parity_ratio"]
    assert (entry["kind"], entry["formula"]) == ("measurement", definition.formula)


FOG = """
import auditkit
from auditkit import hookspecs


def fog(data):
    "Values drift by the hour."


@auditkit.hookimpl
def register_corruptions():
    return [hookspecs.Corruption("acme.fog", fog, (1, 2, 3, 4, 5), "table", "{:g} hours")]


@auditkit.hookimpl
def register_attacks():
    return [hookspecs.Attack("acme.spiral", fog, 2, ("L2",))]


@auditkit.hookimpl
def register_sections():
    return [hookspecs.ReportSection("acme.cost", "What did it cost?", fog)]


@auditkit.hookimpl
def register_formats():
    return [hookspecs.Format("sheet", "sheet.txt", fog)]
"""
"""A plugin that adds a row to every list."""


def test_every_row_of_a_list_is_explained_and_listed(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(explanation, "load_pack", functools.cache(load_pack))
    path = tmp_path / "acme.py"
    path.write_text(FOG)
    assert lists.plugins((str(path),), json=True) == 0
    named = json.loads(capsys.readouterr().out)["named"]
    assert set(named["attacks"]) == {*ATTACKS, "acme.spiral"}
    assert set(named["corruptions"]) == {*itertools.chain(*KNOWN.values()), "acme.fog"}
    assert named["report sections"] == [*(row.id for row in SECTIONS if row.title), "acme.cost"]
    assert set(named["formats"]) == {*HOST.formats(), "sheet"}
    assert named["rule packs"] == [pack.stem for pack in HOST.rules()]
    host = Host([path])
    for kind, names in named.items():
        for name in names:
            assert kind.removesuffix("s") in {entry.kind for entry in explanation.look_up(name, host)}, name
    assert lists.plugins((str(path),), json=False) == 0
    text = capsys.readouterr().out
    assert "attacks: ensemble, pgd, standard, acme.spiral\n" in text and "acme.fog\n" in text


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("pgd", ["(attack)", "Madry", 'attack under [checks."robustness.evasion"]']),
        ("drift", ["(corruption)", "of table inputs", 'corruptions under [checks."robustness.corruptions"]']),
        ("coverage", ["(report section)", "What was not tested"]),
        ("junit", ["(format)", "file: junit.xml"]),
        ("acme.fog", ["what: Values drift by the hour.", "severities: 1 hours, 2 hours", "modality: table", "acme"]),
        ("acme.spiral", ["(attack)", "cost: 2", "norms: L2", "plugin: acme"]),
        ("acme.cost", ["(report section)", "title: What did it cost?", "plugin: acme"]),
        ("sheet", ["(format)", "file: sheet.txt", "plugin: acme"]),
    ],
)
def test_a_row_says_what_it_is_and_whose(name, parts, tmp_path, capsys):
    path = tmp_path / "acme.py"
    path.write_text(FOG)
    assert explanation.explain(name, (str(path),), json=False) == 0
    text = capsys.readouterr().out
    assert not [part for part in parts if part not in text], text


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("robust_acuracy", "robust_accuracy"), ("fairness.group", "fairness.groups"), ("eu-aiact", "eu-ai-act")],
)
def test_a_misspelt_name_names_the_nearest(name, nearest):
    with pytest.raises(ConfigError, match=f"{name!r} is none, did you mean '{nearest}'"):
        explanation.look_up(name, HOST)


def test_a_plugins_hostile_text_cannot_steer_the_terminal(tmp_path, capsys):
    path = tmp_path / "evil.py"
    path.write_text(
        "import auditkit\n@auditkit.check('evil.check')\ndef f(predictions):\n"
        "    '''What \\x1b[31mis\\x07 this?\\u202e'''\n    return 1.0\n"
    )
    assert explanation.explain("evil.check", (str(path),), json=False) == 0
    text = capsys.readouterr().out
    assert "this?" in text and not {"\x1b", "\x07", "\u202e"} & set(text)
