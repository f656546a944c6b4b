"""Rows that plugins add to lists: each that is wrong is one error that names its plugin, and the others go on."""

from __future__ import annotations

import re
import sys
import types

import numpy as np
import pytest

import auditkit
from auditkit.checks import Offer
from auditkit.errors import ConfigError, PluginError
from auditkit.hookspecs import Attack, Corruption, Format, hookimpl
from auditkit.host import Host
from auditkit.models import ModelOptions
from auditkit.plugin_validation import ROWS, wrong_kind, wrong_pack, wrong_row
from auditkit.plugins.robustness.corruptions.check import Corruptions
from auditkit.predictions import Predictions
from auditkit.provenance.environment import result_key
from auditkit.run.context import AuditContext
from auditkit.run.plan import make_plan
from auditkit.run.request import Request
from auditkit.testing import ToyModel, toy_data

FOG = Corruption("acme.fog", lambda data: None, (1, 2, 3, 4, 5), "table")
SPIRAL = Attack("acme.spiral", lambda *given: None)
FUNCTION = "@auditkit.check('{}')\ndef one(rng):\n    'Which?'\n    return 1.0\n"
SHEET = Format("sheet", "sheet.txt", lambda result: b"")


def plugin(name="acme", **hooks):
    module = type(name, (), {"__name__": name})()
    for hook, rows in hooks.items():
        setattr(module, hook, _hook(hook, rows))
    return module


def _hook(hook, rows):
    def give():
        return rows

    give.__name__ = hook
    return hookimpl(give)


@pytest.mark.parametrize(
    ("hook", "row", "message"),
    [
        ("register_attacks", ("acme.spiral", len), "rows must be auditkit.hookspecs.Attack; a tuple was given"),
        ("register_attacks", FOG, "rows must be auditkit.hookspecs.Attack; a Corruption was given"),
        ("register_attacks", SPIRAL._replace(name="spiral"), "name must be a dotted name .* 'spiral' was given"),
        ("register_attacks", SPIRAL._replace(name=3), "name must be a dotted name"),
        ("register_attacks", SPIRAL._replace(make="spiral"), "'acme.spiral': make must be a callable; 'spiral' was"),
        ("register_attacks", SPIRAL._replace(cost=0), "'acme.spiral': cost must be a number above 0; 0 was given"),
        ("register_attacks", SPIRAL._replace(norms=("Linf", "L3")), "norms must be one or more of Linf, L2, L1"),
        ("register_attacks", SPIRAL._replace(norms=()), "norms must be one or more of"),
        ("register_attacks", SPIRAL._replace(cost=10**5000), "cost must be a number above 0; a int was given"),
        ("register_attacks", SPIRAL._replace(cost=True), "cost must be a number above 0; True was given"),
        ("register_attacks", SPIRAL._replace(norms=np.array(["Linf", "L2"])), "norms must be one or more of"),
        ("register_corruptions", FOG._replace(words="{0.x}"), "words must be a text with a place for one number"),
        ("register_formats", "csv", "rows must be auditkit.hookspecs.Format; a str was given"),
        ("register_formats", SHEET._replace(name="../x"), "name must be a word"),
        ("register_formats", SHEET._replace(file="../x"), "'sheet': file must be a plain name"),
        ("register_formats", SHEET._replace(file="Results.json"), "'sheet': file must be a plain name"),
        ("register_formats", SHEET._replace(render=None), "'sheet': render must be a callable"),
        ("register_rules", 5, "a path of a rule pack is required; a int was given"),
        ("register_rules", "/nowhere/mine.toml", "a rule pack is required; there is no file '/nowhere/mine.toml'"),
        ("register_corruptions", FOG._replace(severities=(1, 2)), "severities must be five finite numbers"),
        ("register_corruptions", FOG._replace(severities=(1, 2, 3, 4, float("inf"))), "severities must be five"),
        ("register_corruptions", FOG._replace(severities=5), "severities must be five finite numbers"),
        (
            "register_corruptions",
            FOG._replace(modality="sound"),
            "modality must be one of image, sequence, table, text",
        ),
        ("register_corruptions", FOG._replace(words="fog"), "words must be a text with a place for one number"),
        ("register_corruptions", FOG._replace(words="{a} of {}"), "words must be a text with a place for one number"),
    ],
)
def test_a_wrong_row_is_a_fault_that_names_plugin_and_field(hook, row, message):
    host = Host([plugin(**{hook: [row]}), plugin("other", register_corruptions=[FOG])], discover=False, builtin=False)
    assert len(host.faults) == 1 and host.faults[0].startswith(f"plugin 'acme': {hook}: ")
    assert re.search(message, host.faults[0])
    assert host.rows("register_corruptions") == {"acme.fog": Offer(FOG, "other", "object")}


