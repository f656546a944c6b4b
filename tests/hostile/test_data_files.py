"""Hundreds of malformed and malicious data and configuration files are read or refused in a sentence."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys

import pytest

from auditkit.config import load
from auditkit.counts.text_codec import likely
from auditkit.data import AuditData
from auditkit.errors import AuditkitError, ConfigError, DataError
from benchmarks.mutated_files import FILES
from benchmarks.mutation import read_file
from tests.command import auditkit
from tests.hostile import data_files
from tests.hostile.model_files import real

CONFIG = '[model]\ndecisions = "a"\n[data]\npath = "{path}"\nlabel = "y"\npositive = 1\ngroups = ["sex"]\n'


def outcome(path) -> str:
    """What became of a file: "read", "refused", or what it did in place of that."""
    try:
        if path.suffix == ".toml":
            load(path)
        else:
            _ = AuditData.from_table(path, label="y", positive=1, groups=["sex"]).digest
    except AuditkitError as error:
        return "unprintable" if re.search("[\x00-\x08\x0b-\x1f\x7f]", str(error)) else "refused"
    except Exception as error:
        return repr(error)[:200]
    return "read"


@pytest.mark.filterwarnings("ignore")
def test_every_such_file_is_refused_in_a_sentence_or_read(tmp_path):
    refused, either = data_files.all_cases()
    assert len(refused) >= 200
    wrong = {}
    for name, (file, content) in {**refused, **either}.items():
        path = tmp_path / file
        path.write_bytes(content)
        became = outcome(path)
        if became != "refused" and (became != "read" or name in refused):
            wrong[name] = became
        path.unlink()
    assert not wrong


@pytest.mark.parametrize("form", [form for form, name in FILES.items() if name.startswith(("d.", "auditkit"))])
def test_a_real_file_is_read(tmp_path, form):
    path = tmp_path / FILES[form]
    path.write_bytes(real(form))
    read_file(form, path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("packed-cut", "d.csv.gz cannot be unpacked"),
        ("parquet-list-sex", "column 'sex' holds lists or objects"),
        ("parquet-footer", "cannot be read as parquet"),
        ("jsonl-digits", "a number in it is too long"),
        ("npz-shape", "says that it has the shape"),
    ],
)
def test_the_command_ends_in_a_sentence_and_exit_code_2(tmp_path, name, message):
    file, content = data_files.all_cases()[0][name]
    (tmp_path / file).write_bytes(content)
    (tmp_path / "auditkit.toml").write_text(CONFIG.format(path=file))
    ended = auditkit(tmp_path, "run")
    assert ended.returncode == 2 and message in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize("name", ["toml-dotted-check", "toml-digits", "toml-audit-text", "pyproject-tool"])
def test_a_configuration_that_cannot_be_read_is_exit_code_2(tmp_path, name):
    file, content = data_files.all_cases()[0][name]
    (tmp_path / file).write_bytes(content)
    ended = auditkit(tmp_path, "run", file)
    assert ended.returncode == 2 and "Traceback" not in ended.stderr


@pytest.mark.parametrize("words", [["--help"], ["plugins"]])
@pytest.mark.skipif(sys.platform != "linux", reason="a device that is always full is Linux's")
def test_a_full_output_ends_in_a_sentence(words):
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "auditkit", *words], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert ended.returncode == 3 and "auditkit: the system refused" in ended.stderr and "Traceback" not in ended.stderr


def test_what_the_system_does_not_let_read_is_a_sentence(tmp_path, monkeypatch):
    for file, kind in (("auditkit.toml", ConfigError), ("d.csv", DataError), ("d.npz", DataError)):
        path = tmp_path / file
        path.write_bytes(real("toml") if kind is ConfigError else real("npz" if file == "d.npz" else "csv"))

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        with monkeypatch.context() as patch, pytest.raises(kind, match="cannot be read: Permission denied"):
            patch.setattr("pathlib.Path.open", refuse)
            load(path) if kind is ConfigError else AuditData.from_table(path, label="y")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "d.csv")
    for options in ({}, {"decisions": "d"}, {"decisions": "d", "stream": True}):
        with pytest.raises(DataError, match=r"is a pipe or a device|is no file; write what it gives to one"):
            AuditData.from_table(tmp_path / "d.csv", label="y", groups=["sex"], **options)


def test_a_table_may_take_as_much_memory_as_its_owner_says(tmp_path):
    for form in ("csv", "csv.gz", "records", "document", "parquet", "npz"):
        path = tmp_path / FILES[form]
        path.write_bytes(real(form))
        options = {"label": "y", "positive": 1, "groups": ["sex"]}
        assert len(AuditData.from_table(path, memory_limit=10**6, **options)) == 60
        with pytest.raises(DataError, match=r"a table may take 0 kB\. .*memory_limit = \d+ under \[data\]") as caught:
            AuditData.from_table(path, memory_limit=400, **options)
        (mend,) = caught.value.mend
        assert mend.setting == "data.memory_limit"


def test_a_stream_may_be_as_long_as_it_likes(tmp_path):
    path = tmp_path / "d.csv.gz"
    path.write_bytes(gzip.compress(b"sex,y,d\n" + b"f,1,1\nm,0,1\n" * 50_000))
    options = {"label": "y", "decisions": "d", "groups": ["sex"], "positive": 1}
    data = AuditData.from_table(path, memory_limit=10_000, **options)
    assert data.people.sum() == 100_000 and any("memory_limit" in note for note in data.notes)
    with pytest.raises(DataError, match="a table may take 10 kB"):
        AuditData.from_table(path, memory_limit=10_000, stream=False, **options)


def test_words_without_an_end_are_looked_at_once():
    # the time went up with the square of the length
    assert likely(b"[" * 60_000 + b"\xe9 caf\xe9\n")
