"""Bringing a plugin in from a file."""

from __future__ import annotations

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
