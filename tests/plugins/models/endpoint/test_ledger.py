"""What was answered is kept, believed only of this user, and counted in one place."""

from __future__ import annotations

import json
import os
import pathlib
import threading
import time

from auditkit.plugins.models.endpoint import ledger as ledgers
from auditkit.plugins.models.endpoint.ledger import Ledger


def test_an_answer_is_there_for_others_and_later(tmp_path):
    first, second = Ledger(tmp_path / "answers", "m"), Ledger(tmp_path / "answers", "m")
    key = first.key("http://a", "Mrs Miller")
    assert second.kept(key) is None
    first.keep(key, {"codes": [1, 0]})
    assert second.kept(key) == {"codes": [1, 0]} == Ledger(tmp_path / "answers", "m").kept(key)
    assert first.key("http://a", "Mr Miller") != key != first.key("http://b", "Mrs Miller")


def test_what_was_asked_is_not_written_nor_can_it_be_guessed(tmp_path):
    kept = Ledger(tmp_path / "answers", "m")
    kept.keep(kept.key("http://a", "Mrs Miller"), {"codes": [1]})
    (file,) = (tmp_path / "answers").iterdir()
    assert "Miller" not in file.read_text() and "http" not in file.read_text()
    if os.name == "posix":
        assert file.stat().st_mode & 0o077 == 0


def test_an_answer_that_another_wrote_is_none(tmp_path, monkeypatch):
    kept = Ledger(tmp_path, "m")
    key, other = kept.key("a"), kept.key("b")
    kept.keep(key, {"codes": [1]})
    file = tmp_path / "m.jsonl"
    line = json.loads(file.read_text())
    file.write_text(json.dumps({**line, "answer": {"codes": [0]}}))
    assert Ledger(tmp_path, "m").kept(key) is None
    file.write_text(json.dumps({**line, "key": other}))
    assert Ledger(tmp_path, "m").kept(other) is None
    file.write_text('[1, 2]\nnull\n{"key": 1}\n{"key": "' + json.dumps(line)[:30])
    assert Ledger(tmp_path, "m").kept(key) is None
    # what comes after a torn line is read
    kept.keep(key, {"codes": [1]})
    assert Ledger(tmp_path, "m").kept(key) == {"codes": [1]}
    # of another user
    monkeypatch.setattr(ledgers, "user_secret", lambda: b"another user's secret")
    assert Ledger(tmp_path, "m").kept(key) is None


def test_without_a_secret_nothing_is_taken_up(tmp_path, monkeypatch):
    monkeypatch.setattr(ledgers, "user_secret", lambda: None)
    kept = Ledger(tmp_path, "m")
    key = kept.key("a")
    kept.keep(key, {"codes": [1]})
    assert kept.kept(key) == {"codes": [1]}
    later = Ledger(tmp_path, "m")
    assert later.key("a") != key and later.kept(key) is None


def test_requests_are_counted_paced_and_capped(tmp_path):
    one, other = Ledger(None, "m"), Ledger(None, "m")
    waits = [one.admit(0.1, 3) for _ in range(3)]
    assert waits[0] == 0 and 9 < waits[1] <= 10 and 19 < waits[2] <= 20
    assert one.admit(0.1, 3) is None
    assert other.admit(None, 1) == 0  # of another model
    one.count(rows=7, retries=1)
    one.count(rows=1)
    counts = one.counts()
    assert (counts["requests"], counts["rows"], counts["retries"], counts["taken_up"]) == (3, 8, 1, 0)


def test_the_same_request_is_under_way_once(tmp_path):
    ledger = Ledger(None, "m")
    key, order = ledger.key("a"), []

    def ask(name: str) -> None:
        with ledger.turn(key, 4):
            order.append(f"{name} begins")
            time.sleep(0.01)
            order.append(f"{name} ends")

    threads = [threading.Thread(target=ask, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [words.split()[1] for words in order] == ["begins", "ends", "begins", "ends"]


def test_its_files_are_removed_with_it_and_by_no_fork():
    ledger = Ledger(None, "m")
    own = pathlib.Path(ledger._own)
    ledgers._remove(own, os.getpid() + 1)
    assert own.is_dir()
    del ledger
    assert not own.exists()
