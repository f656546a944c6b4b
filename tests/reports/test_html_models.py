"""What heads the report, what is told of several models, and how each group is found."""

from __future__ import annotations

import pytest

from auditkit.reports.html.render import render
from auditkit.results import AuditResult, Change, Comparison, Interval
from tests import fakes
from tests.reports.pages import Element, Tree, by_id, table


@pytest.fixture(scope="module")
def audit() -> AuditResult:
    return fakes.audit()


@pytest.fixture(scope="module")
def page(audit: AuditResult) -> Element:
    return Tree(render(audit)).root


@pytest.fixture(scope="module")
def side_by_side() -> Element:
    return Tree(render(fakes.comparison())).root


def test_a_comparison_has_every_verdict_and_every_number_by_model(side_by_side: Element) -> None:
    head = side_by_side.all("header")[0]
    assert "Of 3 models, 3 miss a limit." in head.text
    assert len(head.all("ol")[0].all("li")) == 3
    cards = next(element for element in side_by_side.all("ul") if "cards" in element.classes())
    named = [element.text for element in cards.all("p") if "card-name" in element.classes()]
    assert named == ["credit-gbm", "credit-mlp", "credit-mlp-private"]
    heads, *rows = table(side_by_side, "Headline numbers, by model")
    assert heads == ["Number", "credit-gbm", "credit-mlp", "credit-mlp-private"]
    accuracy = next(row for row in rows if row[0].startswith("Accuracy"))
    assert [cell.split()[0] for cell in accuracy[1:]] == ["87.1%", "85.8%", "83.0%"]
    assert accuracy[1] == "87.1% 86.2% to 88.0%, n = 6,012"
    limits = table(side_by_side, "Limits, by model")
    assert len(limits) == 11
    assert "Made from credit-mlp." in side_by_side.text


def test_a_comparison_shows_what_one_model_lacks() -> None:
    both = fakes.comparison().results[:2]
    fewer = both[1].model_copy(update={"results": both[1].results[1:], "verdicts": both[1].verdicts[1:]})
    page = Tree(render(Comparison(title="Two", results=(both[0], fewer)))).root
    row = next(row for row in table(page, "Headline numbers, by model") if row[0].startswith("Accuracy"))
    assert row[2] == "– not measured"
    assert (
        next(row for row in table(page, "Limits, by model") if row[0].startswith("accuracy-floor"))[3]
        == "this limit was not set"
    )


def test_the_worst_model_gives_the_verdict_and_the_first_reason() -> None:
    met = fakes.OUTCOME.model_copy(update={"verdict": "met", "exit_code": 0, "reasons": ()})
    good = fakes.audit("good").model_copy(update={"outcome": met})
    page = Tree(render(Comparison(title="Two", results=(good, fakes.audit("bad"))))).root
    head = page.all("header")[0].text
    assert "Verdict: missed" in head
    assert "Of 2 models, 1 meets every limit, 1 misses a limit." in head
    assert "bad · dp-sex: Demographic parity" in head


def test_what_is_the_same_for_two_models_is_told_once(side_by_side: Element) -> None:
    section = by_id(side_by_side, "check-data-integrity")
    assert section.text.count("Duplicates are 37 rows (exact, n = 6,012).") == 1
    assert "All measurements, the same for every model" in section.text
    anchors = [element.attributes.get("id", "") for element in side_by_side.all("section")]
    assert "check-data-integrity-2" not in anchors
    assert (
        len([element for element in side_by_side.all("table") if element.all("caption")[0].text.startswith("NIST")])
        == 1
    )


def test_what_differs_stands_in_a_column_for_each_model(side_by_side: Element) -> None:
    section = by_id(side_by_side, "check-performance-quality")
    heads, *rows = table(section, "All measurements of performance.quality")
    assert heads[-3:] == ["credit-gbm", "credit-mlp", "credit-mlp-private"]
    accuracy = next(row for row in rows if row[:2] == ["Accuracy", "everyone"])
    assert [cell.split()[0] for cell in accuracy[-3:]] == ["87.1%", "85.8%", "83.0%"]
    answers = next(element for element in section.all("ul") if "answers" in element.classes())
    assert [child.text.split(":")[0].strip() for child in answers.children if child.tag == "li"] == heads[-3:]


def test_five_numbers_head_the_page_by_a_rule_that_is_written_there(page: Element, audit: AuditResult) -> None:
    rows = table(page, "The numbers that matter most")[1:]
    assert len(rows) == 5
    worst = [verdict for verdict in audit.verdicts if verdict.status == "missed" and not verdict.waived]
    assert rows[0][-1] == f"Under the limit {worst[0].limit.name}: missed"
    assert "Numbers under a limit come first" in by_id(page, "first").text


def test_without_limits_the_five_numbers_are_those_in_doubt_then_one_of_each_family(audit: AuditResult) -> None:
    free = Tree(render(audit.model_copy(update={"verdicts": (), "limits": ()}))).root
    why = [row[-1] for row in table(free, "The numbers that matter most")[1:]]
    assert why and not any("limit" in reason for reason in why)
    doubtful = [reason for reason in why if reason.startswith("In doubt")]
    assert why[: len(doubtful)] == doubtful
    first = [reason for reason in why if reason.startswith("The first answer")]
    assert first and len(set(first)) == len(first)


def test_each_group_leads_to_its_numbers(page: Element) -> None:
    rows = {row[0]: row for row in table(page, "Where the numbers of each group stand")[1:]}
    assert rows["sex=F"][1] == "2,004"
    index = by_id(page, "by-group")
    for link in index.all("a"):
        target = link.attributes["href"][1:]
        if target != "limits":
            row = by_id(page, target).parent
            assert row is not None and row.tag == "tr"
    assert by_id(page, "at-fairness-groups-sex-f").parent is not None


def test_what_is_not_tested_and_what_does_not_hold_stand_on_the_first_page(page: Element, audit: AuditResult) -> None:
    first = by_id(page, "first").text
    failed = [covered for covered in audit.coverage if covered.status == "error"]
    assert failed and f"Failed, so its question is open ({len(failed)})" in first
    assert "What does not hold" in first
    calm = audit.model_copy(
        update={
            "results": tuple(result.model_copy(update={"controls": (), "measurements": ()}) for result in audit.results)
        }
    )
    assert "What does not hold" not in by_id(Tree(render(calm)).root, "first").text


def test_differences_between_models_say_what_they_mean() -> None:
    both = fakes.comparison()
    measurement = both.results[0].results[0].measurements[0]
    words = {}
    for low, high in ((0.01, 0.03), (-0.03, -0.01), (-0.01, 0.01)):
        ends = Interval(low=low, high=high, level=0.95, method="paired")
        change = Change(
            model="credit-mlp", beside="credit-gbm",
            measurement=measurement.model_copy(update={"value": (low + high) / 2, "interval": ends}),
        )  # fmt: skip
        page = Tree(render(both.model_copy(update={"changes": (change,)}))).root
        heads, row = table(page, "Differences on the same rows")[:2]
        words[low] = row[heads.index("Result")]
    better = measurement.direction == "higher"
    assert words == {
        0.01: "better" if better else "worse",
        -0.03: "worse" if better else "better",
        -0.01: "may be chance",
    }


def test_the_title_that_its_owner_gave_heads_the_page(audit: AuditResult) -> None:
    page = Tree(render(audit.model_copy(update={"title": "Credit, autumn"}))).root
    assert page.all("h1")[0].text == "Credit, autumn"
