"""Nothing leaves that tells of people or of the machine, and nothing else is touched."""

from __future__ import annotations

import copy
import json
import pathlib
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, strategies as st

import auditkit
from auditkit import checks, hookspecs, redaction, runfolder
from auditkit.host import Host
from auditkit.models import ModelOptions
from auditkit.redaction import ACCOUNT, E_MAIL, HOST, SECRET, USER, Scrubber, removed
from auditkit.redaction.personal_numbers import ADDRESS, CARD, IDENTITY, PHONE
from auditkit.results import ErrorInfo, Measurement, canonical
from auditkit.rulepacks import load_pack
from auditkit.run.context import AuditContext
from auditkit.run.failures import describe
from auditkit.run.request import make_request
from auditkit.run.train import train_models
from auditkit.trainers import Trained, Trainer
from tests import fakes

TOKEN = "ghp_" + "a1B2c3D4e5" * 4
PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----"
GONE = [
    ("alice.b+c@mail.example.org wrote", f"{E_MAIL} wrote"),
    ("mailto:alice@example.org", f"mailto:{E_MAIL}"),
    ("paid to DE89 3704 0044 0532 0130 00 AND more", f"paid to {ACCOUNT} AND more"),
    ("GB82WEST12345698765432", ACCOUNT),
    (f"git said {TOKEN}.", f"git said {SECRET}."),
    ("AKIAIOSFODNN7EXAMPLE", SECRET),
    (f"read {PEM} here", f"read {SECRET} here"),
    (PEM[:40], SECRET),
    ("key sk-proj-a1b2c3d4e5f6g7h8i9j0 refused", f"key {SECRET} refused"),
    ("https://bob:hunter22@host.example/x", f"https://{SECRET}@host.example/x"),
    ("Authorization: Bearer abc.def-123", f"Authorization: Bearer {SECRET}"),
    ("?api_key=s3cr3tvalue&x=1", f"?api_key={SECRET}&x=1"),
    ("open('/home/alice/My Models/credit v2.skops')", "open('credit v2.skops')"),
    ("no file /home/alice/data/people.csv, sorry", "no file people.csv, sorry"),
    ("in /home/alice.", "in ~."),
    ("'/Users/alice'", "'~'"),
    ("path:/srv/models/a.pt", "path:a.pt"),
    ("file:///home/alice/x.csv", "x.csv"),
    ("sqlite:////home/alice/x.db", "x.db"),
    ("open ~alice/data/x.csv now", "open x.csv now"),
    (r"C:\Users\alice\x.csv is gone", "x.csv is gone"),
    (r"'C:\\Users\\Alice B\\x y.csv'", "'x y.csv'"),
    (r"\\corp\share\alice\x.csv", "x.csv"),
    # other spellings
    ("müller@bücher.example wrote", f"{E_MAIL} wrote"),
    ("用户@例子.广告", E_MAIL),
    ('"john doe"@example.org', E_MAIL),
    ("alice＠example.org", E_MAIL),
    ("alice (at) example.org", E_MAIL),
    ("o'brien@xn--bcher-kva.example", E_MAIL),
    ("a@[192.168.3.4]", E_MAIL),
    ("de89370400440532013000", ACCOUNT),
    ("DE89-3704-0044-0532-0130-00", ACCOUNT),
    ("gb82 west 1234 5698 7654 32 and more", f"{ACCOUNT} and more"),
    ("DE8937040044 0532013000", ACCOUNT),
    ("password = hunter22", f"password = {SECRET}"),
    ('{"password": "abcd"}', f'{{"password": "{SECRET}"}}'),
    ("pwd='two words'", f"pwd='{SECRET}'"),
    ("--password hunter22", f"--password {SECRET}"),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", f"aws_secret_access_key = {SECRET}"),
    ("sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc", SECRET),
    ("SG." + "ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrno", SECRET),
    ("/home/alice smith/My Models/x.csv not found", "x.csv not found"),
    ("'/Users/Alice B/my file.csv'", "'my file.csv'"),
    (r"..\..\Users\alice\x.csv", "x.csv"),
    ("../../home/alice/x.csv", "x.csv"),
    (r"C:\Users\Alice B\My Docs\x.csv is gone", "x.csv is gone"),
    (r"%USERPROFILE%\alice\x.csv", "x.csv"),
    *((mail, E_MAIL) for mail in (
        r'"a\"b"@example.org', '"a@b"@example.org', "alice%40example.org", "alice&#64;example.org",
        "alice [at] example [dot] org",
    )),
    *((number, ACCOUNT) for number in ("DE 89 3704 0044 0532 0130 00", "DE89_3704_0044_0532_0130_00")),
    ("passwd='two words' given", f"passwd='{SECRET}' given"),
    ("password='x'", f"password='{SECRET}'"),
    ("pwd=ab;user=1", f"pwd={SECRET};user=1"),
    ("Authorization: Basic dXNlcjpwYXNz", f"Authorization: Basic {SECRET}"),
    ("AZURE_OPENAI_KEY=0123456789abcdef0123", f"AZURE_OPENAI_KEY={SECRET}"),
    ("?sv=2022&sig=AbCdEf12%2FGh%3D&se=1", f"?sv=2022&sig={SECRET}&se=1"),
    (r"\Users\alice\x.csv", "x.csv"),
    *((number, CARD) for number in ("30569309025904", "4111.1111.1111.1111", "4111_1111_1111_1111")),
    *((number, PHONE) for number in ("1-800-555-0199", "06 12345678", "0612345678", "+49–170–1234567")),
    *((number, PHONE) for number in (
        "+49 30 901820", "0049 30 901820", "(212) 555-0123", "+1-212-555-0123", "0171 1234567", "06 12 34 56 78",
        "+41 (0)44 668 18 00",
    )),
    *((number, CARD) for number in (
        "4111 1111 1111 1111", "4111111111111111", "378282246310005", "5555-5555-5555-4444",
    )),
    *((number, IDENTITY) for number in (
        "536-90-4399", "AB 12 34 56 C", "756.9217.0769.85", "12345678Z", "RSSMRA85T10A562S", "86095742719",
        "36 574 261 809", "2 95 10 99 126 111 93",
    )),
    *((number, ADDRESS) for number in ("192.168.3.4", "2001:db8:85a3::8a2e:370:7334", "fe80::1")),
    ("ip=93.184.216.34", f"ip={ADDRESS}"), ("conversion 93.184.216.34", f"conversion {ADDRESS}"),
    ("numpy 192.168.3.4", f"numpy {ADDRESS}"), ("host-93.184.216.34", f"host-{ADDRESS}"),
    ("no-such-package 93.184.216.34", f"no-such-package {ADDRESS}"),
    ("from 10.1.2.3:8080", f"from {ADDRESS}:8080"),
]  # fmt: skip
STAYS = [
    "https://example.org/home/alice?a=b", "s3://bucket/home/x", "and/or", "km/h", "N/A", "TP/(TP+FP)", "1 / 2",
    "/r/science/top",
    "demographic parity at epsilon=0.1", "recall@5", "pip install 'auditkit-rai[sign]'", "DE89 3704 0044 0532 0130 01",
    "sk-learn-compatible-estimator",
    "risk-based-approach-to-credit-scoring", "x" * 64, fakes.DIGEST, "a\\b", "2026-03-02T09:30:00Z", "<b>/</b>",
    "[removed: x]",
    "4111 1111 1111 1112", "01/12/2024 10:30", "12.05.2024 10:30:11", "1,234,567", "0.12345678901234", "1700000000",
    "1700000000000", "version 9.1.0.70", "torch==2.1.0.1", "numpy 9.1.0.70", "numpy-9.1.0.70", "scikit_learn 9.1.0.70",
    "version: 9.1.0.70", "'version': '9.1.0.70'", "v 9.1.0.70", "v9.1.0.70", "torch >= 2.1.0.1",
    "x[1::2]", "std::vector", "c10::Error", "12:30:45",
    "550e8400-e29b-41d4-a716-446655440000", "+0.12 to +0.35", "-123456789", "10 000 000 rows", "100 200 300 400",
    "2024-01-02 03:04", "p < 0.001, n = 1,234", "127.0.0.1", "ISO/IEC 42001:2023", "token: the next word",
    "4 1 2 3 4 5 6 7 8 9 1 2 5", "password=None", "sort_key=name_of_the_column_1", "a @ b.T", "0.0612345678",
    "@media print", "root mean squared error", "package.module:factory",
]  # fmt: skip


