"""First answers come from a process of their own: nothing a model does there reaches the audit, but what it learned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import auditkit
from auditkit.errors import DataError, Mend, ModelEnded, ModelError
from auditkit.models import Answers
from auditkit.results import canonical
from auditkit.run.apart import Elsewhere
from auditkit.testing import ToyModel, toy_data
from tests.faults import lay_out

ENDS = {
    "quit": ("os._exit(0)", "exit code 0"),
    "segfault": ("ctypes.string_at(0)", "signal 11, SIGSEGV"),
    "killed": ("os.kill(os.getpid(), 9)", "signal 9, SIGKILL"),
}
PROGRAM = """
import auditkit, ctypes, os, sys
from auditkit.testing import toy_data
def asked(rows):
    {fault}
try:
    auditkit.audit(auditkit.wrap(asked, classes=[0, 1]), toy_data(60), checks=["performance.quality"], {options})
except auditkit.AuditkitError as error:
    print(type(error).__name__, error)
"""


def said_by(fault: str, options: str = "") -> str:
    """What a program of a few lines without a guard prints, which must come to its end."""
    program = PROGRAM.format(fault=fault, options=options)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=200, check=True)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(("fault", "how"), ENDS.values(), ids=ENDS)
def test_a_model_that_ends_its_process_ends_no_program(fault, how):
    printed = said_by(fault)
    assert (
        printed.startswith("ModelEnded asked: ") and how in printed and "again when it was asked once more" in printed
    )


def test_a_model_that_exits_is_an_error_as_before():
    assert said_by("sys.exit(0)").startswith("ModelError asked: the model failed on the audit data: SystemExit")


def test_a_model_that_never_answers_is_ended_in_python_too():
    printed = said_by("while True: pass", "seconds_per_check=0.2")
    assert printed.startswith("ModelEnded asked: ") and "after 0.2 seconds and 2 more" in printed
    assert "seconds_per_check must leave time" in printed


def test_a_model_that_takes_all_memory_is_ended():
    printed = said_by("held = []\n    while True: held.append(b'x' * 10 ** 7)", "gigabytes_per_check=0.3")
    assert (
        printed.startswith("ModelEnded asked: ")
        and "300 MB are allowed" in printed
        and "gigabytes_per_check" in printed
    )


@pytest.mark.parametrize("fault", ["while True: pass", "os._exit(0)"], ids=["hangs", "ends"])
def test_the_command_names_it_and_has_no_verdict(tmp_path, fault):
    lay_out(tmp_path, {}, model='object = "bad:make"\nclasses = [0, 1]')
    (tmp_path / "bad.py").write_text(f"import os\ndef ask(rows):\n    {fault}\ndef make():\n    return ask\n")
    config = tmp_path / "auditkit.toml"
    config.write_text(config.read_text().replace("[audit]", "[audit]\nseconds_per_check = 0.5"))
    done = subprocess.run(
        [sys.executable, "-m", "auditkit", "run", "-q", "--exit-zero"], cwd=tmp_path, capture_output=True, text=True,
        timeout=200,
    )  # fmt: skip
    assert done.returncode == 3 and done.stderr.startswith("auditkit: ask: the model was asked about all rows")
    assert done.stderr.count("\n") == 1 and not (tmp_path / "audit" / "results.json").exists()


class Meddler(ToyModel):
    """A sound model that changes the process that asks it."""

    def answer(self, inputs):
        os.chdir("/")
        os.umask(0)
        os.environ["AUDITKIT_OF_A_TEST"] = "changed"
        np.seterr(all="ignore")
        sys.path.insert(0, "/nowhere")
        return super().answer(inputs)


@pytest.mark.workers
def test_what_a_model_changes_around_it_is_changed_elsewhere():
    def surroundings():
        mask = os.umask(0o077)
        os.umask(mask)
        return os.getcwd(), mask, os.environ.get("AUDITKIT_OF_A_TEST"), np.geterr(), list(sys.path)

    before = surroundings()
    result = auditkit.audit(Meddler(), toy_data(60), checks=["performance.quality"], budget="quick")
    assert result.results[0].status == "measured" and result.run.not_isolated == {}
    assert surroundings() == before


def wrapped_kinds():
    """Models that know what they are only once they have answered, each with a fresh copy of itself."""
    import torch
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    data = numbers()
    linear = LogisticRegression().fit(data.inputs, data.labels)
    own_rule = SVC(probability=True, random_state=0).fit(data.inputs[:60], data.labels[:60])
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(3, 1))
    words = np.array(["no", "yes"], dtype=object)
    return {
        "probabilities": lambda: auditkit.wrap(lambda rows: linear.predict_proba(rows)[:, 1]),
        "labels": lambda: auditkit.wrap(lambda rows: linear.predict(rows), classes=[0, 1]),
        "network": lambda: auditkit.wrap(network),
        "estimator": lambda: auditkit.wrap(linear),
        "own rule": lambda: auditkit.wrap(own_rule),
        "texts": lambda: auditkit.wrap(lambda rows: words[(rows[:, 0] > 0).astype(int)], classes=["no", "yes"]),
    }


def numbers(texts: bool = False) -> auditkit.AuditData:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(300, 3)).astype(np.float32)
    labels = (inputs[:, 0] + rng.normal(size=300) > 0).astype(int)
    return auditkit.AuditData(inputs, np.array(["no", "yes"])[labels] if texts else labels, task="binary")


@pytest.mark.workers
@pytest.mark.filterwarnings("ignore:The `probability` parameter")
@pytest.mark.parametrize("kind", ["probabilities", "labels", "network", "estimator", "own rule", "texts"])
def test_a_model_knows_afterwards_what_it_learned_and_the_evidence_is_the_same(kind):
    make, data = wrapped_kinds()[kind], numbers(kind == "texts")
    models = {isolate: make() for isolate in ("none", "all")}
    for model in models.values():
        model.name = "learner"
    results = {
        isolate: auditkit.audit(model, data, checks=["performance.quality"], budget="quick", isolate=isolate)
        for isolate, model in models.items()
    }
    assert results["all"].run.not_isolated == {}
    assert canonical(results["all"].model_copy(update={"run": None})) == canonical(
        results["none"].model_copy(update={"run": None})
    )
    for name in ("classes", "positive", "task", "capabilities", "notes", "batch", "output", "_largest"):
        assert getattr(models["all"], name, None) == getattr(models["none"], name, None), name


class Custom(ToyModel):
    """An adapter of a plugin that keeps an object of its own from its first answers on."""

    def __init__(self):
        super().__init__()
        self.asked_in: list[int] = []
        self.connection = None

    def answer(self, inputs):
        if self.connection is None:
            self.connection = object()
            self.notes = ("connected",)
        self.asked_in.append(len(inputs))
        return super().answer(inputs)


@pytest.mark.workers
def test_an_adapter_that_keeps_an_object_is_asked_about_one_batch_again():
    model = Custom()
    model.batch = 50
    result = auditkit.audit(model, toy_data(120), checks=["performance.quality"], budget="quick")
    why = "what the model keeps cannot leave a process (connection)"
    assert result.run.not_isolated == {why: ("first answers",)} and result.results[0].status == "measured"
    assert type(model.connection) is object and model.notes == ("connected",)


class Learner:
    """Takes its mean from the rows that it is asked about first, inside of what an adapter holds."""

    def __init__(self):
        self.mean = []

    def __call__(self, inputs):
        income = inputs["income"].to_numpy()
        self.mean = self.mean or [income.max()]
        return 1 / (1 + np.exp((self.mean[0] - income) / 10))


@auditkit.check("acme.first", exact=True)
def first(predictions):
    return float(predictions.model.answers(predictions.data.inputs.iloc[:3]).scores.sum())


@pytest.mark.workers
def test_a_model_that_changes_inside_while_it_answers_is_asked_here():
    def audited(isolate):
        model = auditkit.wrap(Learner(), classes=["no", "yes"])
        return auditkit.audit(model, toy_data(60), checks=[first.check()], isolate=isolate)

    result = audited("all")
    assert result.run.not_isolated == {"the model changes while it answers": ("first answers",)}
    assert canonical(result.results[0].measurements) == canonical(audited("none").results[0].measurements)


@pytest.mark.workers
def test_batches_that_did_not_fit_into_memory_stay_halved():
    class Large(ToyModel):
        def answer(self, inputs):
            if len(inputs) > 40:
                raise MemoryError
            return super().answer(inputs)

    model = Large()
    auditkit.audit(model, toy_data(120), checks=["performance.quality"], budget="quick")
    assert model.batch <= 40 and any("the batch was halved" in note for note in model.notes)


@pytest.mark.workers
def test_errors_keep_their_kind_their_sentence_and_their_ways_out():
    mend = Mend("model.classes", ["a", 1])

    class Refusing(ToyModel):
        def answer(self, inputs):
            raise DataError("the rows must be sorted", mend=mend)

    class Broken(ToyModel):
        def answer(self, inputs):
            raise KeyError("income")

    with pytest.raises(DataError, match=r"^the rows must be sorted$") as refused:
        auditkit.audit(Refusing(), toy_data(60), checks=["performance.quality"])
    assert refused.value.mend == (mend,)
    with pytest.raises(ModelError, match=r"failed on the audit data: KeyError: 'income'$") as broken:
        auditkit.audit(Broken(), toy_data(60), checks=["performance.quality"])
    assert isinstance(broken.value.__cause__, Elsewhere) and "in answer" in str(broken.value.__cause__)


@pytest.mark.workers
def test_words_that_a_model_forges_are_refused(tmp_path):
    class Forger(ToyModel):
        def answer(self, inputs):
            for name in os.listdir("/proc/self/fd"):
                if os.readlink(f"/proc/self/fd/{name}").startswith("/memfd:auditkit"):
                    os.write(int(name), json.dumps({"answers": {}, "learned": [{}]}).encode() + b"\nend of the answer")
            os._exit(0)

    with pytest.raises(ModelEnded, match="what it handed back cannot be read"):
        auditkit.audit(Forger(), toy_data(60), checks=["performance.quality"])


@pytest.mark.workers
@pytest.mark.parametrize("isolate", ["none", "plugins"])
def test_a_model_is_foreign_wherever_plugins_are(isolate):
    processes = []

    class Noted(ToyModel):
        def answer(self, inputs):
            processes.append(os.getpid())
            return super().answer(inputs)

    result = auditkit.audit(Noted(), toy_data(60), checks=["performance.quality"], budget="quick", isolate=isolate)
    first = [names for names in result.run.not_isolated.values() if "first answers" in names]
    assert bool(first) == (isolate == "none")


class Waiting(ToyModel):
    """Answers at first once another one of its kind is asked too, or after a while."""

    def __init__(self, folder, name):
        super().__init__()
        self.folder, self.name = folder, name

    def answer(self, inputs):
        own = self.folder / self.name
        latest = time.monotonic() + (0 if own.exists() else 3)
        if not own.exists():
            own.touch()  # and not again, for the moment is looked at
        while len(list(self.folder.iterdir())) < 2 and time.monotonic() < latest:
            time.sleep(0.02)
        return super().answer(inputs)


@pytest.mark.workers
def test_with_two_jobs_two_models_are_asked_at_once_and_the_evidence_is_the_same(tmp_path):
    results = {}
    for jobs in (1, 2):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        models = [Waiting(folder, "first"), Waiting(folder, "second")]
        results[jobs] = auditkit.compare(
            models, toy_data(60), checks=["performance.quality"], budget="quick", jobs=jobs
        )
        waited = [file.stat().st_mtime for file in sorted(folder.iterdir())]
        assert (waited[1] - waited[0] > 2.5) is (jobs == 1)
    first, second = ([result.model_copy(update={"run": None}) for result in one.results] for one in results.values())
    assert canonical(first) == canonical(second)


@pytest.mark.workers
def test_an_interrupt_while_a_model_is_asked_ends_its_process(tmp_path):
    script = """
        import auditkit, os, time
        from auditkit.testing import toy_data
        def asked(rows):
            open("worker", "w").write(str(os.getpid()))
            time.sleep(120)
        try:
            auditkit.audit(auditkit.wrap(asked, classes=[0, 1]), toy_data(60), checks=["performance.quality"])
        except KeyboardInterrupt:
            print("interrupted")
        """
    caller = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    worker = tmp_path / "worker"
    while not worker.exists() or not worker.read_text():
        assert caller.poll() is None
        time.sleep(0.02)
    caller.send_signal(2)
    assert caller.communicate(timeout=60)[0] == "interrupted\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int(worker.read_text()), 0)


@pytest.mark.workers
def test_labels_of_a_type_that_cannot_be_handed_over_are_asked_for_here():
    class Word(str):
        """A label of somebody's own class."""

    class Odd(ToyModel):
        def answer(self, inputs):
            labels = super().answer(inputs).labels.tolist()
            return Answers(np.array([Word(label) for label in labels], dtype=object), None, None)

    result = auditkit.audit(Odd(), toy_data(60), checks=["performance.quality"], budget="quick")
    assert result.run.not_isolated == {"its result cannot leave a process (NotPlain)": ("first answers",)}


@pytest.mark.workers
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_where_no_fork_is_possible_a_fresh_process_asks(platform, monkeypatch):
    monkeypatch.setattr("auditkit.run.apart.cannot_fork", lambda: "other threads run in this process")
    monkeypatch.setattr("auditkit.run.check_engine.may_fork", lambda devices: True)  # checks have tests of their own
    monkeypatch.setattr("auditkit.workers.engine.refusal", lambda: "")
    monkeypatch.setattr("auditkit.workers.parcel.sys.platform", platform)
    monkeypatch.setattr("auditkit.workers.shared_arrays.sys.platform", platform)
    processes = []

    class Noted(ToyModel):
        def answer(self, inputs):
            processes.append(len(inputs))
            return super().answer(inputs)

    plain = auditkit.audit(ToyModel(), toy_data(3000), checks=["performance.quality"], budget="quick", isolate="none")
    result = auditkit.audit(Noted(), toy_data(3000), checks=["performance.quality"], budget="quick")
    assert result.results == plain.results and result.run.not_isolated == {}
    assert processes == [1000], "here it is asked about some rows alone, for a copy may answer otherwise"
