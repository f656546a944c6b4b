"""A model behind HTTP: the numbers of the live model, asked and paid for once, and nothing sent unasked."""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pandas
import pytest

import auditkit
from auditkit import AuditData, Endpoint
from auditkit.errors import ConfigError, ModelError
from auditkit.runfolder import verify
from tests.command import auditkit as command
from tests.plugins.models.endpoint.servers import running, score, seen

RNG = np.random.default_rng(0)
ROWS = 120
PEOPLE = pandas.DataFrame(
    {
        "income": RNG.normal(30, 8, ROWS).round(1) + 0.03,
        "age": RNG.integers(20, 70, ROWS),
        "sex": RNG.choice(["f", "m"], ROWS),
    }
)
PEOPLE["paid"] = [int(RNG.random() < score(income, age)) for income, age in zip(PEOPLE.income, PEOPLE.age, strict=True)]
LIVE = np.array([score(income, age) for income, age in zip(PEOPLE.income, PEOPLE.age, strict=True)])
SECRET = "Bearer of-the-test-and-of-nobody-else"


@pytest.fixture(scope="module")
def server():
    with running("scoring") as url:
        yield url


def endpoint(url: str, **settings) -> Endpoint:
    return Endpoint(**{"url": url, "send": True, "response": {"probabilities": "predictions.*.paid"}, **settings})


def loans(**options) -> AuditData:
    return AuditData.from_table(PEOPLE, label="paid", groups=["sex"], drop=("sex",), **options)


@pytest.mark.parametrize(
    ("path", "settings"),
    [
        ("/score", {}),
        ("/lists", {"request": {"form": "lists", "rows": "inputs.rows"},
                    "response": {"labels": "labels", "probabilities": "shares"}}),
        ("", {"protocol": "oip", "request": {"model": "loans"}, "response": {"probabilities": "paid"}}),
        ("/", {"protocol": "oip", "request": {"model": "matrix"}, "response": {"probabilities": "paid"}}),
    ],
    ids=["records", "lists", "oip", "oip as one tensor"],
)  # fmt: skip
def test_the_same_numbers_as_the_live_model(server, path, settings):
    model = auditkit.wrap(endpoint(server + path, **settings), classes=[0, 1], inputs=["income", "age"], batch=50)
    answers = model.answers(PEOPLE)
    np.testing.assert_allclose(answers.scores, LIVE, atol=1e-9)
    np.testing.assert_allclose(answers.probabilities[:, 0], 1 - LIVE, atol=1e-9)
    assert answers.labels.tolist() == (LIVE >= 0.5).astype(int).tolist()
    assert model.sent().rows == ROWS


def test_the_threshold_and_the_positive_class_are_the_users(server):
    model = auditkit.wrap(
        endpoint(server + "/score"), classes=[1, 0], positive=1, threshold=0.7, inputs=["income", "age"]
    )
    answers = model.answers(PEOPLE)
    np.testing.assert_allclose(answers.scores, LIVE, atol=1e-9)
    assert answers.labels.tolist() == (LIVE >= 0.7).astype(int).tolist()


def test_predicted_numbers_and_scores(server):
    settings = {"response": {"scores": "predictions.*.paid"}}
    columns = {"inputs": ["income", "age"]}
    numbers = auditkit.wrap(endpoint(server + "/score", **settings), task="regression", **columns)
    np.testing.assert_allclose(numbers.answers(PEOPLE).labels, LIVE, atol=1e-9)
    scored = auditkit.wrap(endpoint(server + "/score", **settings), classes=[0, 1], threshold=0.6, **columns)
    assert scored.answers(PEOPLE).labels.tolist() == (LIVE >= 0.6).astype(int).tolist()
    undecided = auditkit.wrap(endpoint(server + "/score", **settings), classes=[0, 1], **columns)
    with pytest.raises(ModelError, match="scores alone decide nothing") as caught:
        undecided.answers(PEOPLE)
    assert [mend.setting for mend in caught.value.mend] == ["model.threshold"]


