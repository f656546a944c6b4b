"""Files of every format that were changed at random: each is read or refused, and nothing else happens."""

from __future__ import annotations

import pytest

from benchmarks import mutation
from benchmarks.mutated_files import FILES, MODELS


@pytest.mark.slow
@pytest.mark.parametrize("forms", [MODELS, tuple(FILES)[len(MODELS) :]], ids=["models", "data"])
def test_changed_files_are_read_or_refused(tmp_path, forms, capsys):
    limits = ["--seconds", "16", "--cases", "150", "--seed", "1", "--keep", str(tmp_path)]
    code = mutation.main(["--formats", *forms, *limits])
    assert code == 0, capsys.readouterr().out


def test_what_goes_wrong_is_found_and_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MUTATION_TRIAL", "1")
    assert mutation.main(["--formats", "toml", "--cases", "3", "--keep", str(tmp_path), "--seconds", "30"]) == 1
    assert "ended with -9" in capsys.readouterr().out and list(tmp_path.iterdir())
