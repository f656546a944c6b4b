"""The run folder: whole files, evidence that shows every change, resume that trusts nothing altered."""

from __future__ import annotations

import json
import os
import pathlib
import random
import subprocess
import sys

import pytest
from hypothesis import given, strategies as st

from auditkit import runfolder
from auditkit.errors import EvidenceError
from auditkit.io import atomic_files
from auditkit.results import AuditResult, CheckResult, Comparison, canonical
from tests import fakes
from tests.run.acme import audit

KEY = "ab" * 32
CHECK = fakes.audit().results[0]


def load_check(folder: pathlib.Path, check: str, key: str, model: str = "") -> CheckResult | None:
    stored = runfolder.load_stored(folder, check, key, model)
    return None if stored is None else stored.result


def sealed(folder: pathlib.Path, result: AuditResult | Comparison | None = None) -> pathlib.Path:
    """A small finished run folder."""
    result = result or fakes.audit()
    path = runfolder.prepare(folder)
    (path / runfolder.LOG).write_text("for people\n")
    runfolder.write(path, "results.json", canonical(result))
    runfolder.write(path, "report.html", b"<!doctype html><title>report</title>")
    runfolder.write(path, "metrics.json", b'{"a": 1.5}\n')
    for check_result in (result if isinstance(result, AuditResult) else result.results[0]).results[:2]:
        runfolder.store_check(path, KEY, check_result)
    runfolder.seal(path)
    return path


# what is written is found again


@pytest.mark.parametrize("result", [fakes.audit(), fakes.comparison(), fakes.hostile("<é\u2028>")])
def test_a_result_reads_back_as_it_was(tmp_path, result):
    folder = sealed(tmp_path / "run", result)
    assert runfolder.read_result(folder) == result
    assert canonical(runfolder.read_result(folder)) == canonical(result)


def test_a_folder_holds_what_the_design_lists_and_nothing_else(tmp_path):
    folder = sealed(tmp_path / "deep" / "run")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    ids = [result.check for result in fakes.audit().results[:2]]
    fixed = ["checks", "manifest.json", "metrics.json", "report.html", "results.json", "run.log"]
    assert names == sorted([*fixed, *(f"checks/{check_id}.json" for check_id in ids)])
    listed = json.loads((folder / "manifest.json").read_bytes())["files"]
    assert "run.log" not in listed and "manifest.json" not in listed and len(listed) == 5


def test_a_prepared_folder_can_be_used_again_and_becomes_the_same(tmp_path):
    folder = sealed(tmp_path)
    before = {path.name: path.read_bytes() for path in folder.rglob("*.json")}
    sealed(tmp_path)
    assert {path.name: path.read_bytes() for path in folder.rglob("*.json")} == before


def test_files_can_be_read_by_whoever_the_umask_lets(tmp_path):
    folder = sealed(tmp_path)
    mask = os.umask(0)
    os.umask(mask)
    assert (folder / "report.html").stat().st_mode & 0o777 == 0o666 & ~mask


# other people's folders


