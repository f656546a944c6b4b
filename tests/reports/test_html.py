"""The HTML report, read as a person and as a parser would."""

from __future__ import annotations

import datetime
import itertools
import os
import pathlib
import re
import subprocess
import sys
from typing import Any

import pytest

import auditkit.reports.html.render as rendering
from auditkit.reports import numbers
from auditkit.reports.html.render import render
from auditkit.reports.html.sentences import be
from auditkit.results import AuditResult, digest
from tests import fakes
from tests.contrast import contrast
from tests.fake_checks import LONG
from tests.reports.pages import Element, Tree, by_id, table

pytestmark = pytest.mark.charts

TEMPLATES = rendering.TEMPLATES
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@pytest.fixture(scope="module")
def audit() -> AuditResult:
    return fakes.audit()


@pytest.fixture(scope="module")
def page(audit: AuditResult) -> Element:
    return Tree(render(audit)).root


@pytest.fixture(scope="module")
def side_by_side() -> Element:
    return Tree(render(fakes.comparison())).root


# --- what it says


def test_the_head_has_verdict_sentence_three_reasons_and_what_was_audited(page: Element) -> None:
    head = page.all("header")[0]
    assert (
        "Verdict: missed 3 met · 2 missed · 1 waived (would be missed) · 2 undecided · 1 not tested · 1 error"
        in head.text
    )
    reasons = [element.text for element in head.all("ol")[0].all("li")]
    assert reasons == [
        "missed: dp-sex: Demographic parity ratio over sex is 0.367 (95% interval 0.330 to 0.404, n = 6,012); "
        "at least 0.8 was required Selection rate: F 11.2% (224 of 2,004) against M 30.5% (1,222 of 4,008)",
        "missed: robust-linf: Robust accuracy with epsilon=0.1, norm=Linf is 41.2% (95% interval 38.1% to 44.3%, "
        "n = 500); at least 60% was required",
        "error: concepts: the check explanations.concepts ended in an error",
    ]
    assert "Model credit-gbm (sklearn, binary)" in head.text
    assert "Data credit-test, 6,012 rows" in head.text
    assert "2 March 2026, 09:31 UTC" in head.text
    assert page.all("title")[0].text == "Missed: Audit of credit-gbm on credit-test"


def test_every_limit_is_a_row_worst_first_and_waived_last(page: Element, audit: AuditResult) -> None:
    rows = table(page, "Limits set before the audit")[1:]
    assert [row[1].split(" would")[0] for row in rows] == [
        "missed", "missed", "error", "inconclusive", "inconclusive", "not tested", "met", "met", "met", "waived",
    ]  # fmt: skip
    assert len(rows) == len(audit.verdicts)
    waived = rows[-1]
    assert waived[1] == "waived would be missed"
    assert "retraining is scheduled, ticket 4711. Approved by Head of Credit Risk, until 31 January 2027." in waived[4]
    assert "about 1,400 more rows would decide" in rows[3][4]
    first = rows[0]
    assert first[4] == ""  # rule and number side by side say it
    assert first[0].startswith("dp-sex because: credit policy 3.2")
    assert first[2] == "Demographic parity ratio over sex: at least 0.8"
    assert first[3] == (
        "0.367 (95% interval 0.330 to 0.404, n = 6,012) selection rate: F 11.2% (224 of 2,004) against M 30.5% "
        "(1,222 of 4,008)"
    )
    assert any("judged by the value alone" in row[2] for row in rows if row[0].startswith("calibrated"))


def test_what_was_not_tested_stands_with_its_reason(page: Element) -> None:
    rows = table(page, "Checks without a measurement")[1:]
    assert [row[:2] for row in rows] == [
        ["explanations.concepts", "error"],
        ["explanations.gradients", "skipped"],
        ["privacy.inversion", "not selected"],
    ]
    assert rows[1][3] == "needs gradients, which this sklearn model does not give"
    assert "3 of 9 known checks gave no measurement" in page.text


