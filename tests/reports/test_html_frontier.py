"""What private training costs, as the report of several models shows it."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
import torch

import auditkit
from auditkit.data import AuditData
from auditkit.reports.html.frontier import epsilon_of, frontier
from auditkit.reports.html.render import render
from auditkit.reports.html.tables import Anchors
from auditkit.results import AuditResult, Change, Comparison, Interval, Measurement
from tests import fakes
from tests.fake_checks import all_of_them
from tests.reports.pages import Tree, by_id, table

ACCOUNT = all_of_them(0.0)[0].model_copy(
    update={"check": "train.dp-sgd", "controls": (), "figures": (), "tables": (), "notes": (), "together": ()}
)


def account(epsilon: float | None, **fields: object) -> Measurement:
    reason = None if epsilon is not None and not fields else "an accountant disagrees"
    return Measurement(name="epsilon", value=epsilon, reason=reason, exact=True, conditions={"delta": 1e-5}, **fields)


def private(name: str, epsilon: float | None, shift: float, **fields: object) -> AuditResult:
    """A model that was trained privately from `mlp`."""
    audit = fakes.audit(name, "torch", shift=shift, parent="mlp")
    trained = ACCOUNT.model_copy(update={"measurements": (account(epsilon, **fields),)})
    return audit.model_copy(update={"results": (*audit.results, trained)})


def changes(name: str, everyone: float, women: float) -> list[Change]:
    return [
        Change(
            model=name, beside="mlp",
            measurement=Measurement(
                name="accuracy", value=value, unit="share", direction="higher", slice=group, n=100,
                interval=Interval(low=value - 0.01, high=value + 0.01, method="Tango score, paired"),
            ),
        )
        for group, value in (({}, everyone), ({"sex": "F"}, women))
    ]  # fmt: skip


@pytest.fixture(scope="module")
def several() -> Comparison:
    return Comparison(
        title="Private",
        changes=(*changes("strict", -0.05, -0.09), *changes("loose", -0.02, -0.03)),
        results=(fakes.audit("mlp", "torch"), private("strict", 0.5, -0.05), private("loose", 8.0, -0.02)),
    )


def test_no_two_parts_of_the_page_have_the_same_name(several: Comparison) -> None:
    names = re.findall(rb' id="([^"]+)"', render(several))
    assert len(names) == len(set(names)) and b"frontier" in names


def test_a_row_for_each_model_from_no_bound_to_the_strictest(several: Comparison) -> None:
    page = Tree(render(several)).root
    heads, *rows = table(page, "Models trained privately from mlp")
    assert [row[0] for row in rows] == ["mlp", "loose", "strict"]
    assert [row[1].split()[0] for row in rows] == ["no", "8.00", "0.500"]
    assert "delta=1e-05" in rows[1][1]
    assert [row[heads.index("Accuracy")].split()[0] for row in rows] == ["87.1%", "85.1%", "82.1%"]
    less = [place for place, head in enumerate(heads) if head == "Against the parent"]
    # everyone, then the smallest group: 2,004 women, of whom more is lost
    assert [rows[2][place].split()[0] for place in less] == ["−5.0%", "−9.0%"]
    assert [rows[0][place] for place in less] == ["", ""]
    assert any(head.startswith("Accuracy, sex=F") or "sex=F" in head for head in heads)
    # the parent's largest gap is over sex, and half of its rows stand a change of 0.1
    assert any("sex" in head and "odds" in head.lower() for head in heads)
    robust = next(head for head in heads if "obust" in head)
    assert "0.1" in robust and rows[0][heads.index(robust)].split()[0] == "41.2%"


def test_what_each_group_pays_begins_with_the_smallest(several: Comparison) -> None:
    heads, *rows = table(Tree(render(several)).root, "What each group pays under models trained privately from mlp")
    assert heads == ["Group", "mlp", "loose, less that", "strict, less that"]
    assert [row[0] for row in rows] == ["sex=F", "sex=M"]
    assert rows[0][2].startswith("−3.0%") and rows[0][3].startswith("−9.0%")
    assert rows[1][2] == "– not measured"


def test_the_figure_is_over_epsilon_with_the_parent_as_a_line(several: Comparison) -> None:
    (content,) = frontier(several, Anchors())
    figure = content["figure"]["figure"]
    assert figure.x.log and {row["epsilon"] for row in figure.data} == {0.5, 8.0}
    lines = {row["number"] for row in figure.data}
    assert len(lines) == 5 and len(figure.data) == 10
    accuracy = [row for row in figure.data if row["number"] == "Accuracy"]
    assert [row["value"] for row in accuracy] == pytest.approx([0.821, 0.851])
    assert figure.rules[0].value == pytest.approx(0.871) and figure.rules[0].axis == "y"


def test_no_private_model_no_frontier() -> None:
    assert frontier(fakes.comparison(), Anchors()) == ()
    page = Tree(render(fakes.comparison())).root
    assert "What does private training cost?" not in page.text
    assert epsilon_of(fakes.audit()) is None


def test_one_private_model_has_a_table_and_no_figure(several: Comparison) -> None:
    one = several.model_copy(update={"results": several.results[:2]})
    (content,) = frontier(one, Anchors())
    assert content["figure"] is None and len(content["models"].rows) == 2


def test_an_epsilon_that_is_invalid_is_in_no_figure_and_says_so(several: Comparison) -> None:
    void = private("void", 0.1, -0.2, validity="invalid")
    more = several.model_copy(update={"results": (*several.results, void)})
    (content,) = frontier(more, Anchors())
    assert {row["epsilon"] for row in content["figure"]["figure"].data} == {0.5, 8.0}
    row = next(row for row in content["models"].rows if row[0].text == "void")
    assert row[1].status == "invalid"


def test_a_robust_training_radius_is_no_privacy_loss() -> None:
    radius = Measurement(name="epsilon", value=0.1, exact=True)
    audit = fakes.audit("robust", "torch", parent="mlp")
    trained = ACCOUNT.model_copy(update={"measurements": (radius,)})
    assert epsilon_of(audit.model_copy(update={"results": (*audit.results, trained)})) is None


def test_a_parent_that_is_not_there_is_not_shown(several: Comparison) -> None:
    assert frontier(several.model_copy(update={"results": several.results[1:]}), Anchors()) == ()


def test_saved_results_give_the_same_page(several: Comparison) -> None:
    again = Comparison.model_validate_json(several.model_dump_json())
    assert render(again) == render(several) and by_id(Tree(render(again)).root, "frontier")


def test_two_private_trainings_of_one_network() -> None:
    """From the training to the page, which takes two trainings; noise costs most where there are few people."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)

    def people(rows: int) -> AuditData:
        few = rng.random(rows) < 0.1
        inputs = rng.normal(size=(rows, 4)).astype(np.float32)
        labels = ((inputs[:, 0] > 0) ^ few).astype(int)  # among few people the rule is turned round
        inputs[:, 3] = few
        return AuditData(inputs, labels=labels, positive=1, groups={"who": np.where(few, "few", "many")})

    train = people(2000)
    data = dataclasses.replace(people(1000), train=train)
    network = torch.nn.Sequential(torch.nn.Linear(4, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
    optimiser = torch.optim.Adam(network.parameters(), 0.02)
    inputs, labels = torch.tensor(train.inputs), torch.tensor(train.labels)
    for _ in range(150):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(inputs), labels).backward()
        optimiser.step()
    result = auditkit.compare(
        [auditkit.wrap(network, name="open", classes=(0, 1))], data, checks=["performance.quality"], budget="quick",
        train=[
            {"trainer": "dp-sgd", "name": f"at {bound}", "target_epsilon": bound, "epochs": 6, "batch_size": 200}
            for bound in (0.2, 8.0)
        ],
    )  # fmt: skip
    (content,) = frontier(result, Anchors())
    epsilons = [epsilon_of(audit).value for audit in result.results[1:]]
    assert epsilons == pytest.approx([0.2, 8.0], rel=0.05)
    rows = {row[0].text: [cell.text for cell in row] for row in content["models"].rows}
    assert list(rows) == ["open", "at 8.0", "at 0.2"]
    heads = [head.text for head in content["models"].heads]
    accuracy = [float(row[heads.index("Accuracy")].rstrip("%")) for row in rows.values()]
    assert accuracy[0] > accuracy[2] and len({point["epsilon"] for point in content["figure"]["figure"].data}) == 2
    few, many = content["groups"][0].rows
    assert (few[0].text, many[0].text) == ("who=few", "who=many")
    lost = [float(row[-1].text.rstrip("%").replace("−", "-")) for row in (few, many)]
    assert lost[0] < lost[1] - 20