def test_a_folder_with_a_stranger_in_it_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.docx").write_bytes(b"precious")
    with pytest.raises(EvidenceError, match=r"did not write there \(thesis.docx\); choose another folder"):
        runfolder.prepare(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_names_that_look_like_ours_do_not_make_a_folder_ours(tmp_path):
    (tmp_path / "results.json").write_text("{}")
    (tmp_path / "checks").mkdir()
    with pytest.raises(EvidenceError, match=r"checks, results\.json"):
        runfolder.prepare(tmp_path)


def test_a_manifest_of_another_tool_does_not_make_a_folder_ours(tmp_path):
    (tmp_path / "manifest.json").write_text('{"name": "web app"}')
    with pytest.raises(EvidenceError, match="not auditkit's own, or was changed"):
        runfolder.prepare(tmp_path)


def test_a_stranger_in_our_folder_is_refused(tmp_path):
    folder = sealed(tmp_path)
    (folder / "checks" / "notes.txt").write_text("mine")
    with pytest.raises(EvidenceError, match=r"checks/notes\.txt"):
        runfolder.prepare(folder)


def test_the_file_of_a_format_that_is_gone_is_still_ours(tmp_path):
    folder = runfolder.prepare(tmp_path, ["acme.csv"])
    runfolder.write(folder, "acme.csv", b"x")
    runfolder.seal(folder)
    assert runfolder.prepare(folder) == folder
    assert runfolder.prepare(folder) == folder, "the second time the manifest was not sealed"


def test_a_file_where_the_folder_should_be_is_an_error(tmp_path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(EvidenceError, match="cannot be used"):
        runfolder.prepare(tmp_path / "out")


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/b", "a\\b", "", ".", "..", ".hidden", "x.", "nul", "CON.html", "x" * 101, "a\n", "ü"]
)
def test_a_name_that_leaves_the_folder_is_refused(tmp_path, name):
    with pytest.raises(EvidenceError, match="cannot be the name of a file"):
        runfolder.write(tmp_path, name, b"x")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["manifest.json", "Manifest.JSON", "run.log", "checks"])
def test_a_name_that_is_auditkits_own_is_refused(tmp_path, name):
    with pytest.raises(EvidenceError, match="by auditkit alone"):
        runfolder.write(tmp_path, name, b"x")


def test_links_are_replaced_and_never_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    folder = runfolder.prepare(tmp_path / "run")
    (folder / "report.html").symlink_to(outside / "secret")
    runfolder.write(folder, "report.html", b"new")
    assert (outside / "secret").read_text() == "secret"
    assert not (folder / "report.html").is_symlink()
    (folder / "checks").symlink_to(outside)
    with pytest.raises(EvidenceError, match="is a link"):
        runfolder.store_check(folder, KEY, CHECK)
    with pytest.raises(EvidenceError, match="no regular file"):
        runfolder.seal(folder)
    assert [path.name for path in outside.iterdir()] == ["secret"]


def test_a_full_disk_is_said_in_a_sentence_and_leaves_the_old_file(tmp_path):
    program = (
        "import pathlib, resource, signal, sys\n"
        "from auditkit.io import atomic_files\n"
        "from auditkit.errors import EvidenceError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    atomic_files.write_atomic(pathlib.Path(sys.argv[1]), b'x' * 5000)\n"
        "except EvidenceError as error:\n    print(error)\n"
    )
    target = tmp_path / "results.json"
    target.write_bytes(b"old")
    stdout = subprocess.run([sys.executable, "-c", program, target], capture_output=True, text=True, check=True).stdout
    assert "results.json could not be written" in stdout
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


# stored checks


def test_a_stored_check_comes_back_under_its_key_alone(tmp_path):
    runfolder.store_check(tmp_path, KEY, CHECK)
    assert load_check(tmp_path, CHECK.check, KEY) == CHECK
    assert load_check(tmp_path, CHECK.check, "cd" * 32) is None
    assert load_check(tmp_path, "performance.other", KEY) is None


def test_a_check_that_was_taken_up_again_is_written_byte_for_byte(tmp_path):
    for result in fakes.audit().results:
        runfolder.store_check(tmp_path, KEY, result)
        again = load_check(tmp_path, result.check, KEY)
        assert again is not None and canonical(again) == canonical(result)


def test_two_models_do_not_share_a_file(tmp_path):
    other = CHECK.model_copy(update={"notes": ("of the other model",)})
    runfolder.store_check(tmp_path, KEY, CHECK, model="credit gbm")
    runfolder.store_check(tmp_path, KEY, other, model="credit-mlp")
    assert load_check(tmp_path, CHECK.check, KEY, model="credit gbm") == CHECK
    assert load_check(tmp_path, CHECK.check, KEY, model="credit-mlp") == other
    assert load_check(tmp_path, CHECK.check, KEY) is None


