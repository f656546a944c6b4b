"""Every message that proposes a setting: it stands in `mend`, and applied, the same call gets further."""

from __future__ import annotations

import ast
import pathlib
import types
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import pandas
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from statsmodels.regression.linear_model import OLS

import auditkit.counts
from auditkit.comparison import audits
from auditkit.data import AuditData
from auditkit.errors import AuditkitError, DataError, Mend
from auditkit.host import Host
from auditkit.models import ModelOptions
from auditkit.plugins.robustness.library_attacks.targets import torch_target
from auditkit.plugins.robustness.training.fit import fit
from auditkit.run import predict, write
from auditkit.run.context import AuditContext
from auditkit.run.request import make_request
from auditkit.run.settle import settled
from auditkit.signing import keys, verification
from tests.plugins.models import graphs, modules
from tests.plugins.models.endpoint import canned
from tests.plugins.models.torch.huggingface import networks

PACKAGE = pathlib.Path(auditkit.__file__).parent
RNG = np.random.default_rng(0)
ROWS = 60
FRAME = pandas.DataFrame(
    {
        "sex": RNG.choice(["f", "m"], ROWS), "x": RNG.normal(size=ROWS), "label": RNG.integers(0, 2, ROWS),
        "decision": RNG.integers(0, 2, ROWS), "score": RNG.random(ROWS), "amount": RNG.normal(size=ROWS),
        "years": np.arange(ROWS) % 20, "words": [f"word {number % 55}" for number in range(ROWS)],
    }
)  # fmt: skip
NUMBERS = RNG.normal(size=(ROWS, 4))
BOTH = LinearRegression().fit(NUMBERS, NUMBERS[:, :2])


def gaps(column: str) -> pandas.DataFrame:
    return FRAME.assign(**{column: FRAME[column].astype(object).where(np.arange(ROWS) > 4, None)})


def table(frame: Any = FRAME, **options: Any) -> Callable[..., Any]:
    """Reads a table of these columns as recorded answers; mends are added to the options."""

    def read(**mends: Any) -> Any:
        given = {"groups": ["sex"], **options, **mends}
        data = AuditData.from_table(frame, **given)
        return auditkit.wrap(data) if data.recorded is not None else data

    return read


def text(raw: bytes, **options: Any) -> Callable[..., Any]:
    def read(folder: pathlib.Path, **mends: Any) -> Any:
        (folder / "people.csv").write_bytes(raw)
        return AuditData.from_table(folder / "people.csv", **options, **mends)

    return read


def elsewhere(device: str = "meta") -> Any:
    """A network whose inputs are on a device that ART does not take, and attacks of ART."""
    network, ones = torch.nn.Linear(4, 2), np.ones(4)
    space = types.SimpleNamespace(free=ones > 0, high=ones, units=np.asarray)
    network.like, network.watch = torch.zeros(1, device=device), types.SimpleNamespace(space=space)
    return torch_target(network, (4,), 2)


def regressor(**mends: Any) -> Any:
    data = AuditData.from_table(FRAME[["x", "years"]], label="years", **mends)
    return auditkit.wrap(LinearRegression().fit(FRAME[["x"]], FRAME["years"]), task=data.task)


def undirected(better: str | None = None) -> Any:
    return AuditData.from_table(FRAME, case_scores={"score": {} if better is None else {"better": better}})


def without_worst(missing: str = "worst") -> Any:
    return AuditData.from_table(FRAME, case_scores={"amount": {"better": "higher", "missing": missing}})


def file(save: Callable[[pathlib.Path], None]) -> Callable[..., Any]:
    def load(folder: pathlib.Path, **mends: Any) -> Any:
        save(folder / "model.file")
        mends["trust_pickle"] = mends.pop("--trust-pickle", False)
        return Host().load_model(folder / "model.file", ModelOptions(**mends))

    return load


