"""Files of every format that were changed at random: each is read or refused, and nothing else happens."""

from __future__ import annotations

import pytest

from benchmarks import mutation
from benchmarks.mutated_files import FILES

CASES = {"toml": 150, "npz": 150, "parquet": 150, "pt2": 25}
"""Files of a format; 80 of the others."""


@pytest.mark.parametrize("form", FILES)
def test_changed_files_are_read_or_refused(tmp_path, form, capsys):
    cases = CASES.get(form, 80)
    seconds = 60 / len(FILES)
    code = mutation.main(
        ["--formats", form, "--cases", str(cases), "--seconds", str(seconds), "--seed", "1", "--keep", str(tmp_path)]
    )
    assert code == 0, capsys.readouterr().out


def test_what_goes_wrong_is_found_and_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MUTATION_TRIAL", "1")
    assert mutation.main(["--formats", "toml", "--cases", "3", "--keep", str(tmp_path), "--seconds", "30"]) == 1
    assert "ended with -9" in capsys.readouterr().out and list(tmp_path.iterdir())