def test_a_check_copied_over_another_is_not_taken_for_it(tmp_path):
    path = runfolder.store_check(tmp_path, KEY, CHECK)
    path.rename(path.with_name("fairness.groups.json"))
    assert load_check(tmp_path, "fairness.groups", KEY) is None


def test_a_torn_check_is_measured_anew(tmp_path):
    path = runfolder.store_check(tmp_path, KEY, CHECK)
    whole = path.read_bytes()
    for length in (0, 1, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:length])
        assert load_check(tmp_path, CHECK.check, KEY) is None


def test_an_altered_check_is_measured_anew(tmp_path):
    path = runfolder.store_check(tmp_path, KEY, CHECK)
    text = path.read_text()
    assert "0.871" in text
    path.write_text(text.replace("0.871", "0.971", 1))
    assert load_check(tmp_path, CHECK.check, KEY) is None
    path.write_text("[" * 100_000)
    assert load_check(tmp_path, CHECK.check, KEY) is None
    path.unlink()
    os.mkfifo(path)
    assert load_check(tmp_path, CHECK.check, KEY) is None


def test_no_bit_of_a_stored_check_can_be_flipped_unseen(tmp_path):
    path = runfolder.store_check(tmp_path, KEY, CHECK)
    whole = path.read_bytes()
    generator = random.Random(3)
    for _ in range(60):
        path.write_bytes(_flip(whole, generator.randrange(len(whole) * 8)))
        again = load_check(tmp_path, CHECK.check, KEY)
        assert again is None or again == CHECK


def test_checks_of_an_earlier_plan_are_removed(tmp_path):
    for name in ("performance.quality", "fairness.groups"):
        runfolder.store_check(tmp_path, KEY, CHECK.model_copy(update={"check": name}))
        runfolder.store_check(tmp_path, KEY, CHECK.model_copy(update={"check": name}), model="old")
    runfolder.keep_checks(tmp_path, [("", "fairness.groups")])
    assert [path.name for path in (tmp_path / "checks").iterdir()] == ["fairness.groups.json"]


def test_what_an_earlier_audit_left_is_removed(tmp_path):
    folder = runfolder.prepare(tmp_path)
    runfolder.write(folder, "results.json", canonical(audit("share")))
    for name in ("report.html", "report.pdf", "acme.csv"):
        runfolder.write(folder, name, b"{}")
    for model in ("mine", "old"):
        runfolder.store_model(folder, model, b"weights")
    runfolder.seal(folder)
    runfolder.prepare(folder)
    runfolder.drop_earlier(folder, runfolder.FORMAT_FILES, ["report.html"], ["mine"])
    left = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert left == {"manifest.json", "results.json", "report.html", "models/mine.safetensors"}


@given(st.text())
def test_a_hostile_id_makes_a_safe_name(text):
    name = atomic_files.slug(text)
    assert 0 < len(name) <= 64
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-~")
    assert name[0] not in ".-" and name[-1] != "." and ".." not in name
    assert name == text or "~" in name


def test_hostile_ids_keep_apart_and_inside(tmp_path):
    ids = ["../../x", "a/b", "a b", "A B", "a_b", "con", "nul.x", "é", "e", "", "x" * 300, "x" * 301, "..", "~", "\x00"]
    paths = {runfolder.store_check(tmp_path, KEY, _named(hostile_id)) for hostile_id in ids}
    assert len(paths) == len(ids)
    assert {path.parent for path in paths} == {tmp_path / "checks"}
    for check_id in ids:
        assert load_check(tmp_path, check_id, KEY) == _named(check_id)


def _named(name: str) -> CheckResult:
    return CheckResult(check=name, plugin="p", plugin_version="1", about=CHECK.about, status="measured")


# verify


def test_twenty_clean_folders_are_clean(tmp_path):
    for number in range(20):
        assert runfolder.verify(sealed(tmp_path / str(number), fakes.audit(name=f"model {number}"))) == []