@pytest.fixture(scope="module")
def gate() -> Scrubber:
    return Scrubber()


@pytest.mark.parametrize(("given_text", "left"), GONE)
def test_what_goes(gate, given_text, left):
    assert gate.text(given_text) == left
    assert gate.text(left) == left, "what was cleaned stays as it is"


@pytest.mark.parametrize("text", STAYS)
def test_what_stays(gate, text):
    assert gate.text(text) == text
    assert gate.text(text, spoken=True) == text


@example(".\\a:\\")
@given(st.text(alphabet="ab/.@:\\'1 -", max_size=40))
def test_cleaning_twice_is_cleaning_once(text):
    once = redaction.scrubbed(text)
    assert redaction.scrubbed(once) == once


AROUND = st.sampled_from(
    ["", " ", "'", '"', "(", ")", "[", "]", "<", ">", ",", ";", ":", "=", "\n", "\t", "«", "é ", "`", "|", "{", "}"]
)
TELLING = {
    "alice@example.org": "alice", TOKEN: "a1B2c3", "AKIAIOSFODNN7EXAMPLE": "IOSFODNN", "/home/alice/x.csv": "alice",
    "C:\\Users\\alice\\x.csv": "alice", "GB82WEST12345698765432": "WEST1234", "/Users/alice": "alice",
    "~alice/x.csv": "alice",
}  # fmt: skip


