"""summary.md: the audit on a page, for the job page of a pipeline and the comment on a change.

GitHub shows at most 1 MiB on a job page and says nothing of what it cut, so the file stays under 900 kB: what does not
fit is counted, and stands in the report.
"""

from collections.abc import Iterable, Iterator, Sequence

from auditkit.reports import cardtables as tables, numbers
from auditkit.reports.markdown import Markdown, bullets, document, escape, heading, labelled, table
from auditkit.reports.outcome import sentence
from auditkit.results import AuditResult, Comparison, verdict_line

MOST = 900_000
"""Bytes of the file."""
ROWS = 200
"""Rows of any table, and items of any list."""
LONGEST = 300
"""Characters of a reason or a note."""
SIGNS = {"met": "✅", "missed": "❌", "inconclusive": "❓", "error": "⚠️", "not tested": "⬜"}
"""Beside the word, never in its place."""


def render(result: AuditResult | Comparison) -> bytes:
    """Verdicts, limits, one number of each check, what was not tested, controls that failed; UTF-8 Markdown."""
    audits = result.audits
    name = result.title if isinstance(result, Comparison) else f"{audits[0].model.name} on {audits[0].data.name}"
    blocks = [heading(2, f"Audit: {name}"), *_verdicts(audits)]
    parts = {
        "Limits": tables.verdicts(audits),
        "Waivers": tables.waivers(audits),
        "The first number of each check": _headlines(audits),
        "Not tested": tables.untested(audits),
        "Controls that did not hold": tables.failed_controls(audits),
    }
    for part, content in parts.items():
        # a heading over nothing would read as if something was lost
        if content:
            blocks += [heading(3, part), _cut(content)]
    blocks += map(escape, tables.scope_notes(audits))
    # cut by bytes and not by characters, for the limit of the job page is one of bytes
    first = audits[0]
    foot = escape(
        f"auditkit {first.provenance.auditkit}, budget {first.plan.budget}, seed {first.plan.seed}, "
        f"{first.data.rows:,} rows, {first.run.finished.date()}. report.html has every number with its definition."
    )
    text = document([*blocks, foot]).encode()
    return text if len(text) <= MOST else _shortened(text)


def _verdicts(audits: Sequence[AuditResult]) -> Iterator[Markdown]:
    for audit in audits:
        of_model = f"{escape(audit.model.name)}: " if len(audits) > 1 else ""
        yield labelled(f"{SIGNS[audit.outcome.verdict]} {of_model}{audit.outcome.verdict}.", verdict_line(audit))
        yield bullets(_short(reason) for reason in audit.outcome.reasons[:ROWS])
    yield escape(sentence(audits[0].data))


def _headlines(audits: Sequence[AuditResult]) -> Markdown:
    titles = ("Check", "Number", "Value", "95 % interval", "n", "Standing")
    rows = [row for audit in audits for row in _firsts(audit, len(audits) > 1)]
    return table(("Model", *titles) if len(audits) > 1 else titles, rows)


def _firsts(audit: AuditResult, several: bool) -> Iterator[Sequence[object]]:
    for result in audit.results:
        # one of each check: a job page is read in passing, and the report has them all
        first = next((measurement for measurement in result.measurements if measurement.value is not None), None)
        if result.status == "measured" and first is not None:
            group = numbers.about(first)
            name = result.title_of(first.name) + ("" if group == "everyone" else f" ({group})")
            row = (
                result.check, _short(name), numbers.value(first), numbers.uncertainty(first), numbers.size(first),
                _short(tables.standing(first)),
            )  # fmt: skip
            yield (audit.model.name, *row) if several else row


def _cut(content: Markdown) -> Markdown:
    """A table without the rows beyond `ROWS`, which are counted."""
    lines = content.split("\n")
    if len(lines) <= ROWS + 2:
        return content
    more = escape(f"Rows that are in report.html alone: {len(lines) - ROWS - 2}.")
    return Markdown("\n".join(lines[: ROWS + 2]) + f"\n\n{more}")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _shortened(text: bytes) -> bytes:
    """Whole lines only, so that no character and no escape is cut in two."""
    closing = b"\n\nThe rest did not fit here; it is in report.html.\n"
    lines: Iterable[bytes] = text[: MOST - len(closing)].split(b"\n")[:-1]
    return b"\n".join(lines) + closing
