"""The head of the card: YAML that every reader takes for the same, and the hub reads."""

from __future__ import annotations

import huggingface_hub
import pytest
import yaml
from hypothesis import given, strategies as st

from auditkit.reports import card, frontmatter
from auditkit.results import AuditResult, Measurement
from auditkit.results.card import Card
from auditkit.text import printable
from tests import fakes

GIVEN = {"licence": "apache-2.0", "languages": ["en", "de"], "tags": ["credit", "no: true\n---\nx: 1"]}
TEXT = st.text(max_size=40).map(lambda text: printable(text, 1000))
SCALARS = st.one_of(TEXT, st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.booleans(), st.none())
KEYS = st.one_of(st.sampled_from(["name", "n", "y", "on", "true", "null", "1", "a b", ""]), TEXT)
MAPPINGS = st.recursive(
    st.dictionaries(KEYS, SCALARS, max_size=3),
    lambda inner: st.dictionaries(
        KEYS,
        st.one_of(inner, st.lists(inner.filter(bool), max_size=3), st.lists(SCALARS, max_size=3)),
        max_size=3,
    ),
    max_leaves=8,
)


def with_card(table: dict[str, object]) -> AuditResult:
    return fakes.audit().model_copy(update={"card": table})


@given(MAPPINGS)
def test_yaml_reads_back_as_it_was(value):
    written = frontmatter.yaml(value)
    assert (yaml.safe_load(written) or {}) == value
    assert "\n---" not in f"\n{written}"


@pytest.mark.parametrize("number", [1e-05, 1.5e-07, 1e300, -1e-05, 0.1, 37.0, 5e-324])
def test_small_numbers_stay_numbers(number):
    assert yaml.safe_load(frontmatter.yaml({"value": number}))["value"] == number


def test_the_hub_reads_the_card():
    read = huggingface_hub.ModelCard(card.render(with_card(GIVEN)).decode())
    assert (read.data.license, read.data.language) == ("apache-2.0", ["en", "de"])
    assert read.data.tags == ["credit", "no: true --- x: 1"] or read.data.tags == GIVEN["tags"]
    assert read.data.model_name == "credit-gbm"
    eval_results = {
        (evaluated.metric_type, str(evaluated.metric_args)): evaluated for evaluated in read.data.eval_results
    }
    accuracy = next(
        evaluation for (kind, _), evaluation in eval_results.items() if kind == "performance.quality.accuracy"
    )
    assert accuracy.metric_value == 0.871
    assert accuracy.metric_name == "Accuracy"
    assert accuracy.metric_args["n"] == 6012
    assert accuracy.metric_args["interval"]["high"] == 0.88
    assert (accuracy.task_type, accuracy.dataset_name) == ("tabular-classification", "credit-test")
    assert accuracy.dataset_args["rows"] == 6012
    conditions = [
        evaluation.metric_args["conditions"]
        for (kind, _), evaluation in eval_results.items()
        if kind == "robustness.evasion.robust_accuracy"
    ]
    assert {"epsilon": 0.1, "norm": "Linf"} in conditions
    assert read.text.lstrip().startswith("# Model card: credit-gbm")


def test_the_hub_writes_the_card_again_and_loses_nothing(tmp_path):
    read = huggingface_hub.ModelCard(card.render(with_card(GIVEN)).decode())
    read.save(tmp_path / "README.md")
    again = huggingface_hub.ModelCard.load(tmp_path / "README.md")
    assert again.data.to_dict() == read.data.to_dict()
    assert again.text == read.text


def test_only_what_was_given_is_in_the_head():
    read = huggingface_hub.ModelCard(card.render(with_card({})).decode())
    assert set(read.data.to_dict()) == {"model-index"}


def test_several_models_have_no_index_and_may_have_no_head():
    several = fakes.comparison()
    assert card.render(several).startswith(b"# Model card")
    first = several.results[0].model_copy(update={"card": GIVEN})
    head = card.render(several.model_copy(update={"results": (first, *several.results[1:])})).decode()
    assert set(huggingface_hub.ModelCard(head).data.to_dict()) == {"license", "language", "tags"}


def test_a_number_that_is_not_valid_is_not_listed():
    index = frontmatter.front_matter(Card(), fakes.audit())
    assert "privacy.membership.auc" in index
    assert "privacy.membership.advantage" not in index, "it is inconclusive"
    assert "protected_share" not in index, "it is invalid"


def test_a_group_is_listed_only_under_a_limit():
    index = frontmatter.front_matter(Card(), fakes.audit())
    assert index.count("fairness.groups.demographic_parity_ratio") == 1, "across sex, under dp-sex"
    assert "fairness.groups.selection_rate" not in index
    audit = fakes.audit()
    rate = next(measurement for measurement in audit.results[1].measurements if measurement.slice == {"sex": "F"})
    judged = audit.verdicts[2].judged[0].model_copy(update={"measurement": rate})
    verdict = audit.verdicts[2].model_copy(update={"judged": (judged,)})
    data = yaml.safe_load(
        frontmatter.front_matter(Card(), audit.model_copy(update={"verdicts": (verdict,)})).strip("-\n")
    )
    metrics = data["model-index"][0]["results"][0]["metrics"]
    assert [metric["args"]["slice"] for metric in metrics if "slice" in metric.get("args", {})] == [{"sex": "F"}]


def test_no_number_at_all_makes_no_index():
    nothing = Measurement(name="x", value=None, reason="none")
    result = fakes.audit().results[0].model_copy(update={"measurements": (nothing,)})
    empty = fakes.audit().model_copy(update={"results": (result,), "verdicts": ()})
    assert frontmatter.front_matter(Card(), empty) == ""
