"""What an audit sends to a server: as it is planned, and as it was."""

from auditkit.results.base import Record, optional


class Sending(Record):
    """What will leave the house, and whereto; known before anything is sent."""

    host: str
    """Scheme, name and port of the server."""
    protocol: str
    columns: tuple[str, ...]
    """The columns of the data that are sent."""
    rows: int
    """Rows of the audit data, each of them sent."""
    train_rows: int | None = optional(description="Rows of the training split, which checks may send.")
    asked: int
    """About how many rows are sent in all, for one row is asked about in many variants."""
    requests: int
    """About how many requests that takes, where batches are full."""
    max_calls: int | None = optional(description="Requests after which nothing more is sent.")
    cost: float | None = optional(description="Of these requests, by the prices that the owner states.")
    currency: str = optional("")
    settings: dict[str, str] = optional({})
    """What else decides the answers: of a language model its name, temperature and seed."""


class Sent(Record):
    """What an audit really sent; differs where answers were kept from an earlier run."""

    requests: int
    """Requests, those that were repeated included."""
    retries: int
    rows: int
    taken_up: int
    """Requests that were not sent, for their answers were kept."""
    tokens: int | None = optional(description="That the server counted, where it said so.")
    unparsed: int | None = optional(description="Answers in words, about all rows that were asked, that name no class.")
    cost: float | None = optional()
    currency: str = optional("")