def test_two_hundred_flipped_bits_are_all_found(tmp_path):
    folder = sealed(tmp_path)
    targets = [path for path in folder.rglob("*") if path.is_file() and path.name != "run.log"]
    generator = random.Random(11)
    missed = []
    for _ in range(200):
        path = generator.choice(targets)
        whole = path.read_bytes()
        bit = generator.randrange(len(whole) * 8)
        path.write_bytes(_flip(whole, bit))
        if not runfolder.verify(folder):
            missed.append((path.name, bit))
        path.write_bytes(whole)
    assert missed == []
    assert runfolder.verify(folder) == []


def test_every_bit_of_a_manifest_counts(tmp_path):
    folder = runfolder.prepare(tmp_path)
    runfolder.write(folder, "results.json", canonical(fakes.audit()))
    runfolder.seal(folder)
    path = folder / "manifest.json"
    whole = path.read_bytes()
    for bit in range(len(whole) * 8):
        path.write_bytes(_flip(whole, bit))
        assert runfolder.verify(folder), f"bit {bit} of the manifest was flipped unseen"


def _flip(whole: bytes, bit: int) -> bytes:
    changed = bytearray(whole)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_missing_and_extra_files_are_found(tmp_path):
    folder = sealed(tmp_path)
    (folder / "report.html").unlink()
    (folder / "second.html").write_text("x")
    (folder / "empty").mkdir()
    (folder / "checks" / "x.json").write_text("{}")
    assert runfolder.verify(folder) == [
        "report.html is missing",
        "checks/x.json is not part of the sealed audit",
        "empty is not part of the sealed audit",
        "second.html is not part of the sealed audit",
    ]


def test_a_link_with_the_right_bytes_is_still_found(tmp_path):
    folder = sealed(tmp_path / "run")
    (folder / "report.html").rename(tmp_path / "elsewhere")
    (folder / "report.html").symlink_to(tmp_path / "elsewhere")
    assert runfolder.verify(folder) == ["report.html is not part of the sealed audit"]
    (folder / "report.html").unlink()
    (tmp_path / "elsewhere").rename(folder / "report.html")
    (folder / "run.log").unlink()
    assert runfolder.verify(folder) == []
    (folder / "run.log").symlink_to("/etc/hostname")
    assert runfolder.verify(folder) == ["run.log is not part of the sealed audit"]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"schema_version": 1, "schema_version": 1}', "the key 'schema_version' appears twice"),
        (b'{"schema_version": NaN}', "the number NaN is not finite"),
        (b'{"schema_version": 1e999}', "the number 1e999 is too large"),
        (b'{"schema_version": -Infinity}', "-Infinity is not finite"),
        (b'{"schema_version": 5}', "has schema_version 5; this auditkit reads 1, 2, 3, 4"),
        (b'{"schema_version": true}', "has schema_version True"),
        (b"{}", "has schema_version None"),
        (b"[]", "it is no object"),
        (b'{"schema_version": 1}', "does not have the shape that auditkit writes: run: Field required"),
        (b'{"schema_version": 1, "title": "x", "results": []}', "results: Tuple should have at least 1 item"),
        (b"\xff", "text that is not UTF-8"),
        (b'{"a": "\\ud800"}', "text that is not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"{", "is not valid JSON"),
        (b"1" * 5000, "is not valid JSON"),
        (b"", "is not valid JSON"),
    ],
)
def test_results_that_cannot_be_trusted_are_named_even_where_sealed(tmp_path, raw, message):
    folder = runfolder.prepare(tmp_path)
    runfolder.write(folder, "results.json", raw)
    runfolder.seal(folder)
    with pytest.raises(EvidenceError) as caught:
        runfolder.read_result(folder)
    assert message in str(caught.value)
    assert runfolder.verify(folder) == [str(caught.value)]