def test_each_check_is_a_question_with_an_answer(page: Element, audit: AuditResult) -> None:
    sections = [element for element in page.all("section") if "check" in element.classes()]
    assert len(sections) == len(audit.results)
    answers = {}
    for result in audit.results:  # the page has them by family
        section = by_id(page, f"check-{result.check.replace('.', '-')}")
        assert section.all("h3")[0].text == result.about.question
        answers[result.check] = next(element.text for element in section.all("p") if "answer" in element.classes())
    assert answers["performance.quality"] == (
        "Accuracy is 87.1% (95% interval 86.2% to 88.0%, n = 6,012). In groups it runs from 86.6% (sex=M) to 88.1% "
        "(sex=F); 1 group has no number."
    )
    assert answers["explanations.importance"].startswith("invalid Share of protected features is 18.0%")
    assert answers["explanations.importance"].endswith(
        "The number is invalid: the control additivity does not hold: attributions miss the output by 12.0 %."
    )
    assert answers["explanations.gradients"] == (
        "skipped This was not tested: the check needs gradients, which this sklearn model does not give."
    )
    assert answers["explanations.concepts"].startswith("error This could not be answered: ValueError")
    assert answers["data.integrity"] == "Duplicates are 37 rows (exact, n = 6,012)."


def test_every_measurement_has_value_precision_n_and_validity(page: Element, audit: AuditResult) -> None:
    for result in audit.results:
        if not result.measurements:
            continue
        heads, *rows = table(page, f"All measurements of {result.check}")
        assert len(rows) == len(result.every)
        at = {head: heads.index(head) for head in ("Value", "Interval", "Validity", "n") if head in heads}
        for row, measurement in zip(rows, result.every, strict=True):
            assert row[at["Value"]] == numbers.value(measurement)
            assert row[at["Interval"]].startswith(numbers.uncertainty(measurement))
            assert row[at["n"]] == ("" if measurement.n is None else f"{measurement.n:,}")
            if measurement.value is None:
                assert row[at["Validity"]] == f"undefined {measurement.reason}"
            else:
                assert row[at["Validity"]].startswith(measurement.validity)
                assert (measurement.reason or "") in row[at["Validity"]]


def test_a_hidden_group_has_no_number_anywhere(page: Element) -> None:
    rows = [
        row
        for caption in ("All measurements of performance", "All measurements of fairness")
        for row in table(page, caption)
    ]
    hidden = [row for row in rows if "marital=Widowed" in row]
    assert len(hidden) == 2
    assert all("–" in row and not any(re.search(r"\d", cell) for cell in row[2:-1]) for row in hidden)
    groups = table(page, "Groups")
    assert ["marital=Widowed", "", "hidden fewer than 10 people"] in groups


def test_p_values_and_visible_effects_are_shown(page: Element) -> None:
    text = " ".join(" ".join(row) for row in table(page, "All measurements of fairness.groups"))
    assert "p < 0.001 adjusted" in text
    assert "permutation, adjusted within disparities" in text
    assert "8.0%" in text


def test_controls_say_value_bound_holds_and_what_they_guard(page: Element) -> None:
    heads, *rows = table(page, "Controls of explanations.importance")
    assert heads[-1] == "What it means where it does not hold"
    assert rows[0][:4] == ["Do attributions sum to the output? additivity", "0.120", "at most 0.01", "does not hold"]
    assert rows[0][4] == "Share of protected features where it does not hold, they become invalid"
    assert rows[1][1] == "–" and rows[1][3] == "could not be computed"
    assert "Controls that do not hold: 2 of 2." in page.text


def test_a_failed_check_shows_its_error_in_place(page: Element) -> None:
    section = by_id(page, "check-explanations-concepts")
    assert "ValueError: concept 'gender' has no examples" in section.text
    assert "Give at least 20 examples of each concept." in section.text
    assert "checks.py:41 in measure" in section.text


def test_rules_say_coverage_and_never_compliance(page: Element) -> None:
    rows = table(page, "NIST AI Risk Management Framework")[1:]
    assert [row[2] for row in rows] == [
        "present performance.quality.accuracy",
        "partial robustness.evasion.robust_accuracy",
        "absent",
        "not computable",
    ]
    assert rows[2][1] == "Privacy risk examined and documented. The check was not selected."
    assert rows[2][3] == "privacy.inversion.*"
    links = [element.attributes["href"] for element in by_id(page, "pack-nist-ai-rmf").all("a")]
    assert links == ["#check-performance-quality", "#check-robustness-evasion"]
    assert "It does not say that a model complies" in page.text
    assert "Text checked on 2026-02-20" in page.text


def test_long_tables_stop_at_five_hundred_rows_and_say_so(page: Element) -> None:
    assert len(table(page, "Data integrity: Missing values by feature")) == 501
    assert "The first 500 of 620 rows; results.json holds all of them." in page.text


