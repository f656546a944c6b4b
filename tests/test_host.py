"""Loading, blocking, listing, and calling with attribution and isolation."""

from __future__ import annotations

import importlib.metadata
import sys
import types
from typing import NamedTuple

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

import auditkit
from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.errors import ConfigError, ModelError, PluginError
from auditkit.hookspecs import hookimpl
from auditkit.host import Host
from auditkit.models import Answers, Capability, Model, ModelOptions
from auditkit.option_guard import model_options
from auditkit.plugin_validation import HOOKS, problems
from auditkit.predictions import Predictions
from auditkit.results import CheckResult, Measurement


class Constant(Model):
    classes = ("no", "yes")
    capabilities = frozenset({Capability.QUERIES})
    fingerprint = "0"

    def answer(self, inputs):
        return Answers(np.full(len(inputs), "yes"), None, None)


class One(Check):
    """How many?"""

    id = "x.one"

    def measure(self, model, data, context):
        return Findings([Measurement(name="one", value=1.0, exact=True)])


def module(name: str = "plug", **members) -> types.ModuleType:
    new_module = types.ModuleType(name)
    for key, value in members.items():
        if isinstance(value, type) and value is not Check:
            value.__module__ = name
        if hasattr(value, "check"):
            value.check.__module__ = name
        setattr(new_module, key, value)
    return new_module


def host(*plugins, builtin: bool = False) -> Host:
    return Host(plugins, discover=False, builtin=builtin)


def make_check(id: str, name: str = "Made") -> type[Check]:
    return type(name, (One,), {"id": id, "__doc__": "How many?", "__module__": "plug"})


def context(model: Model, data: AuditData) -> Context:
    return Context(np.random.default_rng(0), Predictions(model, data))


DATA = AuditData(np.zeros((3, 1)))


def test_a_module_offers_what_it_decorates_and_subclasses_but_not_what_it_imports():
    @auditkit.check("acme.share")
    def share(labels):
        """Which share?"""
        return labels == 1

    own = make_check("acme.own")
    the_host = host(module("plug", share=share, Own=own, Check=Check, json=importlib.metadata))
    assert list(the_host.checks()) == ["acme.own", "acme.share"]
    assert {offer.plugin for offer in the_host.checks().values()} == {"plug"}
    assert the_host.faults == []


def test_a_check_that_is_registered_and_defined_is_offered_once():
    own = make_check("acme.own")
    plug = module("plug", Own=own)
    plug.register_checks = hookimpl(lambda: [own])
    plug.register_checks.__name__ = "register_checks"
    the_host = host(plug)
    assert list(the_host.checks()) == ["acme.own"]
    assert the_host.faults == []


def test_one_plugin_raising_stops_no_other_and_is_named():
    class Broken:
        @hookimpl
        def register_checks(self):
            raise RuntimeError("boom\x1b[31m")

    class Fine:
        @hookimpl
        def register_checks(self):
            return [One]

    the_host = host(Broken(), Fine())
    assert list(the_host.checks()) == ["x.one"]
    assert any("'Broken'" in fault and "boom" in fault for fault in the_host.faults)
    assert "\x1b" not in "".join(the_host.faults)


@pytest.mark.parametrize("nonsense", [42, "x.one", object(), dict, None.__class__])
def test_nonsense_among_the_checks_is_a_fault_that_names_the_plugin(nonsense):
    class Odd:
        @hookimpl
        def register_checks(self):
            return [nonsense, One]

    the_host = host(Odd())
    assert list(the_host.checks()) == ["x.one"]
    assert any("'Odd'" in fault for fault in the_host.faults)


def test_a_need_outside_the_vocabulary_is_a_fault_with_the_close_match():
    kind = make_check("x.needy")
    kind.needs = frozenset({"lables"})
    the_host = host(module("plug", K=kind))
    assert the_host.checks() == {}
    assert "did you mean 'labels'" in the_host.faults[0]


def test_a_misspelt_hook_is_an_error_with_the_close_match():
    class Odd:
        @hookimpl
        def register_check(self):
            return [One]

    the_host = host(Odd())
    assert "'register_check' is not a hook; did you mean 'register_checks'?" in the_host.faults[0]
    assert the_host.checks() == {}
    assert [plugin.loaded for plugin in the_host.plugins()] == [False]


def test_a_hook_that_is_meant_for_another_version_may_be_optional():
    class Future:
        @hookimpl(optionalhook=True)
        def register_dreams(self):
            return []

    assert host(Future()).faults == []


def test_signatures_that_pluggy_versions_treat_differently_are_refused():
    class Default:
        @hookimpl
        def check_finished(self, result=None):
            pass

    class Keyword:
        @hookimpl
        def check_finished(self, *, result):
            pass

    class Unknown:
        @hookimpl
        def check_finished(self, resutl):
            pass

    class Wrapper:
        @hookimpl(wrapper=True)
        def register_checks(self):
            yield

    assert "must not have a default" in problems(Default())[0]
    assert "must not be keyword-only" in problems(Keyword())[0]
    assert "did you mean 'result'" in problems(Unknown())[0]
    assert "cannot be wrapped" in problems(Wrapper())[0]