def test_an_unknown_field_in_results_is_named(tmp_path):
    plain = json.loads(canonical(fakes.audit()))
    plain["results"][0]["measurements"][0]["vlaue"] = 1
    with pytest.raises(EvidenceError, match=r"results.0.measurements.0.vlaue: Extra inputs are not permitted"):
        runfolder.parse_result(canonical(plain))


def test_other_json_is_looked_into_too(tmp_path):
    folder = sealed(tmp_path)
    (folder / "metrics.json").write_text('{"a": 1, "a": 2}')
    (folder / "checks" / "x.json").write_text("{}")
    runfolder.seal(folder)
    problems = runfolder.verify(folder)
    assert len(problems) == 2
    assert "checks/x.json does not have the shape" in problems[0]
    assert "metrics.json is not valid JSON: the key 'a' appears twice in one object" in problems[1]


def test_a_folder_without_results_is_no_evidence(tmp_path):
    folder = runfolder.prepare(tmp_path)
    assert "is running or was stopped" in runfolder.verify(folder)[0]
    runfolder.seal(folder)
    assert runfolder.verify(folder) == ["results.json is missing"]
    (folder / "manifest.json").unlink()
    assert "manifest.json cannot be read" in runfolder.verify(folder)[0]
    assert "there is no folder" in runfolder.verify(tmp_path / "nowhere")[0]
    with pytest.raises(EvidenceError, match=r"there is no results.json to read"):
        runfolder.read_result(folder)


def test_resuming_breaks_the_seal_before_anything_is_measured(tmp_path):
    folder = sealed(tmp_path)
    runfolder.prepare(folder)
    assert "is running or was stopped" in runfolder.verify(folder)[0]


def test_hostile_file_names_do_not_reach_the_terminal(tmp_path):
    folder = sealed(tmp_path)
    (folder / "a\x1b[2Jb\u202e").write_text("x")
    (pathlib.Path(os.fsdecode(os.fsencode(folder) + b"/\xff"))).write_text("x")
    text = "\n".join(runfolder.verify(folder))
    assert "ab is not part" in text and "\x1b" not in text and "\u202e" not in text
    text.encode()


# killed at any moment

KILLED = """
import os, pathlib, signal, sys
from auditkit import runfolder
from auditkit.io import atomic_files
from auditkit.results import canonical
from auditkit.runfolder import folder as on_disk
from tests import fakes
from tests.run.acme import audit

FOLDER, WATCHED = sys.argv[1], {atomic_files.__file__, on_disk.__file__}
RESULTS = [fakes.audit(name=name) for name in ("one", "other")]


def dies_at(step):
    lines = 0

    def watch(frame, event, _):
        nonlocal lines
        if frame.f_code.co_filename not in WATCHED:
            return None
        lines += event == "line"
        if lines == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return watch

    sys.settrace(watch)


def write(number):
    folder = runfolder.prepare(FOLDER)
    result = RESULTS[number % 2]
    runfolder.write(folder, "results.json", canonical(result))
    runfolder.store_check(folder, "k", result.results[0])


step = torn = 0
while True:
    step += 1
    child = os.fork()
    if child == 0:
        dies_at(step)
        write(step)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
    folder = pathlib.Path(FOLDER)
    torn += len(list(folder.rglob("*.tmp")))
    if (folder / "results.json").exists():
        assert runfolder.read_result(folder) in RESULTS
    if list(folder.glob("checks/*.json")):
        assert runfolder.load_stored(folder, "performance.quality", "k") is not None
print(step - 1, torn)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_at_any_line_leaves_no_torn_file_and_a_folder_that_resumes(tmp_path):
    """A process is killed before the first line of what writes a folder, the next before the second, and so on."""
    folder, root = tmp_path / "run", pathlib.Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", KILLED, str(folder)]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    kills, torn = map(int, done.stdout.split())
    assert kills > 60 and torn > 3, "no kill fell into a write, so the test shows nothing"
    runfolder.prepare(folder)
    assert list(folder.rglob("*.tmp")) == []
    sealed(folder)
    assert runfolder.verify(folder) == []