CONFIG = """
[model]
url = "{url}/score"
classes = [0, 1]
inputs = ["income", "age"]
{send}

[model.request]
headers = {{ Authorization = "env:LOANS_KEY" }}
{request}

[model.response]
probabilities = "predictions.*.paid"

[model.price]
call = 0.5
currency = "EUR"

[data]
path = "people.csv"
label = "paid"
groups = ["sex"]
drop = ["sex"]

[audit]
checks = ["performance.quality", "fairness.groups"]
budget = "quick"
"""


def configured(folder: pathlib.Path, url: str, send: str = "send = true", request: str = "") -> pathlib.Path:
    PEOPLE.to_csv(folder / "people.csv", index=False)
    (folder / "auditkit.toml").write_text(CONFIG.format(url=url, send=send, request=request))
    return folder


def asked(url: str) -> int:
    return seen(url)["requests"].get("/score", 0)


def run(folder: pathlib.Path, *words: str):
    return command(folder, "run", "--quiet", *words, LOANS_KEY=SECRET)


def test_nothing_is_sent_unless_the_user_says_so(server, tmp_path):
    before = asked(server)
    folder = configured(tmp_path, server, send="")
    done = run(folder)
    assert done.returncode == 2 and "nothing is sent unless you say so" in done.stderr
    assert "send = true under [model]" in done.stderr
    planned = run(folder, "--plan")
    assert planned.returncode == 0, planned.stderr
    for words in (
        f"Sent to: {server}, protocol rows",
        "Columns that leave: income, age",
        "Rows that leave: 120 of the audit data",
        "Requests planned: about 37 where batches are full",
        "Cost planned: about 18.50 EUR",
    ):
        assert words in planned.stdout
    assert asked(server) == before


def test_an_audit_pays_once_and_writes_no_secret(server, tmp_path):
    before = asked(server)
    folder = configured(tmp_path, server)
    done = run(folder)
    assert done.returncode in (0, 5), done.stderr
    paid = asked(server) - before
    result = json.loads((folder / "audit" / "results.json").read_text())
    sent, planned = result["run"]["sent"], result["plan"]["sending"]
    # 2 for all, 3 for the 120 rows again among others, a hundred at a time, and 32 alone
    assert paid == sent["requests"] == planned["requests"] == 37
    assert sent["rows"] == planned["asked"] == 120 + 300 + 32
    assert sent["cost"] == planned["cost"] == 18.5
    assert result["model"]["consistency"]["finding"] == "alike"
    assert verify(folder / "audit") == []
    report = (folder / "audit" / "report.html").read_text()
    assert "Columns that leave" in report and "Requests sent" in report
    written = [path for path in (folder / "audit").rglob("*") if path.is_file()]
    assert SECRET in seen(server)["authorization"]
    assert [path.name for path in written if "of-the-test" in path.read_text(errors="replace")] == []
    # what was paid for is not paid again, also where checks are measured anew
    for check in (folder / "audit" / "checks").iterdir():
        check.unlink()
    (folder / "audit" / "manifest.json").write_text(
        (folder / "audit" / "manifest.json").read_text().replace('"complete": true', '"complete": false')
    )
    assert run(folder).returncode == done.returncode
    assert asked(server) - before == paid
    again = json.loads((folder / "audit" / "results.json").read_text())
    assert again["run"]["sent"]["requests"] == 0 and again["run"]["sent"]["taken_up"] == 37
    assert {**again, "run": None} == {**result, "run": None}
    # another question is another request
    configured(folder, server, request="body = { version = 2 }\nrows = ''")
    run(folder, "--fresh")
    assert asked(server) - before == 2 * paid


def test_no_more_requests_than_the_user_allows(server, tmp_path):
    folder, before = configured(tmp_path, server, request="max_calls = 1"), asked(server)
    done = run(folder)
    assert done.returncode == 2 and "max_calls = 1 requests were sent" in done.stderr
    assert asked(server) == before + 1
    assert "which is fewer: checks will end" in run(folder, "--plan").stdout.replace("\n", " ")


