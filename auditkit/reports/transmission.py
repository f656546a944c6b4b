"""What leaves the house for a model behind HTTP, in words: as it is planned, and as it was."""

from auditkit.results import Sending, Sent


def planned(sending: Sending) -> list[tuple[str, str]]:
    """(what, in words) of what will leave, for a table or a list."""
    columns = ", ".join(sending.columns) or "columns without names"
    training = "" if sending.train_rows is None else f", and {sending.train_rows:,} of the training split"
    cap = "" if sending.max_calls is None else f"; nothing is sent after {sending.max_calls:,} (max_calls)"
    if sending.max_calls is not None and sending.max_calls < sending.requests:
        cap += ", which is fewer: checks will end in errors"
    facts = [
        ("Sent to", f"{sending.host}, protocol {sending.protocol}"),
        ("Asked with", ", ".join(f"{name} {value}" for name, value in sending.settings.items())),
        ("Columns that leave", columns),
        ("Rows that leave", f"{sending.rows:,} of the audit data{training}"),
        (
            "Requests planned",
            f"about {sending.requests:,} where batches are full, for {sending.asked:,} rows and variants{cap}",
        ),
        ("Cost planned", _cost(sending.cost, sending.currency)),
    ]
    return [(name, text) for name, text in facts if text]


def really(sent: Sent) -> list[tuple[str, str]]:
    """(what, in words) of what left."""
    facts = [
        (
            "Requests sent",
            f"{sent.requests:,}, with {sent.rows:,} rows; {sent.retries:,} of them after a failure",
        ),
        ("Answers taken up", f"{sent.taken_up:,} requests were not sent, for their answers were kept"),
        ("Tokens", "" if sent.tokens is None else f"{sent.tokens:,}, as the server counts them"),
        (
            "Answers unparsed",
            "" if sent.unparsed is None else f"{sent.unparsed:,} of all answers, by all checks",
        ),
        ("Cost", _cost(sent.cost, sent.currency)),
    ]
    return [(name, text) for name, text in facts if text]


def _cost(cost: float | None, currency: str) -> str:
    if cost is None:
        return ""
    amount = f"{cost:,.2f}" if cost >= 1 else f"{cost:.2g}"
    return f"about {amount} {currency}".rstrip() + ", by the prices that its user states"