class Masked:
    """What ends the process of whoever asks what it is, as a proxy of something that is gone may."""

    @property
    def __class__(self):
        sys.exit(0)


COLLECTED = ("register_checks", "register_trainers", "register_rules", *ROWS)


@pytest.mark.parametrize("hook", COLLECTED)
def test_what_runs_code_when_it_is_asked_what_it_is_costs_its_plugin_alone(hook):
    host = Host([plugin(**{hook: [Masked()]}), plugin("other", register_attacks=[SPIRAL])], discover=False)
    assert (
        len(host.faults) == 1 and host.faults[0].startswith(f"plugin 'acme': {hook}") and "a Masked" in host.faults[0]
    )
    assert list(host.rows("register_attacks")) == ["acme.spiral"] and "html" in host.formats()


def test_a_module_that_holds_what_runs_code_when_it_is_asked_what_it_is_does_not_load():
    module = types.ModuleType("acme")
    module.thing, module.register_attacks = Masked(), _hook("register_attacks", [SPIRAL])
    (fault,) = Host([module], discover=False).faults
    assert fault.startswith("plugin 'acme' did not load: SystemExit")


def test_an_adapter_that_gives_what_runs_code_when_it_is_asked_what_it_is_is_named():
    def wrap_model(obj):
        return Masked()

    module = type("acme", (), {"__name__": "acme", "wrap_model": staticmethod(hookimpl(wrap_model))})()
    with pytest.raises(PluginError, match="plugin 'acme': wrap_model raised SystemExit"):
        Host([module], discover=False).wrap_model(object(), ModelOptions())


def test_a_text_that_can_say_something_else_each_time_is_no_field_of_a_row():
    lower = type("Odd", (str,), {"lower": lambda text: sys.exit(0)})
    (fault,) = Host([plugin(register_formats=[SHEET._replace(file=lower("sheet.txt"))])], discover=False).faults
    assert "file must be a plain name" in fault and "a Odd was given" in fault


@pytest.mark.parametrize(("hook", "row"), [("register_attacks", SPIRAL), ("register_corruptions", FOG)])
def test_a_right_row_is_offered(hook, row):
    assert wrong_row(hook, row) is None
    assert Host([plugin(**{hook: [row]})], discover=False).rows(hook)[row.name].plugin == "acme"


def test_a_name_that_two_offer_is_used_by_neither():
    host = Host([plugin(register_attacks=[SPIRAL]), plugin("late", register_attacks=[SPIRAL])], discover=False)
    assert host.faults == ["register_attacks: the name 'acme.spiral' is offered by 'acme' and 'late'; neither is used"]
    assert host.rows("register_attacks") == {}


@pytest.mark.parametrize(("name", "file"), [("html", "mine.html"), ("mine", "Report.html")])
@pytest.mark.parametrize("owner", ["acme", "zeta"])
def test_no_plugin_takes_the_place_of_a_format_of_auditkit(owner, name, file):
    host = Host([plugin(owner, register_formats=[Format(name, file, lambda result: b"mine")])], discover=False)
    assert len(host.faults) == 1 and repr(owner) in host.faults[0] and "auditkit's own is used" in host.faults[0]
    assert list(host.formats()) == list(Host(discover=False).formats())
    assert host.formats()["html"].file == "report.html"


def test_a_file_that_two_plugins_write_is_written_by_neither():
    both = [plugin("acme", register_formats=[SHEET]), plugin("late", register_formats=[SHEET._replace(name="list")])]
    host = Host(both, discover=False, builtin=False)
    assert host.faults == ["register_formats: the file 'sheet.txt' is offered by 'acme' and 'late'; neither is used"]
    assert host.formats() == {}


def test_one_plugin_may_be_named_without_a_list(tmp_path):
    (tmp_path / "acme.py").write_text(f"import auditkit\n{FUNCTION.format('acme.one')}")
    assert not Host(str(tmp_path / "acme.py"), discover=False).faults


@pytest.mark.parametrize("thing", [5, 2.5, None, object(), [], {}, len, np.zeros(3), re])
def test_what_offers_nothing_is_no_plugin(thing):
    host = Host([thing], discover=False)
    assert len(host.faults) == 1 and "it offers nothing; mark a function with @auditkit.hookimpl" in host.faults[0]


@pytest.mark.parametrize(
    "id", ["share", "Acme.share", "acme share.x", "acme.", ".share", "a..b", "acme/share", "train.x"]
)
def test_an_id_of_another_form_than_auditkits_own_is_refused(id, tmp_path):
    (tmp_path / "acme.py").write_text(
        "import auditkit\n" + FUNCTION.format(id) + FUNCTION.format("acme.fine").replace("one", "fine")
    )
    host = Host([tmp_path / "acme.py"], discover=False, builtin=False)
    assert list(host.checks()) == ["acme.fine"]
    assert len(host.faults) == 1
    assert f"id must be a name in lower case such as 'acme.share'; {id!r} was given" in host.faults[0]

    class Named(auditkit.Check):
        """Which?"""

        def measure(self, model, data, context):
            return 1

    Named.id = id
    with pytest.raises(ConfigError, match=r"checks: Named: id must be a name in lower case"):
        auditkit.audit(ToyModel(), toy_data(), checks=[Named()])


