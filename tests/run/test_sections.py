"""Sections of plugins: made once, saved, rendered without the plugin; what goes wrong names its plugin."""

from __future__ import annotations

import dataclasses

import pytest

import auditkit
from auditkit.errors import PluginError
from auditkit.figures import bars
from auditkit.hookspecs import ReportSection, hookimpl
from auditkit.host import Host
from auditkit.results import Axis, Column, Figure, Image, Section, Table
from auditkit.runfolder import read_result
from auditkit.testing import ToyModel, toy_data
from tests import command
from tests.test_plugin_validation import Masked

ENERGY = Section(
    paragraphs=("One audit took 3 kWh.", "Of <b>that</b> half was [idle](http://evil.example)."),
    figures=(
        bars(
            "energy", "Energy by part", [{"part": "idle", "kwh": 1.5}, {"part": "busy", "kwh": 1.5}],
            label=Axis(field="part", title="part"), value=Axis(field="kwh", title="kWh"),
        ),
    ),
    tables=(
        Table(name="energy", title="Energy", columns=(Column(name="part", title="Part"),), rows=(("idle",), ("busy",))),
    ),
)  # fmt: skip


def plugin(build, name="acme", id="acme.energy"):
    module = type(name, (), {"__name__": name})()

    def register_sections():
        return [ReportSection(id, "How much energy?", build)]

    module.register_sections = hookimpl(register_sections)
    return module


def audited(*plugins, out=None, data=None):
    return auditkit.audit(
        ToyModel(), data or toy_data(), checks=["performance.quality"], budget="quick", plugins=plugins, out=out
    )


def test_a_section_is_saved_and_shown_and_rendered_to_the_same_bytes_without_its_plugin(tmp_path):
    result = audited(plugin(lambda result: ENERGY), out=tmp_path / "audit")
    assert [(section.id, section.title, section.plugin, section.plugin_version) for section in result.sections] == [
        ("acme.energy", "How much energy?", "acme", "object")
    ]
    assert read_result(tmp_path / "audit").sections == result.sections
    html, card = ((tmp_path / "audit" / name).read_text() for name in ("report.html", "model_card.md"))
    for text in ("How much energy?", "One audit took 3 kWh.", "Written by the plugin acme", "Energy by part"):
        assert text in html and text in card
    assert '<a href="#section-acme-energy">How much energy?</a>' in html
    assert "<b>that</b>" not in html and "&lt;b&gt;that&lt;/b&gt;" in html
    assert r"\[idle\](http\://evil.example)" in card and "<b>" not in card
    before = {path.name: path.read_bytes() for path in (tmp_path / "audit").glob("*.*")}
    for words in (["render", "audit"], ["verify", "audit"]):
        done = command.auditkit(tmp_path, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    remade = next(line for line in done.stdout.splitlines() if line.startswith("made again from results.json"))
    assert "and the same" in remade and "report.html" in remade and "model_card.md" in remade
    assert {path.name: path.read_bytes() for path in (tmp_path / "audit").glob("*.*")} == before


def test_a_section_sees_what_may_be_written_alone_and_changes_nothing_of_it():
    given_rows = []

    def build(result):
        given_rows.append([group.rows for group in result.data.groups])
        result.card["owner"] = "somebody else"
        return Section(paragraphs=(f"write to alice@example.org about {result.model.name}",))

    data = toy_data(30)  # of 30 people some groups are too small to show
    result = audited(plugin(build), data=data)
    assert given_rows == [[group.rows for group in result.data.groups]]
    assert result.card == {}
    assert result.sections[0].paragraphs == ("write to [removed: an e-mail address] about toy",)


def test_a_plugin_without_anything_to_say_adds_nothing():
    result = audited(plugin(lambda result: None))
    assert result.sections == () and "sections" not in result.model_dump()
    assert result.outcome == audited().outcome


def image():
    picture = Image(media_type="image/png", base64="")
    return Section(figures=(Figure(name="f", title="F", alt="f", mark="image", image=picture),))


def reversed_axis():
    axis = Axis(field="x", title="x", domain=(1, 0))
    return Section(figures=(Figure(name="f", title="F", alt="f", mark="curve", data=({"x": 1},), x=axis, y=axis),))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda result: 1 / 0, "plugin 'acme': the section 'acme.energy' raised ZeroDivisionError"),
        (lambda result: Masked(), "plugin 'acme': the section 'acme.energy' raised SystemExit"),
        (lambda result: "<h2>", "must give an auditkit.results.Section or None; it gave str"),
        (lambda result: image(), "must be drawn from data; an image was given"),
        (lambda result: ENERGY.model_copy(update={"paragraphs": (3,)}), "'acme.energy' raised ValidationError"),
        (lambda result: reversed_axis(), "section 'acme.energy': figure 'f', x (over 'x'): domain must go from"),
    ],
)  # fmt: skip
def test_a_section_that_goes_wrong_is_a_fault_and_the_others_stand(build, message):
    result = audited(plugin(build), plugin(lambda result: ENERGY, "other", "other.energy"))
    assert result.exit_code == 3 and [section.id for section in result.sections] == ["other.energy"]
    assert any(message in reason for reason in result.outcome.reasons), result.outcome.reasons


def test_of_what_is_published_there_is_no_section():
    result = audited(plugin(lambda result: ENERGY), data=dataclasses.replace(toy_data(400), disclosure="publish"))
    assert result.sections == () and result.exit_code != 3
    assert any("sections of plugins are not published" in note and "acme.energy" in note
               for note in result.provenance.notes)  # fmt: skip


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ReportSection("energy", "Energy", len), "id must be a dotted name"),
        (ReportSection("acme.energy", " ", len), "'acme.energy': title must be a text"),
        (ReportSection("acme.energy", "Energy", "<h2>Energy</h2>"), "'acme.energy': build must be a callable"),
    ],
)
def test_a_wrong_row_names_its_plugin(row, message):
    module = plugin(len)
    module.register_sections = hookimpl(lambda: [row])
    module.register_sections.__name__ = "register_sections"
    (fault,) = Host([module], discover=False).faults
    assert fault.startswith("plugin 'acme': register_sections: ") and message in fault


def test_an_error_of_the_plugin_keeps_its_cause():
    host = Host([plugin(lambda result: 1 / 0)], discover=False)
    offer = host.rows("register_sections")["acme.energy"]
    with pytest.raises(PluginError) as caught, offer.blamed("it"):
        offer.value.build(None)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
