"""keygen, sign, verify and [sign] from the command line: exit codes and sentences."""

from __future__ import annotations

import json
import pathlib
import shutil

import pytest

from auditkit.results import AuditResult
from tests.signing.folders import sealed, small
from tests.test_cli import auditkit, edit, folder as folder

SIGNATURE = "attestation.dsse.json"


def older() -> AuditResult:
    """An audit by another auditkit, so that the stand-ins for its formats are not made again."""
    audit = small()
    return audit.model_copy(update={"provenance": audit.provenance.model_copy(update={"auditkit": "0.0.9"})})


@pytest.fixture
def signed(tmp_path) -> pathlib.Path:
    sealed(tmp_path / "out", older())
    assert auditkit(tmp_path, "keygen", "me.pem").returncode == 0
    assert auditkit(tmp_path, "sign", "out", "--key", "me.pem").returncode == 0
    return tmp_path


def test_what_verify_says_of_a_signed_folder(signed):
    done = auditkit(signed, "verify", "out")
    assert done.returncode == 0 and "by whom was not checked" in done.stdout and "--public-key" in done.stdout
    assert "not made again: metrics.json: made with auditkit 0.0.9, and" in done.stdout
    done = auditkit(signed, "verify", "out", "--require-signature")
    assert done.returncode == 1 and "cannot be checked without a public key" in done.stdout
    done = auditkit(signed, "verify", "out", "--public-key", "me.pub", "--require-signature", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["verified"], document["intact"], document["signed"]) == (0, True, True, "yes")
    assert len(document["key"]) == 64 and document["problems"] == []
    auditkit(signed, "keygen", "other.pem")
    done = auditkit(signed, "verify", "out", "--public-key", "other.pub")
    assert done.returncode == 1 and "signed with another key" in done.stdout
    done = auditkit(signed, "verify", "out", "--public-key", "me.pem")
    assert done.returncode == 2 and "give the public one" in done.stderr


def test_what_verify_says_without_a_signature(signed):
    (signed / "out" / SIGNATURE).unlink()
    done = auditkit(signed, "verify", "out")
    assert done.returncode == 0 and "not signed" in done.stdout
    for words in (["--require-signature"], ["--public-key", "me.pub"]):
        done = auditkit(signed, "verify", "out", *words)
        assert done.returncode == 1 and "there is no signature" in done.stdout
    document = json.loads(auditkit(signed, "verify", "out", "--require-signature", "--json").stdout)
    assert (document["verified"], document["intact"], document["signed"]) == (False, True, "no")


def test_sign_and_keygen_refuse_what_would_do_harm(signed):
    done = auditkit(signed, "sign", "out", "--key", "me.pem")
    assert done.returncode == 2 and "--replace" in done.stderr
    assert auditkit(signed, "sign", "out", "--key", "me.pem", "--replace").returncode == 0
    done = auditkit(signed, "keygen", "me.pem")
    assert done.returncode == 2 and "never overwritten" in done.stderr
    shutil.copy(signed / "me.pem", signed / "out" / "me.pem")
    done = auditkit(signed, "sign", "out", "--key", "out/me.pem", "--replace")
    assert done.returncode == 2 and "lies in the run folder" in done.stderr
    (signed / "out" / "me.pem").unlink()
    (signed / "me.pem").chmod(0o644)
    done = auditkit(signed, "sign", "out", "--key", "me.pem", "--replace")
    assert done.returncode == 0 and "chmod 600" in done.stderr


def test_a_passphrase_comes_from_the_environment_and_is_never_shown(tmp_path):
    sealed(tmp_path / "out", older())
    secret = {"AUDITKIT_KEY_PASSPHRASE": "correct horse"}
    done = auditkit(tmp_path, "keygen", "me.pem", **secret)
    assert "is encrypted" in done.stderr and "horse" not in done.stdout + done.stderr
    assert auditkit(tmp_path, "sign", "out", "--key", "me.pem", **secret).returncode == 0
    wrong = auditkit(tmp_path, "sign", "out", "--key", "me.pem", "--replace", AUDITKIT_KEY_PASSPHRASE="battery")
    assert wrong.returncode == 2 and "with this passphrase" in wrong.stderr and "battery" not in wrong.stderr


def test_the_configuration_signs_each_audit_as_it_ends(folder):
    auditkit(folder, "keygen", "me.pem")
    edit(folder, "[[limits]]", "[sign]\nkey = 'me.pem'\n[[limits]]")
    done = auditkit(folder, "run")
    assert done.returncode == 0 and "signed with the key" in done.stderr
    assert auditkit(folder, "verify", "out", "--public-key", "me.pub").returncode == 0
    assert auditkit(folder, "render", "out").returncode == 0
    assert auditkit(folder, "verify", "out", "--public-key", "me.pub").returncode == 0, "the same bytes were made again"
    (folder / "out" / SIGNATURE).unlink()
    assert auditkit(folder, "run", "--plan").returncode == 0
    assert not (folder / "out" / SIGNATURE).exists()


def test_a_key_that_cannot_sign_ends_the_run_before_anything_is_measured(folder):
    edit(folder, "[[limits]]", "[sign]\nkey = 'nowhere.pem'\n[[limits]]")
    done = auditkit(folder, "run")
    assert done.returncode == 2 and "nowhere.pem" in done.stderr
    assert not (folder / "out").exists()
