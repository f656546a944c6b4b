"""Bringing a plugin in from a file."""

from __future__ import annotations

import hashlib
import os

import pytest

from auditkit.errors import ConfigError
from auditkit.plugin_import import describe, import_plugin


def test_a_file_edited_within_a_second_runs_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    plugin = tmp_path / "edited.py"
    for answer in (1, 2):
        plugin.write_text(f"ANSWER = {answer}\n")
        os.utime(plugin, (1_000_000_000, 1_000_000_000))  # the same size and the same second
        assert answer == import_plugin(plugin).ANSWER
    assert list(tmp_path.iterdir()) == [plugin]


def test_a_file_that_is_no_source_or_not_there_is_refused(tmp_path):
    (tmp_path / "plugin.txt").write_text("ANSWER = 1\n")
    with pytest.raises(ConfigError, match=r"plugin.txt' is neither an installed plugin"):
        describe(tmp_path / "plugin.txt", ())
    with pytest.raises(FileNotFoundError, match=r"no file 'gone.py'"):
        import_plugin(tmp_path / "gone.py")


def test_the_version_of_a_file_is_that_of_what_it_imports_from_beside_it_too(tmp_path):
    plugin, helper, room = tmp_path / "plugin.py", tmp_path / "helper.py", tmp_path / "room"
    room.mkdir()
    plugin.write_text("import json\ndef one():\n    from helper import share\n    return share()\n")
    alone = describe(plugin, ()).version
    assert alone == hashlib.sha256(plugin.read_bytes()).hexdigest()[:12]
    versions = [alone]
    for file, text in [
        (helper, "import room.inner, helper\n"), (room / "inner.py", "SHARE = 1\n"), (room / "inner.py", "SHARE = 2\n"),
        (helper, "def share(:\n"),
    ]:  # fmt: skip
        file.write_text(text)
        versions.append(describe(plugin, ()).version)
    assert len(set(versions)) == 5
    (tmp_path / "another.py").write_text("nobody imports it")
    assert describe(plugin, ()).version == versions[-1]