def raised(amount: float):
    """A check that asks what the model would say if everybody earned more, by this amount, and by five."""

    @auditkit.check(f"acme.raised-{amount:g}", exact=True)
    def more(model, data):
        steps = (amount, 5.0)
        answers = [model.scores(data.inputs.assign(income=data.inputs.income + step)) for step in steps]
        return {f"score {number}": float(np.mean(scores)) for number, scores in enumerate(answers)}

    return more


def test_a_control_that_could_not_ask_says_nothing_of_the_model(server, tmp_path):
    # 2 requests for all rows are answered, and the control has one more
    folder, before = configured(tmp_path, server, request="max_calls = 3"), asked(server)
    done = run(folder)
    assert done.returncode == 2 and "max_calls = 3 requests were sent" in done.stderr
    assert asked(server) == before + 3


@pytest.mark.workers
def test_four_checks_at_once_are_answered_as_one_after_another(server):
    before, results = asked(server), []
    for jobs in (1, 4):
        model = auditkit.wrap(
            endpoint(server + "/score", request={"per_second": 500}), inputs=["income", "age"], name="m"
        )
        checks = [raised(amount) for amount in (1, 2, 3, 4)]
        results.append(auditkit.audit(model, loans(), checks=checks, budget="quick", jobs=jobs))
    first, second = (result.model_dump(mode="json", exclude={"run"}) for result in results)
    assert first == second
    assert [check.status for check in results[0].results] == ["measured"] * 4
    live = [score(income + 5, age) for income, age in zip(PEOPLE.income, PEOPLE.age, strict=True)]
    assert results[1].results[3].measurements[1].value == pytest.approx(np.mean(live))
    # 37 as of any audit, and of 5 further questions, one of which all four checks have, 2 batches each
    assert results[0].run.sent == results[1].run.sent and not results[1].run.not_isolated
    assert results[0].run.sent.requests == 37 + 5 * 2 and results[0].run.sent.taken_up == 3 * 2
    assert asked(server) - before == 2 * 47


def test_a_server_that_answers_by_chance_is_noticed(server, tmp_path):
    model = auditkit.wrap(endpoint(server + "/dice", response={"labels": ""}), inputs=["income", "age"], batch=25)
    result = auditkit.audit(model, loans(), checks=["performance.quality"], budget="quick", out=tmp_path)
    assert result.model.consistency.finding != "alike"
    assert result.run.sent.taken_up == 0


def test_published_evidence_holds_no_answers(server, tmp_path):
    model = auditkit.wrap(endpoint(server + "/score"), inputs=["income", "age"])
    data = loans(disclosure="publish")
    auditkit.audit(model, data, checks=["performance.quality"], budget="quick", out=tmp_path)
    assert not (tmp_path / "answers").exists()


def chat(server: str, **request) -> Endpoint:
    asked_with = {"model": "tiny-lm", "prompt": "Review: {text}\nIs it positive?", "temperature": 0.3, "seed": 7}
    return Endpoint(
        url=server + "/v1", protocol="chat", send=True, request={**asked_with, **request},
        response={"answers": {"positive": ("positive",), "negative": ("negative", "not positive")}},
        price={"million_tokens": 2_000_000, "currency": "USD", "tokens_per_row": 10},
    )  # fmt: skip