def test_glossary_provenance_signature_and_digest(page: Element, audit: AuditResult) -> None:
    glossary = by_id(page, "glossary").text
    for result in audit.results:
        for name, definition in result.definitions.items():
            assert definition.formula in glossary
            assert f"{result.check}.{name}" in glossary
    provenance = by_id(page, "provenance").text
    for text in ("torch", "2.13.0", "ImportError: No module named 'acme_core'", audit.plan.digest, "Seed 0"):
        assert text in provenance
    assert [element.text for element in by_id(page, "sign").all("p") if "role" in element.classes()] == [
        "Prepared by", "Reviewed by", "Decided by",
    ]  # fmt: skip
    footer = page.all("footer")[0]
    assert footer.all("code")[0].text == digest(audit)


def test_the_digest_is_that_of_the_saved_file(audit: AuditResult, tmp_path: pathlib.Path) -> None:
    import hashlib

    saved = audit.save(tmp_path)
    assert hashlib.sha256(saved.read_bytes()).hexdigest() in render(audit).decode()


@pytest.mark.parametrize("verdict", ["met", "missed", "inconclusive", "error", "not tested"])
def test_every_verdict_has_colour_shape_and_word(audit: AuditResult, verdict: Any) -> None:
    outcome = audit.outcome.model_copy(update={"verdict": verdict, "reasons": ()})
    head = Tree(render(audit.model_copy(update={"outcome": outcome}))).root.all("header")[0]
    banner = next(element for element in head.all("div") if "verdict" in element.classes())
    assert f"is-{verdict.replace(' ', '-')}" in banner.classes()
    assert banner.all("svg")
    assert f"Verdict: {verdict}" in banner.text


def test_each_status_has_its_own_shape(page: Element) -> None:
    shapes: dict[str, str] = {}
    for badge in page.all("span"):
        if "badge" in badge.classes():
            drawn = by_id(page, badge.all("use")[0].attributes["href"][1:])
            shapes[badge.text] = " ".join(child.attributes.get("d", child.tag) for child in drawn.children)
    assert len({shapes[word] for word in ("met", "missed", "inconclusive", "error", "not tested", "waived")}) == 6


def test_without_limits_nothing_was_judged(audit: AuditResult) -> None:
    outcome = fakes.OUTCOME.model_copy(update={"verdict": "not tested", "exit_code": 5, "reasons": (), "counts": {}})
    bare = audit.model_copy(update={"verdicts": (), "limits": (), "outcome": outcome, "rules": (), "coverage": ()})
    text = Tree(render(bare)).root.text
    assert "No limit was set before this audit, so nothing was judged." in text
    assert "Every known check gave a measurement." not in text or bare.coverage == ()


@pytest.mark.parametrize(
    ("title", "verb"),
    [
        ("Accuracy", "is"),
        ("Duplicates", "are"),
        ("Audit rows seen in training", "are"),
        ("Share of protected features", "is"),
        ("Equalized odds difference", "is"),
        ("Log loss", "is"),
        ("Decisions that withstand every change found", "are"),
        ("Members found at a low false positive rate", "are"),
        ("Missing values", "are"),
        ("", "is"),
    ],
)
def test_sentences_are_grammatical(title: str, verb: str) -> None:
    assert be(title, {}) == verb


# --- how it is built