def large(**options: Any) -> Callable[..., Any]:
    """Reads a file that does not fit into half of the memory, and audits what was counted."""

    def read(folder: pathlib.Path, **mends: Any) -> Any:
        FRAME.assign(count=2).to_parquet(folder / "large.parquet")
        with mock.patch("auditkit.data.readers.foreseen.machine_memory", return_value=1000):
            given = {"groups": ["sex"], "label": "label", **options, **mends}
            data = AuditData.from_table(folder / "large.parquet", **given)
        return auditkit.audit(None, data, checks=["data.integrity"], budget="quick")

    return read


def tight_table(folder: pathlib.Path, **mends: Any) -> Any:
    """Reads a file that may take one byte of memory."""
    FRAME.to_csv(folder / "people.csv", index=False)
    return AuditData.from_table(folder / "people.csv", **{"memory_limit": 1, "label": "label", **mends})


def tight_model(folder: pathlib.Path, **mends: Any) -> Any:
    """Opens a file that may take one byte of memory."""
    import skops.io

    skops.io.dump(LinearRegression().fit(NUMBERS, NUMBERS[:, 0]), folder / "model.skops")
    return Host().load_model(folder / "model.skops", ModelOptions(**{"memory_limit": 1, **mends}))


def many_weights(folder: pathlib.Path, **mends: Any) -> Any:
    with mock.patch("auditkit.counts.arrow_codes.DISTINCT", ROWS - 1):
        return large(weights="score", decisions="decision")(folder, **mends)


def short(folder: pathlib.Path, **mends: Any) -> Any:
    """Reads a file without the memory for it."""
    FRAME.to_parquet(folder / "people.parquet")
    with mock.patch("auditkit.data.readers.table.open_source", side_effect=MemoryError("Unable to allocate 9 GiB")):
        path = folder / "people.parquet"
        return AuditData.from_table(path, groups=["sex"], label="label", decisions="decision", **mends)


def skops(path: pathlib.Path) -> None:
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    path.write_bytes(skops.io.dumps(make_pipeline(FunctionTransformer(np.ptp), LinearRegression())))


def audited(model: Any) -> Callable[..., Any]:
    def audit(**mends: Any) -> Any:
        return auditkit.audit(model, AuditData(NUMBERS, FRAME["label"], **mends), checks=[])

    return audit


def binned(**mends: Any) -> Any:
    ages = FRAME.assign(age=np.arange(ROWS) + 18)
    return table(ages, label="label", groups={"age": {"bins": mends.get("bins")}} if mends else ["age"])()


def declared(folder: pathlib.Path, kind: str = "integer") -> Any:
    (folder / "people.csv").write_text("age,y\n1,a\nmany,b\n3,b\n", encoding="utf-8")
    return AuditData.from_table(folder / "people.csv", label="y", schema={"age": {"kind": kind}})


def split(kind: str | None = None) -> Any:
    other = FRAME.assign(years=[f"year {number}" for number in FRAME["years"]])
    schema = {"years": {"kind": kind}} if kind else {}
    return table(label="label", train=other, features=["x", "years"], schema=schema)()