@given(st.sampled_from(sorted(TELLING)), AROUND, AROUND, st.sampled_from(["", "see ", "a=1, ", "é", "Error: "]))
def test_whatever_stands_around_it_what_tells_is_gone(secret, before, after, start):
    text = f"{start}{before}{secret}{after} end"
    if start and not before and start[-1].isalnum():
        return  # one word with what stands before it
    left = redaction.scrubbed(text)
    assert TELLING[secret] not in left, (text, left)
    assert left.endswith("end")


LONG = [
    "a", "/", "/home/", "@", "a@", "a.@", "DE89 ", "AA00", "-----BEGIN PRIVATE KEY-----", "'/home/", "eyJ", "eyJa.",
    "sk-", "~a/",
    "C:\\", "\\\\", "://a:", "password=", "token=[", " ", "`/tmp/x ", "hf_", "AKIA", "xoxb-", "pypi-", "file:/", "DE8",
    "a@a.", "a-@-", "'a", "a'@", "＠", "0", "1 ", "+1", "(0", "1.", "ab:", "..\\", "../", "a a/", "/home/a b",
    "password: ",
    "de89", "4111-", "-- ", "[at]",
]  # fmt: skip


@pytest.mark.parametrize("part", LONG)
def test_no_text_keeps_the_gate_busy(gate, part):
    clock = time.process_time()
    gate.text(part * (100_000 // len(part)), spoken=True)
    assert time.process_time() - clock < 1


def test_auditkits_own_texts_pass_untouched(gate):
    host = Host(discover=False)
    offers = [*host.checks().values(), *host.trainers().values()]
    assert len(offers) > 15
    for offer in offers:
        if hasattr(offer.value, "about"):
            about = offer.value.about()
            assert gate.record(about) is about
        for definition in offer.value.definitions.values():
            assert gate.record(definition) is definition
    for path in host.rules():
        pack = load_pack(path)
        assert gate.record(pack) is pack
    audit = fakes.audit()
    assert gate.record(audit) is audit and removed(audit) == 0


def test_a_usual_report_has_nothing_that_is_removed(gate):
    for path in sorted((pathlib.Path(__file__).parent / "golden").rglob("*.json")):
        text = path.read_text()
        assert [line for line in text.splitlines() if gate.text(line, spoken=True) != line] == [], path


def test_user_and_host_are_looked_for_only_in_what_programs_say(monkeypatch):
    monkeypatch.setattr(redaction.getpass, "getuser", lambda: "wilhelmina")
    monkeypatch.setattr(redaction.platform, "node", lambda: "tuxedo-7.corp.example")
    gate = Scrubber()
    message = "permission denied for wilhelmina on tuxedo-7.corp.example (tuxedo-7), not wilhelminas"
    error = ErrorInfo(kind="exception", type="OSError", message=message, traceback=(message,))
    clean = gate.record(error)
    assert clean.message == f"permission denied for {USER} on {HOST} ({HOST}), not wilhelminas"
    assert clean.traceback == (clean.message,)
    assert gate.text(message) == message
    monkeypatch.setattr(redaction.getpass, "getuser", lambda: "root")
    monkeypatch.setattr(redaction.platform, "node", lambda: "localhost")
    monkeypatch.setattr(redaction.pathlib.Path, "home", lambda: pathlib.Path("/root"))
    assert (
        Scrubber().text("root mean squared error on localhost", spoken=True) == "root mean squared error on localhost"
    )


def test_secrets_of_the_environment_go_whatever_they_look_like(monkeypatch):
    monkeypatch.setenv("ACME_TOKEN", "plainlooking77words")
    monkeypatch.setenv("KEYBOARD", "international")
    gate = Scrubber()
    assert gate.text("sent plainlooking77words to the international list") == f"sent {SECRET} to the international list"


def test_names_that_would_become_the_same_are_numbered():
    gate = Scrubber(["a@x.org", "bb@x.org", "sex", "/home/alice/x.csv", "x.csv", "only@y.org"][:5])
    alone, in_words = gate.text("a@x.org"), gate.text("manager = bb@x.org")
    assert alone == "[removed: an e-mail address 1]" and in_words == "manager = [removed: an e-mail address 2]"
    assert gate.text("sex") == "sex" and gate.text("x.csv") == "x.csv" != gate.text("/home/alice/x.csv")
    measured = Measurement(name="rate", value=0.5, exact=True, n=10, slice={"a@x.org": "u", "bb@x.org": "v"})
    assert gate.record(measured).slice == {alone: "u", "[removed: an e-mail address 2]": "v"}
    assert gate.record(measured.model_copy(update={"slice": {"p@q.de": "u", "r@q.de": "v"}})).slice == {
        E_MAIL: "u", f"{E_MAIL} (2)": "v",
    }  # fmt: skip


def test_the_contact_of_the_card_may_be_an_address_and_a_picture_is_no_text():
    gate = Scrubber()
    audit = fakes.audit().model_copy(update={"card": {"contact": "risk@example.org", "owners": ["bob@example.org"]}})
    assert gate.record(audit).card == {"contact": "risk@example.org", "owners": [E_MAIL]}
    audit = audit.model_copy(update={"card": {"contact": f"risk@example.org {TOKEN}"}})
    assert gate.record(audit).card == {"contact": f"risk@example.org {SECRET}"}
    picture = {"media_type": "image/png", "base64": "iVBORw0KGgo+/home/Ab/cd"}
    assert gate._walk({"image": picture}, "") == {"image": picture}


# an audit in which everything goes wrong that can


class Leaky(checks.Check):
    """Does this check say too much? It does.

    It is here for a test.

    It raises.

    None.
    """

    id = "acme.leaky"
    title = "Leaky"

    def measure(self, model, data, context):
        raise RuntimeError(
            f"cannot open '/home/alice/secret plans/x.csv' for alice@example.org with {TOKEN} " + "x" * 980
        )


@pytest.fixture(scope="module")
def evidence(tmp_path_factory) -> dict[str, str]:
    """Every sealed file of an audit with all of this in it."""
    rng = np.random.default_rng(0)
    n = 400
    boss = rng.choice(["carol@corp.example", "dave@corp.example"], n)
    frame = pd.DataFrame({"erin@corp.example": rng.normal(size=n), "boss": boss, "income": rng.normal(size=n)})
    truth = (frame["income"] + rng.normal(size=n) > 0).astype(int).to_numpy()
    data = auditkit.AuditData.from_table(
        frame, label=truth, groups=["boss"], name="/home/alice/people.csv", train=None,
    )  # fmt: skip
    model = Host(discover=False).wrap_model(
        lambda inputs: (inputs["income"] > 0).astype(float).to_numpy(),
        ModelOptions(name="/home/alice/models/credit.skops", classes=(0, 1), task="binary"),
    )
    folder = tmp_path_factory.mktemp("run")
    result = auditkit.audit(
        model, data, checks=["performance.quality", "fairness.groups", Leaky()], budget="quick", out=folder,
        limits=[{
            "name": "even", "measurement": "performance.quality.accuracy", "slice": {"boss": "carol@corp.example"},
            "at_least": 0.1, "because": "asked by frank@corp.example",
        }],
        waivers=[{
            "limit": "even", "reason": "see /home/alice/x.docx", "approver": "grace@corp.example",
            "expires": "2099-01-01",
        }],
        card={"contact": "risk@corp.example", "owners": [f"heidi@corp.example {TOKEN}"]},
    )  # fmt: skip
    assert result.results[-1].status == "error"
    (limit,) = result.verdicts
    assert limit.status == "met", "the limit is about the group by the name that the evidence shows"
    names = [*runfolder.read_manifest(folder).files, "manifest.json"]
    return {name: (folder / name).read_bytes().decode("utf-8", "replace") for name in names}


def test_no_person_key_or_path_is_in_any_file_of_the_evidence(evidence):
    assert {"results.json", "report.html", "model_card.md", "junit.xml", "checks/performance.quality.json"} <= set(
        evidence
    )
    people = ("alice", "carol@", "dave@", "erin@", "frank@", "grace@", "heidi@")
    secrets = (*people, "/home/", "ghp_", "a1B2c3", "secret plans")
    for name, text in evidence.items():
        for secret in secrets:
            assert secret not in text, f"{secret} is in {name}"
        assert str(pathlib.Path(__file__).parents[2]) not in text, name
    assert "risk@corp.example" in evidence["model_card.md"], "the owner gave it to be reached"


def test_the_evidence_says_that_something_was_removed_and_keeps_the_rest(evidence):
    result = json.loads(evidence["results.json"])
    assert "stands in the place of each" in result["provenance"]["notes"][-1]
    assert result["model"]["name"] == "credit.skops" and result["data"]["name"] == "people.csv"
    assert result["run"]["host"] == ""
    groups = {group["value"] for group in result["data"]["groups"]}
    assert groups == {"[removed: an e-mail address 2]", "[removed: an e-mail address 3]"}
    error = next(check_result["error"] for check_result in result["results"] if check_result["error"])
    assert error["message"].startswith(f"cannot open 'x.csv' for {E_MAIL} with {SECRET} xxx")


def test_a_message_that_is_cut_leaves_no_half_of_a_key():
    message = describe(RuntimeError("x" * 980 + f" {TOKEN}")).message
    assert "ghp_" not in message and message.endswith("x [removed: looks li…")


def test_what_a_trainer_says_passes_the_gate_before_it_is_kept():
    class Copy(Trainer):
        """Does it copy the model? Yes.

        For a test.

        It copies.

        None.
        """

        id = "acme.copy"

        def train(self, model, data, context):
            return Trained(copy.copy(model), notes=("asked by alice@example.org",))

    class Plugin:
        @hookspecs.hookimpl
        def register_trainers(self):
            return [Copy]

    frame = pd.DataFrame({"income": np.arange(50.0)})
    train = auditkit.AuditData.from_table(frame, label=np.arange(50) % 2)
    data = auditkit.AuditData.from_table(frame, label=np.arange(50) % 2, train=train)
    model = Host(discover=False).wrap_model(
        lambda inputs: (inputs["income"] > 20).astype(float).to_numpy(), ModelOptions(classes=(0, 1), task="binary")
    )
    host = Host([Plugin()], discover=False)
    expected = [{"trainer": "acme.copy", "name": "/home/alice/copy"}]
    (child,) = train_models(AuditContext(host, data, make_request(), train=expected), [model])
    assert child.result.notes == (f"asked by {E_MAIL}",)
    assert child.model is not None and child.model.name == "copy"


def test_a_path_among_the_parameters_is_a_text_too():
    with_path = fakes.audit().results[0].model_copy(update={"parameters": {"file": pathlib.Path("/home/alice/x.csv")}})
    assert Scrubber().record(with_path).parameters == {"file": "x.csv"}


def test_models_whose_names_are_paths_are_kept_apart_in_names_and_in_files(tmp_path):
    frame = pd.DataFrame({"income": np.random.default_rng(2).normal(size=200)})
    data = auditkit.AuditData.from_table(frame, label=(frame["income"] > 0).astype(int).to_numpy())
    models = [
        Host(discover=False).wrap_model(
            lambda inputs, edge=edge: (inputs["income"] > edge).astype(float).to_numpy(),
            ModelOptions(name=f"/home/alice/{edge}/m.skops", classes=(0, 1), task="binary"),
        )
        for edge in (0, 1)
    ]
    options = {"checks": ["performance.quality"], "budget": "quick", "out": tmp_path, "title": "of alice@example.org"}
    result = auditkit.compare(models, data, **options)
    assert result.title == f"of {E_MAIL}"
    assert [check_result.model.name for check_result in result.results] == ["m.skops 1", "m.skops 2"]
    assert [model.name for model in models] == ["/home/alice/0/m.skops", "/home/alice/1/m.skops"], "as they were"
    names = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")]
    assert len([name for name in names if name.startswith("checks/") and name.endswith(".json")]) == 2
    assert not any("alice" in name for name in names)
    assert all(result.run.resumed for result in auditkit.compare(models, data, **options).results)


def test_a_resumed_audit_says_the_same(tmp_path):
    rng = np.random.default_rng(1)
    boss = rng.choice(["carol@corp.example", "dave@corp.example"], 200)
    frame = pd.DataFrame({"income": rng.normal(size=200)})
    data = auditkit.AuditData.from_table(
        frame, label=(frame["income"] > 0).astype(int).to_numpy(), groups={"boss": boss}
    )
    model = Host(discover=False).wrap_model(
        lambda inputs: (inputs["income"] > 0).astype(float).to_numpy(), ModelOptions(classes=(0, 1), task="binary")
    )

    def run() -> tuple[bytes, tuple[str, ...]]:
        result = auditkit.audit(model, data, checks=["performance.quality"], budget="quick", out=tmp_path)
        return canonical(result.model_dump(mode="json", exclude={"run"})), result.run.resumed

    first, second = run(), run()
    assert first[0] == second[0] and first[1] == () and second[1] == ("performance.quality",)