def test_every_id_of_auditkit_itself_has_the_form():
    host = Host(discover=False)
    for kind, offers in ((auditkit.Check, host.checks()), (auditkit.Trainer, host.trainers())):
        assert offers and not any(wrong_kind(offer.value, kind) for offer in offers.values())
    for hook in ROWS:
        assert not any(wrong_row(hook, offer.value) for offer in host.rows(hook).values())
    assert host.formats() and host.rules() and not any(map(wrong_pack, host.rules()))


def test_a_plugin_is_asked_once_what_it_offers():
    asked = []
    first = plugin(register_attacks=[SPIRAL])
    offer = first.register_attacks

    @auditkit.hookimpl
    def register_attacks():
        asked.append(1)
        return offer()

    first.register_attacks = register_attacks
    host = Host([first], discover=False)
    for _ in range(3):
        assert SPIRAL.name in host.rows("register_attacks")
    host.rows("register_attacks").clear()  # whoever changes what he was given changes nothing of the host's
    assert SPIRAL.name in host.rows("register_attacks") and asked == [1]


@pytest.mark.parametrize(("id", "right"), [("acme.sgd-2", True), ("dp_sgd", True), ("SGD", False), ("a b", False)])
def test_the_id_of_a_trainer_needs_no_family(id, right):
    trainer = type("Made", (auditkit.Trainer,), {"id": id, "train": lambda self: None})
    assert (wrong_kind(trainer, auditkit.Trainer) is None) == right


def planned(*plugins, names=("acme.fog",)):
    host = Host(plugins, discover=False)
    request = Request(checks=[Corruptions(corruptions=names)], budget="quick")
    _, (step,) = make_plan(AuditContext(host, toy_data(), request), ToyModel())
    return step.planned


def test_the_plan_says_whose_rows_a_check_uses_and_a_check_that_uses_none_says_nothing():
    assert planned(plugin(register_corruptions=[FOG])).uses == {"acme": "object"}
    assert "uses" not in planned(plugin(register_corruptions=[FOG]), names=("noise",)).model_dump()


def test_a_kept_check_is_of_no_use_with_another_version_of_a_plugin_that_it_uses():
    predictions = Predictions(ToyModel(), toy_data())
    step = planned(plugin(register_corruptions=[FOG]))
    keys = {
        result_key(step.model_copy(update={"uses": {"acme": version}}), predictions, 0, "cpu", 1, False)
        for version in ("1.0", "1.1", "1.0")
    }
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("plugins", "message"),
    [
        ([], r"corruptions: no loaded plugin offers 'acme.fog'; known: none. Name the plugin under \[audit\] plugins"),
        ([plugin(register_corruptions=[FOG._replace(name="acme.fogs")])], "'acme.fog'; did you mean 'acme.fogs'"),
        ([plugin(register_corruptions=[FOG._replace(make=0)])], "A plugin went wrong: plugin 'acme': register_corr"),
    ],
)
def test_a_name_that_no_plugin_offers_is_an_error_before_anything_is_measured(plugins, message):
    with pytest.raises(ConfigError, match=message):
        planned(*plugins)


def test_a_check_that_is_asked_outside_of_a_plan_says_what_it_lacks():
    with pytest.raises(PluginError, match="corruptions: no loaded plugin offers"):
        Corruptions(corruptions=("acme.fog",)).applies(ToyModel(), toy_data())


def test_a_corruption_for_other_inputs_is_said_and_not_tried():
    skipped = planned(plugin(register_corruptions=[FOG._replace(modality="text")])).skipped
    assert skipped == "the corruption 'acme.fog' is for text inputs; these are table"


def test_an_attack_by_gradients_is_refused_where_there_are_none():
    host = [plugin(register_attacks=[SPIRAL])]
    result = auditkit.audit(
        ToyModel(), toy_data(), checks=["robustness.evasion"], plugins=host,
        parameters={"robustness.evasion": {"attack": "acme.spiral"}},
    ).results[0]  # fmt: skip
    assert result.reason == "the attack 'acme.spiral' follows gradients, and this model is asked for decisions alone"


def test_a_check_given_as_a_plugin_is_told_where_it_belongs():
    @auditkit.check("acme.given", exact=True)
    def given(data):
        return 1.0

    for thing in (given, given.check, given.check()):
        (fault,) = Host([thing], discover=False).faults
        name = "given" if thing is given else "Check_given"
        assert f"it is a check; give it as one, checks=[{name}]" in fault
