"""What foreign code says reaches neither the terminal nor the run.log of a published audit with somebody's row."""

from __future__ import annotations

import logging
import pathlib

import numpy as np
import pytest

import auditkit
from auditkit.command import commands, exit_code, foreign_output
from auditkit.errors import ConfigError
from auditkit.host import Host
from auditkit.run.foreign_text import ForeignText


@pytest.fixture
def data() -> auditkit.AuditData:
    return auditkit.AuditData(np.arange(60.0).reshape(30, 2), labels=np.arange(30) % 2, disclosure="publish")


@pytest.mark.parametrize(("error", "sentence"), [
    (RuntimeError("lost 77516"), "RuntimeError: lost [withheld] ("),
    (ConfigError("[model] object: 'a:b' raised ValueError: lost 77516"), "raised ValueError: lost [withheld]"),
    (ConfigError("seed must be below 77516"), "seed must be below 77516"),
])  # fmt: skip
def test_what_ends_an_audit_is_told_without_the_row_that_it_quotes(data, capsys, error, sentence):
    with pytest.raises(SystemExit), exit_code.in_sentences():
        foreign_output.hold_against(ForeignText(data))
        raise error
    assert sentence in capsys.readouterr().err


def test_the_log_of_a_published_audit_holds_own_sentences_alone(data, tmp_path):
    with commands._run_log(tmp_path, data):
        Host(builtin=False, discover=False).fault("plugin 'a': check_finished raised ValueError: lost 77516")
        logging.getLogger("auditkit").warning("lost 77516")
    log = (tmp_path / "run.log").read_text()
    assert "check_finished raised ValueError: lost [withheld]" in log and "77516" not in log


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="a device that is always full")
def test_a_log_on_a_full_disk_ends_no_audit_and_shows_no_traceback(data, tmp_path, capsys):
    (tmp_path / "run.log").symlink_to("/dev/full")
    with commands._run_log(tmp_path, data):
        Host(builtin=False, discover=False).fault("plugin 'a': check_finished raised ValueError")
    assert "Traceback" not in capsys.readouterr().err