def test_words_are_parsed_and_what_cannot_be_is_counted(server, tmp_path):
    texts = [f"a {word} film, number {number}" for number, word in enumerate(["good", "bad", "odd"] * 20)]
    labels = ["positive", "negative", "positive"] * 20
    groups = {"place": ["east", "west"] * 30}
    data = AuditData(texts, labels, modality="text", positive="positive", groups=groups)
    model = auditkit.wrap(chat(server, at_once=2))
    checks = ["performance.quality", "fairness.groups"]
    result = auditkit.audit(model, data, checks=checks, budget="quick", out=tmp_path)
    everyone = [number for check in result.results for number in check.measurements if not number.slice]
    values = {number.name: number.value for number in everyone}
    assert result.model.name == "tiny-lm" and model.abstain == "unparsed"
    # of 60 answers 20 name no class; the 40 others are right
    assert values["accuracy"] == 1 and values["abstention_rate"] == pytest.approx(1 / 3)
    sent, planned = result.run.sent, result.plan.sending
    assert planned.settings == {"model": "tiny-lm", "temperature": "0.3", "seed": "7"}
    assert sent.tokens == 12 * sent.requests and sent.cost == pytest.approx(2 * sent.tokens)
    assert sent.unparsed >= 20 and planned.cost == pytest.approx(20 * planned.requests)


def test_classes_are_weighed_by_the_first_token(server):
    settings = chat(server).model_dump()
    settings["response"]["log_probabilities"] = True
    weighing = Endpoint(**settings)
    texts = ["a good film", "a bad film", "an odd film"]
    model = auditkit.wrap(weighing, classes=["negative", "positive"])
    assert {"probabilities", "scores"} <= model.capabilities
    # by hand: positive 0.6 against negative 0.2 + 0.1, the rest of the mass is no class's; "no" begins "not positive"
    answers = model.answers(texts)
    assert answers.probabilities[:2] == pytest.approx(np.array([[1 / 3, 2 / 3], [1, 0]]))
    assert list(answers.labels) == ["positive", "negative", "unparsed"] and model.sent().unparsed == 1
    # a threshold decides what was answered, and never what was not
    strict = auditkit.wrap(weighing, classes=["negative", "positive"], threshold=0.7)
    assert list(strict.answers(texts).labels) == ["negative", "negative", "unparsed"]
    with pytest.raises(ModelError, match="log_probabilities are of classes"):
        auditkit.wrap(weighing, task="generation")
    with pytest.raises(ConfigError, match="log_probabilities is for protocol chat"):
        Endpoint(url=server, response={"labels": "a", "log_probabilities": True})


def test_settings_that_do_not_fit_are_refused(server):
    with pytest.raises(ConfigError, match=r"no column 'incme' to send; did you mean 'income'"):
        auditkit.wrap(chat(server, prompt="{incme}"), classes=["negative", "positive"]).predict(PEOPLE)
    with pytest.raises(ModelError, match="classes must be named where the data has no labels"):
        auditkit.wrap(endpoint(server)).predict(PEOPLE)
    with pytest.raises(ConfigError, match="no column 'incme' to send; did you mean 'income'"):
        auditkit.wrap(endpoint(server), classes=[0, 1], inputs=["incme"]).predict(PEOPLE)
    with pytest.raises(ModelError, match="preprocess is not for a model behind HTTP"):
        auditkit.wrap(endpoint(server), preprocess=len)
    scores = AuditData.from_table(
        PEOPLE.assign(dice=LIVE), task="case_scores", case_scores={"dice": {"better": "higher"}}, groups=["sex"]
    )
    with pytest.raises(ConfigError, match="task case_scores is about scores of cases"):
        auditkit.audit(auditkit.wrap(endpoint(server)), scores, checks=["performance"])
    with pytest.raises(ConfigError, match="nothing is sent unless you say so"):
        auditkit.wrap(endpoint(server, send=False), classes=[0, 1]).predict(PEOPLE)


def test_the_fingerprint_is_of_how_it_is_asked_and_never_enough(server):
    def of(settings: dict, **options) -> str:
        return auditkit.wrap(endpoint(server, **settings), classes=[0, 1], **options).fingerprint

    first = of({})
    assert first.opaque
    assert of({"send": False, "request": {"seconds": 3, "retries": 1}, "price": {"call": 1}}) == first
    assert len({first, of({"request": {"body": {"version": 2}}}), of({}, threshold=0.3), of({}, inputs=["age"])}) == 4
