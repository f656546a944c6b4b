"""Whoever changes a signed folder is found out, whatever is changed and however well it is sealed again."""

from __future__ import annotations

import pathlib
import random
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from auditkit import runfolder
from auditkit.errors import EvidenceError
from auditkit.host import Host
from auditkit.provenance.environment import FORMATTERS, PACKAGES, installed
from auditkit.results import canonical
from auditkit.run.audit import publish
from auditkit.run.context import AuditContext
from auditkit.run.request import Request
from auditkit.signing import keys, verification
from auditkit.signing.keys import Signer, Verifier
from auditkit.testing import toy_data
from tests import fakes
from tests.signing.folders import edit, reseal, sealed, small

SIGNATURE = "attestation.dsse.json"


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> tuple[Signer, Verifier]:
    new_pair = keys.new_pair(tmp_path_factory.mktemp("keys") / "me.pem")
    return keys.read_signer(new_pair.private), keys.read_verifier(new_pair.public)


@pytest.fixture(scope="module")
def original(tmp_path_factory, pair) -> pathlib.Path:
    folder = sealed(tmp_path_factory.mktemp("signed") / "run")
    verification.sign(folder, pair[0])
    return folder


@pytest.fixture
def folder(original, tmp_path) -> pathlib.Path:
    return pathlib.Path(shutil.copytree(original, tmp_path / "run"))


def test_a_thousand_flipped_bits_are_all_found(folder, pair):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert {path.name for path in files} == {
        "results.json", "report.html", "metrics.json", "manifest.json", SIGNATURE, "performance.quality.json",
    }  # fmt: skip
    generator, missed, touched = random.Random(7), [], set()
    for _ in range(1000):
        path = generator.choice(files)
        whole = path.read_bytes()
        bit = generator.randrange(len(whole) * 8)
        path.write_bytes(_flip(whole, bit))
        if not verification.verify(folder, pair[1]).problems:
            missed.append((path.name, bit))
        path.write_bytes(whole)
        touched.add(path.name)
    assert missed == [] and len(touched) == len(files)
    assert verification.verify(folder, pair[1]).problems == ()


def test_every_bit_of_the_signature_counts(folder, pair):
    path = folder / SIGNATURE
    whole = path.read_bytes()
    start = whole.index(b'"signatures"')
    for bit in range(start * 8, len(whole) * 8):
        path.write_bytes(_flip(whole, bit))
        assert verification.verify(folder, pair[1]).problems, f"bit {bit} was flipped unseen"


def _flip(whole: bytes, bit: int) -> bytes:
    changed = bytearray(whole)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# What somebody does who understands the files, and seals the folder again with a manifest that fits.


def _number(folder: pathlib.Path) -> None:
    def change(plain: dict[str, Any]) -> None:
        plain["results"][0]["measurements"][0]["value"] = 0.971

    edit(folder, change)
    edit(folder, lambda plain: plain.update(accuracy=0.971), "metrics.json")
    report = folder / "report.html"
    report.write_bytes(report.read_bytes().replace(b"0.871", b"0.971"))


def _verdict(folder: pathlib.Path) -> None:
    def change(plain: dict[str, Any]) -> None:
        plain["outcome"].update(verdict="met", exit_code=0, sentence="All limits are met.", reasons=[])
        for verdict in plain["verdicts"]:
            verdict["status"] = "met"

    edit(folder, change)
    report = folder / "report.html"
    report.write_bytes(report.read_bytes().replace(b"missed", b"met"))


def _drop(folder: pathlib.Path) -> None:
    edit(folder, lambda plain: plain.update(results=[], verdicts=[], limits=[]))
    shutil.rmtree(folder / "checks")


def _model(folder: pathlib.Path) -> None:
    edit(folder, lambda plain: plain["model"].update(fingerprint="00" * 32))


def _data(folder: pathlib.Path) -> None:
    edit(folder, lambda plain: plain["data"].update(digest="00" * 32))


def _rename(folder: pathlib.Path) -> None:
    (folder / "report.html").rename(folder / "report2.html")


def _add(folder: pathlib.Path) -> None:
    (folder / "addendum.html").write_bytes(b"<p>all is well")


