"""The model card: verdict first, nine sections, every number with its interval, nothing made up, nothing executed."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from auditkit.errors import ConfigError
from auditkit.reports import card
from auditkit.results import AuditResult, CheckResult, Measurement
from auditkit.results.card import Card, parse_card
from tests import fakes
from tests.reports.test_markdown import HOSTILE

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
NINE = [
    "Model Details",
    "Intended Use",
    "Factors",
    "Metrics",
    "Evaluation Data",
    "Training Data",
    "Quantitative Analyses",
    "Ethical Considerations",
    "Caveats and Recommendations",
]
FULL = {
    key: (f"words on {key}",) if key in ("owners", "languages", "tags") else f"words on {key}"
    for key in Card.model_fields
}


def body(result, **more) -> str:
    if more:
        result = result.model_copy(update=more)
    return re.sub(r"\A---\n.*?\n---\n\n", "", card.render(result).decode(), flags=re.DOTALL)


def section(text: str, name: str) -> str:
    return text.split(f"\n## {name}\n")[1].split("\n## ")[0]


def with_measurements(*measurements: Measurement) -> AuditResult:
    audit = fakes.audit()
    return audit.model_copy(update={"results": (audit.results[0].model_copy(update={"measurements": measurements}),)})


@pytest.mark.parametrize("result", [fakes.audit(), fakes.comparison()], ids=["one", "many"])
def test_the_nine_sections_stand_in_their_order(result):
    assert re.findall(r"^## (.*)$", body(result), re.MULTILINE) == NINE


def test_the_verdict_stands_before_everything():
    lines = [line for line in body(fakes.audit()).splitlines() if line]
    assert lines[0] == "# Model card: credit-gbm"
    assert (
        lines[1]
        == "**Verdict: missed.** 3 met · 2 missed · 1 waived (would be missed) · 2 undecided · 1 not tested · 1 error"
    )
    assert lines[2].startswith("- dp-sex: demographic parity ratio over sex is 0.367")
    table = body(fakes.audit()).split("## Model Details")[0]
    assert "| dp-sex | fairness.groups.demographic_parity_ratio (over sex) at least 0.8 | missed |" in table
    assert "| eo-sex | fairness.groups.equalized_odds_difference (over sex) at most 10% | waived (missed) |" in table
    assert "| eo-sex | retraining is scheduled, ticket 4711 | Head of Credit Risk | 2027-01-31 | yes |" in table


def test_of_several_models_each_has_its_verdict_and_its_column():
    text = body(fakes.comparison())
    for name in ("credit-gbm", "credit-mlp", "credit-mlp-private"):
        assert f"**Verdict for {name}: missed.**" in text
    assert "| Check | Measurement | About | credit-gbm | credit-mlp | credit-mlp-private |" in text
    row = next(line for line in text.splitlines() if line.startswith("| performance.quality | Accuracy | everyone |"))
    assert re.findall(r"\d+\.\d% \(", row) == ["87.1% (", "85.8% (", "83.0% ("]


def test_a_number_that_one_model_lacks_leaves_its_cell_empty():
    first = with_measurements(
        Measurement(name="x", value=0.25, exact=True), Measurement(name="y", value=0.5, exact=True)
    )
    second = with_measurements(Measurement(name="y", value=0.75, exact=True))
    text = body(fakes.comparison(), results=(first, second.model_copy(update={"model": fakes.model("other")})))
    assert "| performance.quality | x | everyone | 0.250 (exact) | – |" in text
    assert "| performance.quality | y | everyone | 0.500 (exact) | 0.750 (exact) |" in text


def test_every_number_stands_with_interval_n_and_standing():
    text = section(body(fakes.audit()), "Quantitative Analyses")
    assert "| performance.quality | Accuracy | sex=F | 88.1% | 86.7% to 89.5% | 2,004 | valid |" in text
    assert (
        "| robustness.evasion | Robust accuracy | epsilon=0.1, norm=Linf | 41.2% | 38.1% to 44.3% | 500 | valid |"
        in text
    )
    assert "18.0% | 16.0% to 20.0% | 500 | invalid: the control additivity does not hold" in text
    assert "| data.integrity | duplicates | everyone | 37 rows | exact | 6,012 | valid |" in text
    shown = sum(measurement.value is not None for result in fakes.audit().results for measurement in result.every)
    assert len(re.findall(r"^\| (?!Check|---)", text, re.MULTILINE)) == shown


def test_unitary_and_intersectional_numbers_stand_apart():
    rate = Measurement(name="rate", value=0.5, exact=True, slice={"sex": "F"})
    gap = Measurement(name="gap", value=0.5, exact=True, slice={"sex": "F"}, across=("race",))
    both = Measurement(name="both", value=0.5, exact=True, across=("sex", "race"))
    text = section(body(with_measurements(rate, gap, both)), "Quantitative Analyses")
    whole, rest = text.split("### Unitary")
    unitary, crossed = rest.split("### Intersectional")
    assert "No number was measured." in whole
    assert "| rate | sex=F |" in unitary and "gap" not in unitary
    assert "| gap | sex=F; over race |" in crossed and "| both | over sex and race |" in crossed


def test_what_is_hidden_or_undefined_is_named_with_the_reason():
    text = body(fakes.audit())
    assert "- No number, because fewer than 10 people: Accuracy of marital=Widowed, Selection rate of marital" in text
    assert "| marital | Widowed | fewer than 10 people |" in text
    many = [Measurement(name="x", value=None, reason="none", slice={"g": str(number)}) for number in range(9)]
    assert "because none: x of g=0, x of g=1, x of g=2, x of g=3, x of g=4 and 4 more" in body(with_measurements(*many))


def test_what_was_not_tested_and_which_controls_failed_is_told():
    text = section(body(fakes.audit()), "Caveats and Recommendations")
    assert "| privacy.inversion | Can inputs be rebuilt from answers? | not selected |" in text
    assert "| explanations.concepts | Does the model use a concept that it should not? | error |" in text
    assert "| Do attributions sum to the output? | 0.120 | at most 0.01 | protected_share: invalid |" in text
    assert "| NIST AI 100-1, January 2023 | 1 | 1 | 1 | 1 |" in text


def test_what_the_owner_did_not_say_is_counted_and_listed():
    text = body(fakes.audit(), card={"intended_use": "Ranking.", "owners": ["A", "B"], "caveats": "  "})
    assert "Not provided by the model owner (16 of 18 statements): summary, contact," in text
    assert "**Intended use.** Ranking." in section(text, "Intended Use")
    assert "**Owners.** A; B" in section(text, "Model Details")
    assert "Not provided by the model owner: caveats, recommendations." in section(text, "Caveats and Recommendations")


def test_a_full_card_lacks_nothing():
    text = body(fakes.audit(), card=FULL)
    assert "Not provided" not in text
    for key in set(Card.model_fields) - {"languages", "tags"}:
        assert text.count(f"words on {key}\n") == 1, key


def test_there_is_no_placeholder_even_in_an_empty_card():
    text = card.render(fakes.audit().model_copy(update={"card": {}})).decode()
    assert not re.search(
        r"more information needed|\bN/A\b|\bTBD\b|lorem|\bNone\b|\{\{|placeholder", text, re.IGNORECASE
    )


def test_the_card_never_speaks_of_compliance():
    assert not re.search(r"complian", card.render(fakes.audit()).decode(), re.IGNORECASE)


def test_an_audit_of_nothing_still_has_a_card():
    empty = fakes.audit().model_copy(update={"results": (), "verdicts": (), "coverage": (), "rules": (), "card": {}})
    text = body(empty)
    assert "No limit was set, so nothing was judged." in text
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == NINE


def test_an_unusual_level_stands_beside_the_interval():
    measurement = fakes.audit().results[0].measurements[0]
    assert measurement.interval is not None
    odd = measurement.model_copy(update={"interval": measurement.interval.model_copy(update={"level": 0.9})})
    assert "86.2% to 88.0% at 90%" in body(with_measurements(odd))


# hostile text


def shape(text: str) -> list[str]:
    """The structure of a document, block by block and mark by mark, without its words."""
    tokens = READER.parse(text)
    kinds = []
    for token in tokens:
        kinds.append(token.type)
        kinds += [child.type for child in token.children or [] if child.type not in ("text", "text_special")]
    return kinds


@pytest.mark.parametrize("payload", [f" x {payload} x" for payload in HOSTILE])
def test_no_text_of_a_stranger_changes_the_structure(payload):
    plain, spoilt = body(fakes.hostile(" x")), body(fakes.hostile(payload))
    assert shape(spoilt) == shape(plain)
    assert "\x1b" not in spoilt and "\u202e" not in spoilt and "\x00" not in spoilt


@pytest.mark.parametrize("payload", HOSTILE)
def test_no_word_of_the_owner_changes_the_structure(payload):
    spoilt = {key: (payload + "x",) if isinstance(value, tuple) else payload + "x" for key, value in FULL.items()}
    text = body(fakes.audit(), card=spoilt)
    blocks = shape(text)
    assert not {"html_block", "html_inline", "link_open", "image", "code_inline", "fence", "code_block"} & set(blocks)
    assert not {"em_open", "s_open", "blockquote_open", "ordered_list_open"} & set(blocks)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == NINE


def test_markup_of_strangers_does_not_reach_a_browser():
    page = READER.render(body(fakes.hostile("<img src=x onerror=alert(1)>")))
    assert "<img" not in page and "onerror" in page
    assert not re.search(r"<(?!/?(?:h[1-6]|p|ul|li|table|thead|tbody|tr|th|td|strong)\b)", page)


# the table [card]


def test_the_table_keeps_what_was_given():
    assert parse_card({"owners": "A", "licence": "mit", "caveats": " "}) == {"owners": ["A"], "licence": "mit"}
    assert parse_card({}) == {}
    audit = fakes.audit().model_copy(update={"card": parse_card({"owners": ["A", "B"]})})
    assert "**Owners.** A; B" in body(audit)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"license": "mit"}, "[card] has no key 'license'; did you mean 'licence'?"),
        ({"intended use": "x"}, "[card] has no key 'intended use'; did you mean 'intended_use'?"),
        ({"contact": 3}, "[card] contact must be text; 3 was given"),
        ({"contact": ["a"]}, "[card] contact must be text; ['a'] was given"),
        ({"owners": 3}, "[card] owners must be text or a list of texts; 3 was given"),
        ({"owners": ["a", 3]}, "[card] owners must be text or a list of texts; 3 was given"),
    ],
)
def test_a_mistake_in_the_table_is_named(table, message):
    with pytest.raises(ConfigError) as caught:
        parse_card(table)
    assert str(caught.value) == message


def test_every_key_of_the_table_is_described_and_belongs_to_a_section():
    assert all(field.description for field in Card.model_fields.values())
    assert {*card.STATEMENTS, "languages", "tags"} == set(Card.model_fields)
    assert set(card.LABELS) == set(card.STATEMENTS)


def test_keys_that_this_version_does_not_know_are_still_shown():
    assert "- former: x; y" in section(body(fakes.audit(), card={"former": ["x", "y"]}), "Model Details")


def test_a_check_result_without_definitions_is_named_by_its_id():
    bare = CheckResult.model_validate(
        {"check": "acme.x", "plugin": "acme", "plugin_version": "1", "status": "measured"}
        | {"about": {"title": "X", "question": "?"}, "measurements": [{"name": "x", "value": 1.0, "exact": True}]}
    )
    assert "| acme.x | x | everyone | 1.00 | exact | – | valid |" in body(fakes.audit(), results=(bare,))
