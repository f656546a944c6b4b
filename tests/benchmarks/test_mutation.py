"""Files of every format that were changed at random: each is read or refused, and nothing else happens."""

from __future__ import annotations

import pytest

from benchmarks import mutation
from benchmarks.mutated_files import FILES, MODELS


@pytest.mark.slow
@pytest.mark.parametrize(("forms", "cases"), [(MODELS, 25), (tuple(FILES)[len(MODELS) :], 150)], ids=["models", "data"])
def test_changed_files_are_read_or_refused(tmp_path, forms, cases, capsys):
    limits = ["--seconds", "250", "--cases", str(cases), "--seed", "1", "--keep", str(tmp_path)]
    code = mutation.main(["--formats", *forms, *limits])
    lines = capsys.readouterr().out
    assert code == 0, lines
    assert all(f"{form}: {cases} files, 0 findings" in lines for form in forms), lines


def test_what_goes_wrong_is_found_and_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MUTATION_TRIAL", "1")
    forms = ["--formats", "toml", "csv"]
    assert mutation.main([*forms, "--cases", "2", "--keep", str(tmp_path), "--seconds", "100"]) == 1
    assert "ended with -9" in (lines := capsys.readouterr().out)
    # each of them, also those behind the first that does wrong
    assert "toml: 2 files, 2 findings" in lines and "csv: 2 files, 2 findings" in lines
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "0-0-auditkit.toml", "0-0-d.csv", "0-1-auditkit.toml", "0-1-d.csv",
    ]  # fmt: skip
