"""Questions to a server: answered from what was kept, else sent, at the allowed pace, and again where that helps."""

import contextlib
import json
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

from auditkit.endpoints import Endpoint
from auditkit.errors import EvidenceError, Mend, ModelError, ModelUnreachable
from auditkit.io import strict_json
from auditkit.plugins.models.endpoint.exchange import LONGEST_WAIT, Line, Trouble, headers_of
from auditkit.plugins.models.endpoint.ledger import Ledger
from auditkit.plugins.models.endpoint.protocols import Question

FIRST_WAIT: Final = 0.5
"""Seconds before the second try; twice as long before each further one."""
sleep = time.sleep
"""How a process waits."""

log = logging.getLogger("auditkit.endpoint")


class _Written(NamedTuple):
    """A question as it is sent."""

    question: Question
    body: bytes | None
    key: str


class Desk:
    """Where one model's questions are answered.

    Args:
        name: of the model.
        endpoint: where it is.
        ledger: shared by all processes.
    """

    def __init__(self, name: str, endpoint: Endpoint, ledger: Ledger) -> None:
        self._name, self._endpoint, self._ledger = name, endpoint, ledger

    def ask(self, questions: Sequence[Question], reading: Sequence[Any], occasion: str = "") -> list[dict[str, Any]]:
        """What is kept of the answer to each question.

        Args:
            questions: of one batch.
            reading: how answers are read: classes and such.
            occasion: questions of one occasion are not answered by what was kept of another.

        Raises:
            ModelError: a question got no answer that can be used.
            ModelUnreachable: it got none at all, or may not be sent.
            ConfigError: a header's variable is not set.
        """
        written = [self._written(question, reading, occasion) for question in questions]
        answers = {entry.key: self._ledger.kept(entry.key) for entry in written}
        waiting = {entry.key: entry for entry in written if answers[entry.key] is None}
        if waiting:
            with self._lines() as line:
                at_once = min(self._endpoint.request.at_once, len(waiting))
                if at_once == 1:
                    sent = [self._answered(entry, line()) for entry in waiting.values()]
                else:
                    with ThreadPoolExecutor(at_once) as threads:
                        sent = list(threads.map(lambda entry: self._answered(entry, line()), waiting.values()))
            answers.update(zip(waiting, sent, strict=True))
        parts = [answers[entry.key] or {} for entry in written]
        taken_up, unparsed = len(written) - len(waiting), sum(part.get("unparsed", 0) for part in parts)
        if taken_up or unparsed:
            self._ledger.count(taken_up=taken_up, unparsed=unparsed)
        return parts

    def _written(self, question: Question, reading: Sequence[Any], occasion: str) -> _Written:
        try:
            body = None if question.body is None else json.dumps(
                question.body, ensure_ascii=False, allow_nan=False, separators=(",", ":")
            ).encode()  # fmt: skip
        except (ValueError, TypeError) as error:
            raise ModelError(
                f"{self._name}: rows to send must hold what JSON can: finite numbers, texts, true, false and missing "
                f"values; one does not ({type(error).__name__})"
            ) from None
        text = "" if body is None else body.decode()
        return _Written(question, body, self._ledger.key(question.url, text, list(reading), occasion))

    @contextlib.contextmanager
    def _lines(self) -> Iterator[Any]:
        """A line for each thread that asks for one; all of them are closed in the end."""
        request = self._endpoint.request
        headers = headers_of(request.headers, self._name)
        lines: dict[int, Line] = {}
        secure = self._endpoint.url.startswith("https:")

        def line() -> Line:
            own = threading.get_ident()
            if own not in lines:
                lines[own] = Line(secure, headers, request.seconds)
            return lines[own]

        try:
            yield line
        finally:
            for opened in lines.values():
                opened.close()

    def _answered(self, entry: _Written, line: Line) -> dict[str, Any]:
        with self._ledger.turn(entry.key, self._endpoint.request.at_once):
            # another process may have asked the same meanwhile
            answer = self._ledger.kept(entry.key)
            if answer is not None:
                self._ledger.count(taken_up=1)
                return answer
            answer = self._sent(entry, line)
            self._ledger.keep(entry.key, answer)
            return answer

    def _sent(self, entry: _Written, line: Line) -> dict[str, Any]:
        retries = self._endpoint.request.retries
        for attempt in range(retries + 1):
            self._wait_for_leave(entry.question.rows, int(attempt > 0))
            try:
                answer = entry.question.read(_parsed(line.send(entry.question.url, entry.body)))
            except Trouble as trouble:
                log.info("%s: %s, try %d of %d", self._name, trouble, attempt + 1, retries + 1)
                if not trouble.again or attempt == retries:
                    tries = f", and so {retries + 1} times" if trouble.again and retries else ""
                    kind = ModelUnreachable if trouble.again else ModelError
                    raise kind(f"{self._name}: {self._endpoint.host}: {trouble}{tries}") from None
                wait = FIRST_WAIT * 2**attempt if trouble.wait is None else trouble.wait
                sleep(min(wait, LONGEST_WAIT))
                continue
            if "tokens" in answer:
                self._ledger.count(tokens=answer["tokens"], counted=1)
            return answer
        raise AssertionError("the last try returns or raises")

    def _wait_for_leave(self, rows: int, retries: int) -> None:
        request = self._endpoint.request
        seconds = self._ledger.admit(request.per_second, request.max_calls, rows=rows, retries=retries)
        if seconds is None:
            mend = Mend("model.request.max_calls", 2 * (request.max_calls or 1))
            raise ModelUnreachable(
                f"{self._name}: max_calls = {request.max_calls:,} requests were sent, and nothing more is. What was "
                f"answered is kept; ask for fewer rows or checks, or say {mend}",
                mend=mend,
            )
        if seconds > 0:
            sleep(seconds)


def _parsed(content: bytes) -> Any:
    try:
        return strict_json.loads(content, "the answer")
    except EvidenceError:
        raise Trouble(
            "the answer is not valid JSON: another format, a key twice, NaN or another number that is not finite, or "
            "lists too deep in one another"
        ) from None
