"""What a folder keeps is taken up only where this user kept it; the secret is read by nobody else."""

from __future__ import annotations

import os
import stat

import pytest

from auditkit import runfolder
from auditkit.io import authenticity
from auditkit.results import canonical, digest
from auditkit.runfolder.folder import StoredCheck
from tests.run.acme import audit

KEY = "k" * 64


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user without a secret yet, whose state lies in a folder of the test."""
    monkeypatch.delenv(authenticity.SECRET, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("sys.platform", "linux")
    authenticity.user_secret.cache_clear()
    yield tmp_path / "state" / "auditkit"
    authenticity.user_secret.cache_clear()


def again() -> bytes | None:
    authenticity.user_secret.cache_clear()
    return authenticity.user_secret()


def test_the_code_is_that_of_the_standard(monkeypatch):
    # RFC 4231, test case 2
    monkeypatch.setattr(authenticity, "user_secret", lambda: b"Jefe")
    code = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert authenticity.code_of(b"what do ya want for nothing?") == code
    assert authenticity.fits(code, b"what do ya want for nothing?") and not authenticity.fits(code, b"what do ya want")
    assert not authenticity.fits("", b"") and not authenticity.fits("\udc80", b"")


def test_a_secret_is_made_once_and_for_this_user_alone(home):
    secret = authenticity.user_secret()
    assert len(secret) == 32 and again() == secret
    assert stat.S_IMODE((home / "resume.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
def test_a_secret_that_others_can_read_or_write_is_none(home, mode):
    authenticity.user_secret()
    (home / "resume.key").chmod(mode)
    assert again() is None and authenticity.code_of(b"facts") == "" and not authenticity.fits("", b"facts")


def test_a_secret_behind_a_link_or_cut_is_none(home, tmp_path):
    home.mkdir(parents=True)
    (tmp_path / "elsewhere").write_bytes(b"x" * 32)
    (home / "resume.key").symlink_to(tmp_path / "elsewhere")
    assert again() is None
    (home / "resume.key").unlink()
    descriptor = os.open(home / "resume.key", os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(descriptor, b"short")
    os.close(descriptor)
    assert again() is None


def test_nowhere_to_keep_it_is_no_secret(home):
    home.parent.write_text("a file in the place of the folder")
    assert again() is None


def test_the_environment_goes_before_and_must_be_long(home, monkeypatch):
    monkeypatch.setenv(authenticity.SECRET, "0123456789abcdef")
    assert again() == b"0123456789abcdef" and not home.exists()
    monkeypatch.setenv(authenticity.SECRET, "short")
    assert len(again()) == 32


FORGERIES = {
    "value": lambda stored: {"result": better(stored)},
    "value and digest": lambda stored: {"result": better(stored), "sha256": digest(better(stored))},
    "no code": lambda stored: {"code": ""},
    "another code": lambda stored: {"code": "0" * 64},
    "what was changed": lambda stored: {"changed": (0,)},
    "key": lambda stored: {"key": "l" * 64},
}


def better(stored: StoredCheck):
    number = stored.result.measurements[0].model_copy(update={"value": 0.99})
    return stored.result.model_copy(update={"measurements": (number, *stored.result.measurements[1:])})


@pytest.mark.parametrize("name", FORGERIES)
def test_what_was_made_up_is_not_taken_up(tmp_path, name):
    folder = runfolder.prepare(tmp_path)
    path = runfolder.store_check(folder, KEY, audit("share").results[0])
    stored = runfolder.load_stored(folder, "acme.share", KEY)
    assert stored is not None
    forged = stored.model_copy(update=FORGERIES[name](stored))
    path.write_bytes(canonical(forged))
    assert runfolder.load_stored(folder, "acme.share", forged.key) is None


def test_the_check_of_another_model_or_id_is_not_taken_up(tmp_path):
    folder = runfolder.prepare(tmp_path)
    result = audit("share").results[0]
    path = runfolder.store_check(folder, KEY, result, "good")
    (folder / "checks" / "bad").mkdir()
    (folder / "checks" / "bad" / path.name).write_bytes(path.read_bytes())
    assert runfolder.load_stored(folder, "acme.share", KEY, "good") is not None
    assert runfolder.load_stored(folder, "acme.share", KEY, "bad") is None


def test_another_user_measures_anew(tmp_path, monkeypatch):
    folder = runfolder.prepare(tmp_path)
    runfolder.store_check(folder, KEY, audit("share").results[0])
    for secret in (b"of another user", None):
        monkeypatch.setattr(authenticity, "user_secret", lambda secret=secret: secret)
        assert runfolder.load_stored(folder, "acme.share", KEY) is None


def test_a_sealed_folder_in_which_anything_changed_is_measured_anew(tmp_path):
    first = audit("share", "draw", out=tmp_path)
    assert audit("share", "draw", out=tmp_path).run.resumed == ("acme.share", "acme.draw")
    with open(tmp_path / "report.html", "a") as report:
        report.write("<!-- all limits met -->")
    again = audit("share", "draw", out=tmp_path)
    assert again.run.resumed == () and again.results == first.results and runfolder.verify(tmp_path) == []
    assert audit("share", "draw", out=tmp_path, fresh=True).run.resumed == ()