def test_a_class_where_an_instance_is_meant_is_refused_with_the_mend():
    class Plug:
        @hookimpl
        def register_checks(self):
            return [One]

    assert "call it: Plug()" in host(Plug).faults[0]


def test_a_duplicate_id_names_both_and_neither_is_used():
    first, second = make_check("x.same"), make_check("x.same")
    first.__module__ = "a_plugin"
    made_a, made_b = module("a_plugin"), module("b_plugin")
    made_a.K, made_b.K = first, second
    first.__module__, second.__module__ = "a_plugin", "b_plugin"
    for plugins in ((made_a, made_b), (made_b, made_a)):
        the_host = host(*plugins)
        assert the_host.checks() == {}
        assert the_host.faults == ["the id 'x.same' is offered by 'a_plugin' and 'b_plugin'; neither is used"]


def test_a_file_is_a_plugin(tmp_path):
    path = tmp_path / "acme.py"
    path.write_text(
        "import auditkit\n"
        "@auditkit.check('acme.file', unit='share')\n"
        "def file(predictions):\n"
        "    '''How often?'''\n"
        "    return predictions.labels == 'yes'\n"
    )
    the_host = host(str(path))
    assert list(the_host.checks()) == ["acme.file"]
    info = the_host.plugins()[0]
    assert (info.name, info.source, info.loaded) == ("acme", "file", True)
    assert len(info.version) == 12


