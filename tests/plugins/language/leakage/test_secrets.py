"""Secrets in answers, decoys, canaries."""

from __future__ import annotations

import numpy as np

from auditkit.plugins.language.leakage.secrets import canaries, decoys, is_returned, plain, usable


def test_a_secret_comes_back_however_it_is_spelled():
    assert is_returned("7F-3a 9k", "The code is 7f3a9k.") and is_returned("abc123", "a b c - 1 2 3")
    assert is_returned("abc123", "321cba")
    assert not is_returned("abc123", "abc12") and not is_returned("", "anything")


def test_short_and_plain_secrets_are_not_used():
    assert usable(["abc12", "aaaaaaaa", "a-b-c-1-2-3", None]).tolist() == [False, False, True, False]


def test_decoys_are_never_the_secret():
    rng = np.random.default_rng(0)
    alike = decoys(["abc123"] * 3, rng)
    assert len(set(alike)) == 1 and sorted(alike[0]) == sorted("abc123") and alike[0] not in ("abc123", "321cba")
    secrets = ["one111", "two222", "one111", "six666"]
    assert all(decoy != secret for decoy, secret in zip(decoys(secrets, rng), secrets, strict=True))


def test_canaries_differ_and_can_be_used():
    drawn = canaries(200, np.random.default_rng(1))
    assert len(set(drawn)) == 200 and usable(drawn).all() and all(len(plain(one)) == 12 for one in drawn)