def _remove(folder: pathlib.Path) -> None:
    (folder / "metrics.json").unlink()


def _truncate(folder: pathlib.Path) -> None:
    path = folder / "report.html"
    path.write_bytes(path.read_bytes()[:-10])


def _reorder(folder: pathlib.Path) -> None:
    edit(folder, lambda plain: plain["results"][0]["measurements"].reverse())


def _older(folder: pathlib.Path) -> None:
    edit(folder, lambda plain: plain.update(schema_version=0))


def _pretty(folder: pathlib.Path) -> None:
    path = folder / "results.json"
    path.write_bytes(path.read_bytes().replace(b": ", b":  ", 1))


def _twice(folder: pathlib.Path) -> None:
    path = folder / "results.json"
    path.write_bytes(path.read_bytes().replace(b'\n "model": {', b'\n "model": {},\n "model": {', 1))


def _nan(folder: pathlib.Path) -> None:
    path = folder / "results.json"
    raw = path.read_bytes()
    assert b'"value": 0.871' in raw
    path.write_bytes(raw.replace(b'"value": 0.871', b'"value": NaN', 1))


EDITS = [
    _number, _verdict, _drop, _model, _data, _rename, _add, _remove, _truncate, _reorder, _older, _pretty, _twice, _nan,
]  # fmt: skip