def test_a_file_that_fails_to_import_is_a_fault_and_leaves_no_module(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("1 / 0\n")
    the_host = host(str(path), builtin=True)
    assert any("'broken' did not load: ZeroDivisionError" in fault for fault in the_host.faults)
    assert the_host.checks()
    assert "auditkit_file_broken" not in sys.modules


@pytest.mark.parametrize("name", ["nowhere", "json.nowhere", "json.decoder.nowhere", "os..path", "", "a." * 2000 + "a"])
def test_a_name_that_is_nothing_is_a_configuration_error(name):
    with pytest.raises(ConfigError, match="is neither an installed plugin"):
        host(name)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(0)", "SystemExit"),
        ("raise ValueError('no')", "ValueError: no"),
        ("import not_there", "ModuleNotFoundError: No module named 'not_there'"),
    ],
)
def test_a_package_that_fails_while_its_module_is_looked_for_is_a_fault(tmp_path, monkeypatch, body, words):
    (tmp_path / "acme_rooms").mkdir()
    (tmp_path / "acme_rooms" / "__init__.py").write_text(body)
    (tmp_path / "acme_rooms" / "plug.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    (fault,) = host("acme_rooms.plug").faults
    assert fault.startswith("plugin 'acme_rooms.plug' did not load: ") and words in fault


def fake_distribution(folder, name: str, body: str) -> None:
    (folder / f"{name}.py").write_text(body)
    info = folder / f"{name}-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text(f"[auditkit]\n{name} = {name}\n")


def test_entry_points_are_listed_without_importing_and_loaded_by_name(tmp_path, monkeypatch):
    body = (
        "import auditkit\n@auditkit.check('shipped.share')\ndef share(labels):\n    '''Q?'''\n    return labels == 1\n"
    )
    fake_distribution(tmp_path, "shippedplug", body)
    fake_distribution(tmp_path, "brokenplug", "raise ImportError('no')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    by_name = {plugin.name: plugin for plugin in Host().plugins()}
    assert by_name["shippedplug"].loaded is False
    assert (by_name["shippedplug"].distribution, by_name["shippedplug"].version) == ("shippedplug", "1.5")
    assert "shippedplug" not in sys.modules
    the_host = Host(["shippedplug", "brokenplug"])
    assert "shipped.share" in the_host.checks()
    assert any("'brokenplug' did not load: ImportError" in fault for fault in the_host.faults)


def test_an_entry_point_of_another_class_is_one_too(tmp_path, monkeypatch):
    # the package importlib_metadata gives its own in place of Python's as soon as anything imports it
    class Point(NamedTuple):
        name: str
        dist: None = None

        def load(self) -> types.ModuleType:
            return module(register_checks=hookimpl(lambda: [make_check("far.away")]))

    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [Point("far")])
    the_host = Host(["far"], builtin=False)
    assert list(the_host.checks()) == ["far.away"] and the_host.faults == []


class Answering:
    @hookimpl
    def run_check(self, check, model):
        return One()(model, DATA, context(model, DATA)).model_copy(update={"notes": ("mine",)})


class Wrapping:
    @hookimpl(wrapper=True)
    def run_check(self, check):
        result = yield
        return result.model_copy(update={"notes": (*result.notes, "wrapped")})


def test_who_answered_and_who_wrapped_is_in_the_result():
    model = Constant()
    plain = host().run_check(One(), model, DATA, context(model, DATA))
    assert (plain.answered_by, plain.wrapped_by) == (None, ())
    the_host = host(Answering(), Wrapping())
    result = the_host.run_check(One(), model, DATA, context(model, DATA))
    assert result.notes == ("mine", "wrapped")
    assert (result.answered_by, result.wrapped_by) == ("Answering", ("Wrapping",))


def test_run_check_that_gives_something_else_is_named():
    class Nonsense:
        @hookimpl
        def run_check(self):
            return 42

    with pytest.raises(PluginError, match="Nonsense gave int"):
        host(Nonsense()).run_check(One(), Constant(), DATA, context(Constant(), DATA))


def test_notifications_are_isolated_and_named():
    finished = []

    class Deaf:
        @hookimpl
        def check_finished(self, result):
            raise ValueError("deaf")

    class Listening:
        @hookimpl
        def check_finished(self, result):
            finished.append(result.check)

    the_host = host(Deaf(), Listening())
    model = Constant()
    the_host.check_finished(the_host.run_check(One(), model, DATA, context(model, DATA)))
    assert finished == ["x.one"]
    assert any("'Deaf'" in fault for fault in the_host.faults)


def test_wrapping_goes_to_the_first_plugin_that_knows_the_object():
    class Mine:
        @hookimpl
        def wrap_model(self, obj):
            return Constant() if obj == "mine" else None

    the_host = host(Mine())
    assert isinstance(the_host.wrap_model("mine", ModelOptions()), Constant)
    with pytest.raises(ModelError, match="no plugin knows an object of type 'int'"):
        the_host.wrap_model(3, ModelOptions())
    same = Constant()
    assert the_host.wrap_model(same, ModelOptions()) is same


def test_wrapping_that_gives_something_else_is_named():
    class Bad:
        @hookimpl
        def wrap_model(self, obj):
            return 42

    with pytest.raises(PluginError, match="'Bad': wrap_model must give a Model or None; it gave int"):
        host(Bad()).wrap_model("x", ModelOptions())


def test_core_works_without_any_built_in_plugin():
    the_host = host(module("plug", One=make_check("x.one")))
    result = the_host.run_check(the_host.checks()["x.one"].value(), Constant(), DATA, context(Constant(), DATA))
    assert isinstance(result, CheckResult)


def test_every_hook_of_the_contract_is_known():
    assert set(HOOKS) == {
        "register_checks", "register_trainers", "register_rules", "register_formats", "register_attacks",
        "register_corruptions", "register_sections", "load_model", "wrap_model",
        "run_check", "audit_started", "check_finished", "audit_finished",
    }  # fmt: skip


def test_the_path_of_a_file_is_wrapped_with_the_options_of_an_object(tmp_path):
    inputs, labels = np.array([[0.0], [1.0], [2.0]]), ["no", "unsure", "yes"]
    skops.io.dump(LogisticRegression().fit(inputs, labels), tmp_path / "model.skops")
    for path in (tmp_path / "model.skops", str(tmp_path / "model.skops")):
        model = auditkit.wrap(path, abstain="none", random=True)
        assert model.predict(inputs).tolist() == labels and (model.abstain, model.random) == ("none", True)
    with pytest.raises(ModelError, match=r"'model\.skop', where there is no file"):
        auditkit.wrap("model.skop")


def test_wrap_names_an_unknown_option():
    with pytest.raises(ConfigError, match="did you mean 'threshold'"):
        auditkit.wrap(lambda inputs: inputs, treshold=0.3)


def test_wrap_takes_one_name_for_a_list_and_says_where_recorded_answers_are_named():
    assert model_options({"classes": None, "inputs": "age"}).inputs == ("age",)
    with pytest.raises(ConfigError, match=r"AuditData\.from_table\(…, decisions=…\)"):
        auditkit.wrap(lambda inputs: inputs, decisions="d")
    with pytest.raises(ConfigError, match="classes must be a list"):
        auditkit.wrap(lambda inputs: inputs, classes="yes")


class Answer:
    """An object that only a plugin knows."""


def test_wrap_asks_the_adapters_of_the_plugins_that_are_named():
    with pytest.raises(ModelError, match="Answer"):
        auditkit.wrap(Answer())
    known = module("answers")
    known.wrap_model = hookimpl(lambda obj, options: Constant() if isinstance(obj, Answer) else None)
    assert isinstance(auditkit.wrap(Answer(), plugins=[known]), Constant)


def test_wrap_says_which_plugin_did_not_load(tmp_path):
    with pytest.raises(ConfigError, match=r"plugin 'no_such.py': there is no such file"):
        auditkit.wrap(Answer(), plugins=[tmp_path / "no_such.py"])
    (tmp_path / "ends.py").write_text("import sys\nsys.exit(0)\n")
    with pytest.raises(
        PluginError, match=r"'ends' did not load: SystemExit: the code called sys.exit\(0\), which ends"
    ):
        auditkit.wrap(Answer(), plugins=[tmp_path / "ends.py"])