@pytest.mark.parametrize("which", ["page", "side_by_side"])
def test_the_structure_is_sound(which: str, request: pytest.FixtureRequest) -> None:
    page: Element = request.getfixturevalue(which)
    assert page.all("html")[0].attributes["lang"] == "en"
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    levels = [int(element.tag[1]) for element in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    anchors = [element.attributes["id"] for element in page.all() if "id" in element.attributes]
    assert len(set(anchors)) == len(anchors)
    links = [element.attributes["href"] for element in page.all("a")]
    assert links and all(link.startswith("#") and link[1:] in anchors for link in links)
    for element in page.all():
        for name in ("aria-labelledby", "aria-describedby"):
            assert element.attributes.get(name, anchors[0]) in anchors
    for element in page.all("table"):
        assert element.all("caption")[0].text
        assert all("scope" in cell.attributes for cell in element.all("th"))
        assert element.parent is not None
        region = element.parent.attributes
        assert (region["role"], region["tabindex"]) == ("region", "0")
        assert by_id(page, region["aria-labelledby"]).text
    for element in page.all("nav", "section"):
        assert "aria-label" in element.attributes or "aria-labelledby" in element.attributes
    assert page.all("body")[0].children[0].attributes["href"] == "#results"


def test_every_picture_speaks_its_figures_words(page: Element, audit: AuditResult) -> None:
    figures = [figure for result in audit.results for figure in result.figures]
    assert [element.attributes["alt"] for element in page.all("img")] == [figure.alt for figure in figures]
    assert len(page.all("picture")) == sum(figure.image is None for figure in figures)
    assert [element.attributes["media"] for element in page.all("picture")[0].all("source")] == ["(max-width: 640px)"]


def test_a_figures_numbers_are_a_table_beside_it(page: Element) -> None:
    captions = [element.all("caption")[0].text for element in page.all("table")]
    assert "Numbers in the figure: Selection rate by group" not in captions  # they are measurements, and stand there
    section = by_id(page, "check-fairness-groups")
    assert "The numbers in this figure stand under All measurements." in section.text
    row = next(row for row in table(section, "All measurements") if f"marital={LONG}" in row and "8.7%" in row)
    assert "7.5% to 9.9%" in row[3]
    steps = table(page, "Numbers in the figure: Accuracy over the size of the change")
    assert steps[0] == ["attack", "epsilon (standard deviations)", "accuracy", "from", "to"]
    assert steps[2][:3] == ["PGD, 40 steps", "0.05", "66.4%"]


def test_nothing_is_loaded_and_nothing_runs(page: Element) -> None:
    assert not page.all("script", "link", "iframe", "object", "embed", "form", "base")
    policy = [
        element for element in page.all("meta") if element.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert [element.attributes["content"] for element in policy] == [POLICY]
    for element in page.all():
        assert not any(name.startswith("on") for name in element.attributes)
        for name in {"src", "srcset"} & set(element.attributes):
            assert element.attributes[name].startswith("data:image/")
    style = (TEMPLATES / "style.css").read_text()
    assert "url(" not in style and "@import" not in style


def test_templates_never_switch_escaping_off() -> None:
    templates = sorted(TEMPLATES.iterdir())
    assert len(templates) >= 5
    for path in templates:
        text = path.read_text()
        for forbidden in ("|safe", "| safe", "Markup(", "autoescape", "<script", "http://", "https://"):
            assert forbidden not in text, f"{path.name} has {forbidden}"
    for path in TEMPLATES.parent.glob("*.py"):
        assert "Markup(" not in path.read_text()


def test_a_name_that_the_page_lacks_is_an_error() -> None:
    import jinja2

    with pytest.raises(jinja2.UndefinedError):
        rendering.environment().from_string("{{ page.verdikt }}").render(page={})


def test_the_same_result_gives_the_same_bytes_in_a_process_without_the_heavy_packages(
    audit: AuditResult, tmp_path: pathlib.Path
) -> None:
    folder = audit.save(tmp_path).parent
    program = """
import sys
BANNED = {"torch", "sklearn", "pandas", "scipy", "shap", "captum", "art", "opacus", "matplotlib", "xgboost", "pyarrow"}
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BANNED:
            raise ImportError(f"{name} is banned here")
sys.meta_path.insert(0, Wall())
import pathlib
from auditkit.reports.html.render import render
from auditkit.reports.html.sentences import be
from auditkit.results import AuditResult
folder = pathlib.Path(sys.argv[1])
result = AuditResult.model_validate_json((folder / "results.json").read_bytes())
(folder / "report.html").write_bytes(render(result))
assert not BANNED & set(sys.modules)
"""
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo", "LC_ALL": "C"}
        done = subprocess.run(
            [sys.executable, "-c", program, str(folder)], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert (folder / "report.html").read_bytes() == render(audit)


def test_moments_are_told_in_one_time_zone(audit: AuditResult) -> None:
    tokyo = datetime.timezone(datetime.timedelta(hours=9))
    run = audit.run.model_copy(update={"finished": audit.run.finished.astimezone(tokyo)})
    assert "2 March 2026, 09:31 UTC" in Tree(render(audit.model_copy(update={"run": run}))).root.all("header")[0].text


def test_the_report_is_small() -> None:
    assert len(render(fakes.audit())) < 500_000


# --- colours


def modes() -> list[dict[str, str]]:
    """The variables of the style sheet, light and dark."""
    blocks = re.findall(r":root \{(.*?)\}", (TEMPLATES / "style.css").read_text(), re.S)
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in blocks[:2])
    assert set(dark) == set(light)
    return [light, dark]


@pytest.mark.parametrize("mode", [0, 1])
def test_words_can_be_read_in_both_modes(mode: int) -> None:
    colours = modes()[mode]
    for ink in ("ink", "muted", "link"):
        for ground in ("paper", "surface"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for status in ("met", "missed", "inconclusive", "error", "not-tested", "waived"):
        assert contrast(colours[status], colours[f"{status}-bg"]) >= 4.5, status
        assert contrast(colours[status], colours["surface"]) >= 3, status
    assert all(contrast(colours["ink"], colours[f"{status}-bg"]) >= 4.5 for status in ("met", "missed", "error"))