@pytest.mark.parametrize("again", [False, True], ids=["", "sealed again"])
@pytest.mark.parametrize("change", EDITS, ids=lambda change: change.__name__.strip("_"))
def test_an_edit_is_found(folder, pair, change: Callable[[pathlib.Path], None], again):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    change(folder)
    assert before != {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if again:
        reseal(folder)
    assert verification.verify(folder, pair[1]).problems
    assert verification.verify(folder).problems, "also where nobody knows the key"


def test_another_spelling_of_the_same_results_is_found_without_a_signature(folder):
    _pretty(folder)
    (folder / SIGNATURE).unlink()
    reseal(folder)
    assert verification.verify(folder).problems == (
        "results.json is not byte for byte what auditkit writes, so it was changed",
    )


def test_an_edit_that_is_sealed_and_signed_again_is_found_by_the_key(folder, pair, tmp_path):
    thief = keys.read_signer(keys.new_pair(tmp_path / "thief.pem").private)
    _verdict(folder)
    reseal(folder)
    verification.sign(folder, thief, replace=True)
    account = verification.verify(folder, pair[1])
    assert account.signed == "wrong" and "signed with another key" in account.problems[0]
    path = folder / SIGNATURE
    path.write_bytes(path.read_bytes().replace(thief.id.encode(), pair[0].id.encode()))
    account = verification.verify(folder, pair[1])
    assert account.signed == "wrong" and "not valid for the given key" in account.problems[0]


def test_the_signature_of_another_folder_does_not_fit(folder, pair, tmp_path):
    other = sealed(tmp_path / "other", small(shift=0.01))
    verification.sign(other, pair[0])
    shutil.copy(other / SIGNATURE, folder / SIGNATURE)
    account = verification.verify(folder, pair[1])
    assert (
        account.signed == "yes"
        and account.problems[0] == "the signature is about another manifest.json than the one here"
    )


def test_taking_the_signature_away_is_found_by_who_expects_one(folder, pair):
    _verdict(folder)
    reseal(folder)
    (folder / SIGNATURE).unlink()
    assert verification.verify(folder, pair[1]).problems == (f"there is no signature: {SIGNATURE} is missing",)
    assert verification.verify(folder, required=True).problems
    assert verification.verify(folder).signed == "no"


@pytest.mark.parametrize("name", [SIGNATURE, "manifest.json", "results.json", "report.html", "run.log"])
def test_a_link_with_the_right_bytes_is_found(folder, pair, tmp_path, name):
    (folder / "run.log").write_text("for people")
    assert verification.verify(folder, pair[1]).problems == ()
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    assert verification.verify(folder, pair[1]).problems


@pytest.mark.parametrize("name", [SIGNATURE, "run.log"])
def test_a_folder_in_the_place_of_a_file_is_found(folder, pair, name):
    (folder / name).unlink(missing_ok=True)
    (folder / name).mkdir()
    assert verification.verify(folder).problems


def test_a_hundred_clean_folders_are_clean(tmp_path, pair):
    for number in range(100):
        result = small(f"model {number}", shift=number / 1000)
        if number % 10 == 0:
            result = fakes.comparison() if number % 20 else fakes.hostile(f"<{number}\u2028>")
        folder = sealed(tmp_path / str(number), result)
        verification.sign(folder, pair[0])
        account = verification.verify(folder, pair[1], required=True)
        assert (account.problems, account.signed, account.intact) == ((), "yes", True)


# what is drawn is drawn again


@pytest.fixture(scope="module")
def host() -> Host:
    return Host(discover=False)


def _published(folder: pathlib.Path, host: Host, **recorded: Any) -> pathlib.Path:
    audit = small()
    provenance = audit.provenance.model_copy(update={"packages": installed((*PACKAGES, *FORMATTERS)), **recorded})
    context = AuditContext(host, toy_data(), Request(), runfolder.prepare(folder))
    publish(context, audit.model_copy(update={"provenance": provenance}))
    return folder


def test_a_report_that_says_something_else_is_found_where_it_can_be_made_again(tmp_path, host, pair):
    folder = _published(tmp_path, host)
    account = verification.verify(folder, host=host)
    assert account.problems == () and account.remade is not None
    assert set(account.remade.same) == {format.file for format in host.formats().values()} & set(
        runfolder.read_manifest(folder).files
    )
    report = folder / "report.html"
    report.write_bytes(report.read_bytes().replace(b"Missed", b"Met").replace(b"missed", b"met"))
    reseal(folder)
    assert verification.verify(folder).problems == ()
    with pytest.raises(EvidenceError, match=r"nothing is signed that is not intact: report.html is not what results"):
        verification.sign(folder, pair[0], host=host)
    assert verification.verify(folder, host=host).problems == (
        "report.html is not what results.json gives: it was made from something else",
    )


@pytest.mark.parametrize(
    ("recorded", "note"),
    [
        ({"auditkit": "0.0.9"}, "made with auditkit 0.0.9, and"),
        ({"packages": {"jinja2": "1.0"}}, "report.html: made with jinja2 1.0, and"),
        ({"packages": {}}, "report.html: made with jinja2 of an unknown version, and"),
    ],
)
def test_another_renderer_is_no_reason_to_refuse_and_is_said(tmp_path, host, recorded, note):
    account = verification.verify(_published(tmp_path, host, **recorded), host=host)
    assert account.problems == () and account.remade is not None and "report.html" not in account.remade.same
    assert any(note in value for value in account.remade.not_compared)
    assert ("metrics.json" in account.remade.same) == ("auditkit" not in recorded), "plain text needs no other package"


def test_the_file_of_a_plugin_that_is_not_loaded_is_not_compared_and_is_said(tmp_path, host):
    folder = _published(tmp_path, host)
    runfolder.write(folder, "acme.csv", b"a,b")
    reseal(folder)
    remade = verification.verify(folder, host=host).remade
    assert remade is not None and remade.not_compared == (
        "acme.csv: no loaded plugin makes it; name the plugin with --plugin",
    )


def test_a_format_of_another_plugin_or_that_fails_now_is_not_compared_and_is_said(tmp_path, host):
    from auditkit import hookspecs

    class Acme:
        @hookspecs.hookimpl
        def register_formats(self) -> list[hookspecs.Format]:
            return [hookspecs.Format("acme", "acme.csv", lambda result: canonical({}) if ready else 1 / 0)]  # type: ignore[return-value]

    ready = [1]
    both = Host([Acme()], discover=False)
    folder = _published(tmp_path / "run", both, plugins=tuple(both.plugins()))
    remade = verification.verify(folder, host=both).remade
    assert remade is not None and "acme.csv" in remade.same
    other = _published(tmp_path / "other", both)
    remade = verification.verify(other, host=both).remade
    assert remade is not None and any("acme.csv: made by a plugin, and other" in value for value in remade.not_compared)
    ready.clear()
    remade = verification.verify(folder, host=both).remade
    assert remade is not None and remade.not_compared == ("acme.csv: ZeroDivisionError: division by zero",)