def unseen(**mends: Any) -> Any:
    xgboost = pytest.importorskip("xgboost")
    homes = pandas.DataFrame({"home": pandas.Categorical(["own", "rent"] * (ROWS // 2))})
    fitted = xgboost.XGBClassifier(n_estimators=2, enable_categorical=True).fit(homes, FRAME["label"])
    other = pandas.DataFrame({"home": pandas.Categorical(["own", "rent", "?"] * (ROWS // 3)), "y": FRAME["label"]})
    return auditkit.audit(fitted, AuditData.from_table(other, label="y", **mends), checks=[])


def scored(scores: str = "amount", **mends: Any) -> Any:
    return auditkit.wrap(AuditData.from_table(FRAME, groups=["sex"], label="label", scores=scores), **mends)


def in_words(**mends: Any) -> Any:
    """A classifier that was fitted on numbers, and labels in words."""
    fitted = LogisticRegression().fit(NUMBERS, FRAME["label"])
    words = FRAME["label"].map({0: "no", 1: "yes"})
    return auditkit.audit(auditkit.wrap(fitted, **mends), AuditData(NUMBERS, words), checks=[])


def of_numbers(**mends: Any) -> Any:
    """A classifier beside numbers that are no classes, or a model of numbers beside classes."""
    fitted = LogisticRegression().fit(NUMBERS, FRAME["label"])
    return auditkit.audit(fitted, AuditData(NUMBERS, FRAME["years"] % 2, **{"task": "regression", **mends}), checks=[])


def other_task(**mends: Any) -> Any:
    model = auditkit.wrap(LinearRegression().fit(NUMBERS, FRAME["years"]))
    return auditkit.audit(model, AuditData(NUMBERS, FRAME["label"], **mends), checks=[])


def vectorized(**mends: Any) -> Any:
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(FRAME["words"], FRAME["label"])
    data = AuditData.from_table(FRAME[["sex", "x", "words", "label"]], label="label", **mends)
    return auditkit.wrap(model).answers(data.inputs)


def pictures(**mends: Any) -> Any:
    return AuditData(np.zeros((ROWS, 1, 4, 4)), FRAME["label"], **mends)


def shaped(*shape: int, **options: Any) -> Callable[..., Any]:
    def ask(**mends: Any) -> Any:
        return auditkit.wrap(lambda rows: np.full((len(rows), *shape), 0.5), **{**options, **mends}).answers(NUMBERS)

    return ask


def words_to_network(**mends: Any) -> Any:
    data = AuditData.from_table(FRAME[["sex", "x", "label"]], label="label", **mends)
    return auditkit.wrap(torch.nn.Linear(1, 2)).answers(data.inputs)


def tallied(folder: pathlib.Path, groups: Any = "sex") -> Any:
    FRAME.to_csv(folder / "people.csv")
    return auditkit.counts.count_file(folder / "people.csv", groups=groups, decision="decision")


def streamed(**options: Any) -> Callable[..., Any]:
    def read(folder: pathlib.Path, stream: bool = True) -> Any:
        FRAME.to_csv(folder / "people.csv")
        source = options.get("source", folder / "people.csv")
        roles = {"decisions": "decision", "label": "label", **{k: v for k, v in options.items() if k != "source"}}
        return AuditData.from_table(source, groups=["sex"], stream=stream, **roles)

    return read


def limited(checks: Any = ("performance",), **mends: Any) -> Any:
    limit = {"measurement": "fairness.groups.demographic_parity_difference", "at_most": 0.9}
    data = AuditData.from_table(FRAME, groups=["sex"], label="label", decisions="decision")
    return auditkit.audit(None, data, checks=list(checks), limits=[limit], budget="quick")


def limit_on(check: str, name: str, **limit: Any) -> Callable[..., Any]:
    """Settles a limit on a number of one check; mends are bounds, parameters of the check, or what the data says."""

    def settle(**mends: Any) -> Any:
        bounds = {key: mends.pop(key) for key in ("at_least", "at_most") if key in mends}
        roles = {key: mends.pop(key) for key in ("outcome",) if key in mends}
        columns = FRAME.assign(area=np.arange(ROWS) % 3)
        data = AuditData.from_table(columns, groups=["sex", "area"], label="label", decisions="decision", **roles)
        limits = [{"measurement": f"{check}.{name}", "at_least": 0.5, **limit, **bounds}]
        request = make_request(checks=[check], limits=limits, parameters={check: mends}, budget="quick")
        return settled(AuditContext(Host(), data, request))

    return settle


def rows_published(**mends: Any) -> Any:
    data = AuditData.from_table(FRAME, groups=["sex"], label="label", decisions="decision", disclosure="publish")
    return auditkit.audit(None, data, checks=[], **{"include_rows": True, **mends})


def few_published(**mends: Any) -> Any:
    given = {"disclosure": "publish", **mends}
    data = AuditData.from_table(FRAME[:5], groups=["sex"], label="label", decisions="decision", **given)
    return auditkit.audit(None, data, checks=[])


def several_published(**mends: Any) -> Any:
    given = {"disclosure": "publish", **mends}
    return AuditData(np.zeros((2, 1)), [[1, 0], [0, 1]], task="multilabel", outputs=["a", "b"], **given)


def diverging(learning_rate: float = 50.0) -> Any:
    """Training of one number, whose loss is no number where it has gone too far."""
    number = torch.nn.Linear(1, 1, bias=False)
    return fit(
        number, 4, lambda rows, share: -number.weight.sum() / (number.weight < 60).sum(), epochs=2, batch_size=2,
        learning_rate=learning_rate, progress=lambda done, total: None,
    )  # fmt: skip


def audit_folder(folder: pathlib.Path, name: str = "run") -> pathlib.Path:
    if not (folder / name).exists():
        (folder / name).mkdir()
        data = AuditData.from_table(FRAME, groups=["sex"], label="label", decisions="decision")
        write.write(Host(), auditkit.audit(None, data, checks=[]), folder / name)
    return folder / name


def altered(folder: pathlib.Path, **mends: Any) -> Any:
    results = audit_folder(folder, "altered") / "results.json"
    results.write_bytes(results.read_bytes() + b" ")
    return audits.open_audit(str(results.parent), unverified=mends.pop("--unverified", False))


def signed_twice(folder: pathlib.Path, **mends: Any) -> Any:
    signer = keys.read_signer(keys.new_pair(folder / f"me-{bool(mends)}.key").private)
    verification.sign(audit_folder(folder), signer, replace=True)
    return verification.sign(folder / "run", signer, replace=mends.pop("--replace", False))


def network() -> torch.nn.Module:
    return torch.nn.Linear(4, 2)


CASES: dict[str, Callable[..., Any]] = {
    "nothing is protected": table(
        label="label", decisions="decision", positive=1, disclosure="publish", minimum_cell=1
    ),
    "a case score without a direction": undirected,
    "a case score without a worst value": without_worst,
    "a score is missing": table(gaps("score"), label="label", scores="score"),
    "a decision is missing": table(gaps("decision"), label="label", decisions="decision", positive=1),
    "a label is missing": table(gaps("label"), label="label", decisions="decision", positive=1),
    "a number to predict is missing": table(gaps("amount"), label="amount", decisions="score"),
    "blank labels of a regression are kept": table(gaps("amount"), label="amount", unlabelled="keep"),
    "predicted numbers for whole targets": table(label="years", decisions="amount"),
    "scores for whole targets": table(label="years", scores="amount"),
    "many texts": table(label="words"),
    "numbers are declared a text": lambda kind="text": table(label="label", schema={"years": {"kind": kind}})(),
    "fractions as identifiers": lambda kind="identifier": table(label="label", schema={"x": {"kind": kind}})(),
    "none of several outputs is named": lambda **mends: auditkit.wrap(BOTH, **mends),
    "numbers of statsmodels": lambda task="binary": auditkit.wrap(OLS(NUMBERS[:, 0], NUMBERS).fit(), task=task),
    "an order of numbers to predict": table(label="years", task="regression", order=list(range(20))),
    "two classes were asked for": table(label="years", task="binary"),
    "a regressor of whole targets": regressor,
    "classes for prompts": lambda task="generation": predict.suit(
        auditkit.wrap(len, classes=(0, 1)), AuditData(["a", "b"], task=task)
    ),
    "words by another protocol": lambda protocol="rows", prompt=None: auditkit.wrap(
        auditkit.Endpoint(url="http://host", protocol=protocol, request={"prompt": prompt}, response={"labels": "x"}),
        task="generation",
    ),
    "a file in cp1252": text("größe,y\nä,1\nö,0\n".encode("cp1252"), label="y"),
    "a file in latin-1": text(b"gr\xf6\x81e,y\n\xe4,1\n\xf6,0\n", label="y"),
    "a file in utf-16 without a mark": text("grad,y\na,1\nb,0\n".encode("utf-16-le"), label="y"),
    "records in cp1250": text('[{"stadt": "Łódź", "y": 1}, {"stadt": "b", "y": 0}]'.encode("cp1250"), label="y"),
    "records of a stream in latin-1": text(
        b'{"sex": "m\xe4nnlich", "d": 1}\n{"sex": "f", "d": 0}\n', groups=["sex"], decisions="d", stream=True
    ),
    "a comment by another sign": text(b"// made by hand\ngrad,y\na,1\nb,0\n", label="y"),
    "marks in values behind a backslash": text(b'said,y\n"5\\"",1\n"6\\"",0\n"7",1\n', label="y"),
    "marks in values as they are": text(b'said,y\n"say "hi"",1\n"z",0\n', label="y"),
    "a delimiter behind a backslash": text(b"said,y\na\\,b,1\nz,0\n", label="y"),
    "fields parted by a caret": text(b"grad^y\na^1\nb^0\n", label="y"),
    "fields of a stream parted by a blank": text(b"sex d\nf 1\nm 0\n", groups=["sex"], decisions="d", stream=True),
    "a comment at the end": text(b"grad,y\na,1\nb,0\n# that, is, all\n", label="y"),
    "a large file with scores alone": large(scores="score"),
    "a check that cannot run on counts": large(decisions="decision"),
    "counts that are to be counted": large(decisions="decision", people="count", stream=True),
    "no groups to count by": large(decisions="decision", stream=True, groups=()),
    "more weights than can be counted": many_weights,
    "no memory for a file": short,
    "infinite values": text(b"grad,y\n1,a\ninf,b\n-inf,b\n2,a\n", label="y"),
    "texts in bins": table(gaps("amount").fillna("unknown"), label="label", groups={"amount": {"bins": [0]}}),
    "a number of many values for groups": binned,
    "a text in a column declared a number": declared,
    "texts in the training split alone": split,
    "a category that XGBoost has not seen": unseen,
    "neither classifier nor regressor": audited(KMeans(2, n_init=1, random_state=0).fit(NUMBERS)),
    "a function of numbers": audited(lambda rows: rows[:, 0]),
    "a network where no attack of the toolbox runs": elsewhere,
    "a table that takes more memory": tight_table,
    "a model that takes more memory": tight_model,
    "a pickled network": file(lambda path: torch.save(torch.nn.Linear(4, 2), path)),
    "a function that is not known": file(skops),
    "scores without a threshold": scored,
    "a threshold in percent": lambda **mends: scored(**{"scores": "score", "threshold": 40, **mends}),
    "labels in other words": in_words,
    "a classifier of numbers": of_numbers,
    "predicted numbers of classes": other_task,
    "one probability without classes": shaped(),
    "predicted numbers by output alone": shaped(output="number"),
    "words for a network": words_to_network,
    "columns beside the text": vectorized,
    "pictures taken for a table": pictures,
    "one group to count": tallied,
    "a stream of a frame": streamed(source=FRAME),
    "a stream without decisions": streamed(decisions=None),
    "a limit on a check that is left out": limited,
    "a size that is not tried": limit_on("robustness.evasion", "robust_accuracy", conditions={"epsilon": 0.03}),
    "a size at which groups are not compared": limit_on(
        "robustness.evasion", "robust_accuracy", slice={"sex": "f"}, conditions={"epsilon": 0.03}
    ),
    "a norm that is not asked for": limit_on("robustness.library", "median_distance", conditions={"norm": "L2"}),
    "a measure that is left out": limit_on("fairness.groups", "f1"),
    "an alert rate that nobody set": limit_on("performance.quality", "precision_at_alert_rate"),
    "a cost that nobody stated": limit_on("performance.quality", "cost_per_alert", at_least=None, at_most=5),
    "a burden that nobody stated": limit_on("fairness.groups", "burden_ratio"),
    "a share in percent": limit_on("fairness.groups", "selection_rate", at_least=20, at_most=80),
    "two attributes together": limit_on("fairness.groups", "demographic_parity_ratio", across=["sex", "area"]),
    "slices of another outcome": limit_on("fairness.slices", "slice_selection"),
    "rows that are published": rows_published,
    "rows of one unit that are published": table(
        label="label", decisions="decision", positive=1, disclosure="publish", unit="years"
    ),
    "several labels that are published": several_published,
    "fewer people than may be published": few_published,
    "a training that diverges": diverging,
    "a folder that was altered": altered,
    "a folder that is signed": signed_twice,
    **canned.MENDS,
    **graphs.MENDS,
    **modules.MENDS,
    **networks.MENDS,
}


@pytest.fixture
def attempt(tmp_path: pathlib.Path) -> Callable[..., Any]:
    def run(case: Callable[..., Any], **mends: Any) -> Any:
        takes_folder = "folder" in case.__annotations__
        return case(tmp_path, **mends) if takes_folder else case(**mends)

    return run


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore")
def test_each_mend_of_a_message_gets_further_by_itself(name: str, attempt: Callable[..., Any]) -> None:
    with pytest.raises(AuditkitError) as caught:
        attempt(CASES[name])
    first = str(caught.value)
    assert caught.value.mend and all(mend.line in first for mend in caught.value.mend)
    for mend in caught.value.mend:
        mends: dict[str, Any] = {}
        following = mend
        for _ in range(3):  # a mend may lead to another message, never to the same one
            mends[following.setting.rpartition(".")[2]] = following.value
            try:
                attempt(CASES[name], **mends)
                break
            except AuditkitError as error:
                assert str(error) != first
                if not error.mend:
                    break
                following = error.mend[0]
        else:
            pytest.fail(f"{name}: {mend} goes round in a circle")


def places() -> set[tuple[str, int]]:
    """Where a message with a mend is made: every `mend=` in the package, by file and line of its call."""
    words = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and any(keyword.arg == "mend" for keyword in node.keywords):
                words.add((str(path.relative_to(PACKAGE)), node.lineno))
    return words


@pytest.mark.filterwarnings("ignore")
def test_every_message_with_a_mend_has_a_case(
    attempt: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    import sys

    covered: set[tuple[str, int]] = set()
    plain = AuditkitError.__init__

    def watched(self: AuditkitError, *message: object, mend: Any = ()) -> None:
        plain(self, *message, mend=mend)
        if mend:
            frame = sys._getframe(1)
            covered.add((str(pathlib.Path(frame.f_code.co_filename).relative_to(PACKAGE)), frame.f_lineno))

    monkeypatch.setattr(AuditkitError, "__init__", watched)
    for case in CASES.values():
        with pytest.raises(AuditkitError):
            attempt(case)
    with pytest.raises(AuditkitError):  # weights alone need the name of their class, which only the owner knows
        attempt(file(lambda path: torch.save(network().state_dict(), path)), **{"--trust-pickle": True})
    missing = places() - covered
    assert not missing, f"no case makes these messages: {sorted(missing)}"


def test_a_mend_is_written_as_in_the_configuration() -> None:
    assert str(Mend("data.encoding", "cp1252")) == 'encoding = "cp1252" under [data]'
    assert str(Mend("model.trust", ("a.b", 'c"d'))) == 'trust = ["a.b", "c\\"d"] under [model]'
    assert str(Mend("audit.include_rows")) == "include_rows = true under [audit]"
    assert str(Mend("--trust-pickle")) == "--trust-pickle"
    assert DataError("x").mend == () and DataError("x", mend=Mend("a.b", 1)).mend == (Mend("a.b", 1),)


def test_a_signature_that_was_not_checked_proposes_the_public_key(tmp_path: pathlib.Path) -> None:
    pair = keys.new_pair(tmp_path / "me.key")
    verification.sign(audit_folder(tmp_path), keys.read_signer(pair.private))
    for required in (False, True):
        account = verification.verify(tmp_path / "run", required=required)
        assert account.mend == (Mend("--public-key", "signer.pub"),) and bool(account.problems) == required
    assert "give --public-key" in account.problems[0]
    checked = verification.verify(tmp_path / "run", keys.read_verifier(pair.public), required=True)
    assert (checked.signed, checked.problems, checked.mend) == ("yes", (), ())
