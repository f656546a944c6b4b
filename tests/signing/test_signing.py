"""Signatures: against the standards' own vectors, and against independent implementations."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0.test_result_pb2 import TestResult as Predicate
from in_toto_attestation.v1.statement_pb2 import Statement
from securesystemslib.dsse import Envelope as OtherEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from auditkit import runfolder
from auditkit.command.signature import open_key
from auditkit.errors import ConfigError, EvidenceError, MissingExtra
from auditkit.results import canonical
from auditkit.signing import keys, statement, verification
from tests import fakes
from tests.signing.folders import sealed, small

PEM = serialization.Encoding.PEM


@pytest.fixture
def pair(tmp_path) -> keys.Pair:
    return keys.new_pair(tmp_path / "me.pem")


def _signed(folder: pathlib.Path, pair: keys.Pair, result=None) -> pathlib.Path:
    return verification.sign(sealed(folder, result), keys.read_signer(pair.private))


# vectors


def test_the_encoding_that_is_signed_is_that_of_the_dsse_protocol():
    assert statement.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert statement.pae("", b"") == b"DSSEv1 0  0 "
    assert statement.pae("é", b"\x00") == b"DSSEv1 2 \xc3\xa9 1 \x00"


@pytest.mark.parametrize(
    ("secret", "public", "message", "signature"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a",
        ),
    ],
)
def test_the_vectors_of_rfc_8032(secret, public, message, signature):
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    signer = keys.Signer(private, keys.key_id(private.public_key()))
    assert private.public_key().public_bytes_raw().hex() == public
    assert signer.sign(bytes.fromhex(message)).hex() == signature
    verifier = keys.Verifier(ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)), signer.id)
    assert verifier.accepts(bytes.fromhex(signature), bytes.fromhex(message))
    assert not verifier.accepts(bytes.fromhex(signature), b"another")


def test_a_signature_with_the_group_order_added_is_refused(pair):
    """The same point, another spelling: RFC 8032, 5.1.7 wants S below the order."""
    signer, verifier = keys.read_signer(pair.private), keys.read_verifier(pair.public)
    signature = signer.sign(b"x")
    order = 2**252 + 27742317777372353535851937790883648493
    other = signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    assert verifier.accepts(signature, b"x") and not verifier.accepts(other, b"x")


# independent implementations


def test_securesystemslib_accepts_what_auditkit_signs(tmp_path, pair):
    raw = _signed(tmp_path / "run", pair).read_bytes()
    public = serialization.load_pem_public_key(pair.public.read_bytes())
    envelope = OtherEnvelope.from_dict(json.loads(raw))
    assert envelope.verify([SSlibKey.from_crypto(public, keyid=pair.id)], 1)
    envelope.payload += b" "
    with pytest.raises(VerificationError):
        envelope.verify([SSlibKey.from_crypto(public, keyid=pair.id)], 1)


def test_auditkit_accepts_what_securesystemslib_signs(pair):
    private = serialization.load_pem_private_key(pair.private.read_bytes(), None)
    other = CryptoSigner(private, SSlibKey.from_crypto(private.public_key(), keyid=pair.id))
    envelope = OtherEnvelope(b"payload", "text/plain", {})
    envelope.sign(other)
    letter = statement.disclose(canonical(envelope.to_dict()), "x")
    assert letter.signed_by(keys.read_verifier(pair.public))


def test_the_key_id_is_what_openssl_gives(pair):
    command = ["openssl", "pkey", "-pubin", "-in", str(pair.public), "-outform", "DER"]
    try:
        raw = subprocess.run(command, capture_output=True, check=True).stdout
    except FileNotFoundError:  # then by hand: the fixed prefix of RFC 8410 and the 32 bytes
        raw = bytes.fromhex("302a300506032b6570032100") + keys.read_verifier(pair.public).key.public_bytes_raw()
    assert pair.id == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("result", [fakes.audit(), fakes.comparison(), fakes.hostile("<é\u2028>")])
def test_the_statement_is_one_that_in_toto_reads(tmp_path, pair, result):
    letter = statement.disclose(_signed(tmp_path / "run", pair, result).read_bytes(), "x")
    plain = json.loads(letter.payload)
    read = json_format.ParseDict(plain, Statement())
    assert (read.type, read.predicate_type) == (statement.STATEMENT, statement.PREDICATE)
    assert all(subject.name and subject.digest for subject in read.subject)
    assert len({subject.name for subject in read.subject}) == len(read.subject)
    predicate = json_format.ParseDict(plain["predicate"], Predicate())
    assert predicate.result in ("PASSED", "WARNED", "FAILED") and len(predicate.configuration)


# what is said


def test_the_statement_names_model_data_report_and_outcome(tmp_path, pair):
    folder = _signed(tmp_path / "run", pair, fakes.audit()).parent
    plain = json.loads(statement.disclose((folder / "attestation.dsse.json").read_bytes(), "x").payload)
    subjects = {subject["name"]: subject["digest"] for subject in plain["subject"]}
    assert subjects["model:credit-gbm"] == {"auditkitModelFingerprint": fakes.DIGEST}
    assert subjects["data:credit-test"] == {"auditkitDataDigest": fakes.DIGEST[::-1]}
    for name in ("manifest.json", "results.json", "report.html"):
        assert subjects[name] == {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}
    predicate = plain["predicate"]
    assert predicate["result"] == "FAILED"
    statuses = {
        verdict.limit.name: "waived" if verdict.waived else verdict.status for verdict in fakes.audit().verdicts
    }
    kinds = {
        "met": "passedTests", "missed": "failedTests", "error": "failedTests", "waived": "warnedTests",
        "inconclusive": "warnedTests", "not tested": "warnedTests",
    }  # fmt: skip
    assert set(statuses.values()) == set(kinds)
    for name, status in statuses.items():
        assert [key for key in set(kinds.values()) if name in predicate[key]] == [kinds[status]]


@pytest.mark.parametrize(
    ("code", "waived", "word"), [(0, False, "PASSED"), (0, True, "WARNED"), (1, False, "FAILED"), (3, False, "FAILED"),
                                 (5, False, "FAILED")],
)  # fmt: skip
def test_the_result_follows_the_exit_code(tmp_path, code, waived, word):
    audit = small()
    verdicts = tuple(verdict.model_copy(update={"waived": waived}) for verdict in audit.verdicts)
    outcome = audit.outcome.model_copy(update={"exit_code": code})
    folder = sealed(tmp_path, audit.model_copy(update={"verdicts": verdicts, "outcome": outcome}))
    written = statement.statement(
        runfolder.read_result(folder), b"", runfolder.read_manifest(folder)
    )  # fmt: skip
    assert written["predicate"]["result"] == word


# keys


def test_a_private_key_is_the_owners_alone_and_nothing_is_overwritten(tmp_path, pair):
    assert pair.private.stat().st_mode & 0o777 == 0o600 and not keys.open_to_others(pair.private)
    before = pair.private.read_bytes()
    with pytest.raises(ConfigError, match="is there already"):
        keys.new_pair(pair.private)
    pair.private.unlink()
    with pytest.raises(ConfigError, match="is there already"):
        keys.new_pair(pair.private)
    assert not pair.private.exists()
    pair.public.unlink()
    pair.private.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="is there already"):
        keys.new_pair(pair.private)
    assert b"PRIVATE" in before and not (tmp_path / "elsewhere").exists()
    with pytest.raises(ConfigError, match="is a folder"):
        keys.new_pair(type(tmp_path)("."))
    with pytest.raises(ConfigError, match="another name"):
        keys.new_pair(tmp_path / "me.pub")
    with pytest.raises(ConfigError, match="cannot be written"):
        keys.new_pair(tmp_path / "nowhere" / "me.pem")


def test_a_key_that_appears_in_the_meantime_is_not_overwritten_either(tmp_path):
    path = tmp_path / "k.pem"
    path.write_bytes(b"precious")
    with pytest.raises(ConfigError, match="cannot be written"):
        keys._write_new(path, b"new", 0o600)
    assert path.read_bytes() == b"precious"


def test_the_umask_does_not_open_a_key(tmp_path):
    before = os.umask(0)
    try:
        new_pair = keys.new_pair(tmp_path / "k.pem")
    finally:
        os.umask(before)
    assert new_pair.private.stat().st_mode & 0o777 == 0o600
    new_pair.private.chmod(0o644)
    assert keys.open_to_others(new_pair.private)


def test_an_encrypted_key_needs_its_passphrase(tmp_path):
    new_pair = keys.new_pair(tmp_path / "k.pem", "correct horse")
    assert b"ENCRYPTED" in new_pair.private.read_bytes()
    assert keys.read_signer(new_pair.private, lambda: "correct horse").id == new_pair.id
    with pytest.raises(ConfigError, match="AUDITKIT_KEY_PASSPHRASE"):
        keys.read_signer(new_pair.private)
    with pytest.raises(ConfigError, match="with this passphrase") as caught:
        keys.read_signer(new_pair.private, lambda: "battery staple")
    assert "battery" not in str(caught.value) and caught.value.__cause__ is None


def test_other_keys_are_refused_in_a_sentence(tmp_path, pair):
    def pem(key) -> bytes:
        return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    def public(key) -> bytes:
        return key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    path = tmp_path / "other.pem"
    for key in (ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)):
        path.write_bytes(pem(key))
        with pytest.raises(ConfigError, match="Ed25519 key is required"):
            keys.read_signer(path)
        path.write_bytes(public(key))
        with pytest.raises(ConfigError, match="Ed25519 key is required"):
            keys.read_verifier(path)
    with pytest.raises(ConfigError, match="is a public key"):
        keys.read_signer(pair.public)
    with pytest.raises(ConfigError, match="is a private key; give the public one"):
        keys.read_verifier(pair.private)
    for raw, message in (
        (b"hello", "no PEM file"),
        (b"-----BEGIN PRIVATE KEY-----\n", "cannot be read"),
        (b"x" * 70000, "too large"),
    ):
        path.write_bytes(raw)
        with pytest.raises(ConfigError, match=message):
            keys.read_signer(path)
    path.write_bytes(b"hello")
    with pytest.raises(ConfigError, match="no public key"):
        keys.read_verifier(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        keys.read_signer(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="cannot be read: embedded null byte"):
        open_key(tmp_path / "a\0b", tmp_path / "run")


def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.ed25519", None)
    with pytest.raises(MissingExtra, match=r"auditkit-rai\[sign\]"):
        keys.new_pair(tmp_path / "k.pem")


# signing


def test_only_an_intact_finished_folder_is_signed(tmp_path, pair):
    signer = keys.read_signer(pair.private)
    folder = runfolder.prepare(tmp_path / "run")
    with pytest.raises(EvidenceError, match="running or was stopped"):
        verification.sign(folder, signer)
    folder = sealed(tmp_path / "run")
    (folder / "report.html").write_bytes(b"x")
    with pytest.raises(EvidenceError, match=r"report.html was changed"):
        verification.sign(folder, signer)
    folder = sealed(tmp_path / "run")
    verification.sign(folder, signer)
    with pytest.raises(EvidenceError, match="signed already"):
        verification.sign(folder, signer)
    before = (folder / "attestation.dsse.json").read_bytes()
    verification.sign(folder, signer, replace=True)
    assert (folder / "attestation.dsse.json").read_bytes() == before, "Ed25519 has no randomness"


def test_a_new_audit_in_a_signed_folder_takes_the_old_signature_away(tmp_path, pair):
    folder = _signed(tmp_path / "run", pair).parent
    runfolder.prepare(folder)
    assert not (folder / "attestation.dsse.json").exists()
    sealed(folder)
    account = verification.verify(folder, keys.read_verifier(pair.public))
    assert account.problems == ("there is no signature: attestation.dsse.json is missing",)


def test_who_asks_for_more_gets_more(tmp_path, pair):
    folder, verifier = sealed(tmp_path / "run"), keys.read_verifier(pair.public)
    assert verification.verify(folder) == verification.Account((), True, "no")
    assert len(verification.verify(folder, required=True).problems) == 1
    assert len(verification.verify(folder, verifier).problems) == 1
    verification.sign(folder, keys.read_signer(pair.private))
    assert verification.verify(folder) == verification.Account((), True, "not checked", pair.id)
    assert verification.verify(folder, verifier, required=True) == verification.Account((), True, "yes", pair.id)
    (problem,) = verification.verify(folder, required=True).problems
    assert "give --public-key" in problem


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "not valid JSON"),
        (b'{"payload": "", "payload": ""}', "appears twice"),
        (b'{"payload": NaN}', "not finite"),
        (b"[]", "does not have the shape"),
    ],
)
def test_an_envelope_that_cannot_be_read_is_a_problem_without_any_key(tmp_path, pair, raw, problem):
    path = _signed(tmp_path / "run", pair)
    path.write_bytes(raw)
    account = verification.verify(path.parent)
    assert account.signed == "wrong" and problem in account.problems[0]


def test_what_else_an_envelope_may_not_be(tmp_path, pair):
    path = _signed(tmp_path / "run", pair)
    good, verifier = json.loads(path.read_bytes()), keys.read_verifier(pair.public)

    def refused(message: str, **changes: object) -> None:
        path.write_bytes(canonical({**good, **changes}))
        account = verification.verify(path.parent, verifier)
        assert account.signed == "wrong" or account.problems
        assert any(message in problem for problem in account.problems), account.problems

    (signature,) = good["signatures"]
    refused("holds 0 signatures", signatures=[])
    refused("holds 2 signatures", signatures=[signature, signature])
    refused("signed with another key", signatures=[{**signature, "keyid": "0" * 64}])
    refused("does not have the shape", signatures=[{"sig": signature["sig"]}])
    refused("does not have the shape", signatures=[{**signature, "keyid": "A" * 64}])
    refused("Extra inputs are not permitted", alg="none")
    refused("Extra inputs are not permitted", signatures=[{**signature, "alg": "none"}])
    refused("a signature of 0 bytes", signatures=[{**signature, "sig": ""}])
    refused("a signature of 32 bytes", signatures=[{**signature, "sig": base64.b64encode(bytes(32)).decode()}])
    refused("not base64", signatures=[{**signature, "sig": "*"}])
    refused("two spellings", signatures=[{**signature, "sig": signature["sig"].rstrip("=")[:-1] + "B=="}])
    refused("payload of the type 'application/json'", payloadType="application/json")
    path.write_bytes(path.read_bytes() + b"\n")
    assert "not byte for byte" in verification.verify(path.parent, verifier).problems[0]
    path.write_bytes(json.dumps(good).encode())
    assert "not byte for byte" in verification.verify(path.parent, verifier).problems[0]


def test_a_statement_that_says_something_else_is_refused_though_its_signature_is_good(tmp_path, pair):
    path = _signed(tmp_path / "run", pair)
    signer, verifier = keys.read_signer(pair.private), keys.read_verifier(pair.public)
    good = json.loads(statement.disclose(path.read_bytes(), "x").payload)

    def refused(message: str, payload: bytes) -> None:
        path.write_bytes(statement.enclose(statement.PAYLOAD, payload, signer))
        account = verification.verify(path.parent, verifier)
        assert account.signed == "yes" and any(message in problem for problem in account.problems), account.problems

    for key in ("_type", "predicateType"):
        refused(f"has the {key} 'other'", canonical({**good, key: "other"}))
    refused(
        "another manifest.json",
        canonical({**good, "subject": [{**good["subject"][0], "digest": {"sha256": "0" * 64}}, *good["subject"][1:]]}),
    )
    for number, subject in enumerate(good["subject"]):
        rest = [other for place, other in enumerate(good["subject"]) if place != number]
        refused(f"about no {subject['name']}", canonical({**good, "subject": rest}))
    refused("something that is not here", canonical({**good, "subject": [*good["subject"], {"name": "x"}]}))
    refused("no list of subjects", canonical({**good, "subject": None}))
    refused("signed result is 'PASSED'", canonical({**good, "predicate": {**good["predicate"], "result": "PASSED"}}))
    refused("limits or settings", canonical({**good, "predicate": {**good["predicate"], "passedTests": []}}))
    refused("not byte for byte", json.dumps(good).encode())
    refused("not byte for byte", canonical({**good, "more": 1}))
    refused("is no object", b"[]")
    refused("appears twice", b'{"_type": 1, "_type": 1}')
    path.write_bytes(statement.enclose("application/json", canonical(good), signer))
    assert "payload of the type" in verification.verify(path.parent, verifier).problems[0]
