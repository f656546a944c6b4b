"""What an auditkit.toml may say: every table and key, typed."""

from typing import Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

from auditkit.checks import Budget
from auditkit.data import Disclosure, Modality, Task
from auditkit.endpoints import Endpoint, PriceSettings, Protocol, RequestSettings, ResponseSettings
from auditkit.judge import NO_SETTING
from auditkit.results import Card, Limit, Meaning, Waiver

Isolation: TypeAlias = Literal["all", "plugins", "none"]
"""Which checks run in processes of their own."""


class Section(BaseModel):
    """The base of every table: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelSettings(Section):
    """`[model]`, or one of `[[models]]`: where the model is and how to read its answers."""

    name: str | None = None
    path: str | None = Field(
        default=None,
        description="a model file: .skops, .safetensors, .pt2, native tree formats; a folder of save_pretrained or "
        "of MLflow; models:/name/version or runs:/id/path of MLflow",
    )
    object: str | None = Field(default=None, description="package.module:factory, called without arguments")
    url: str | None = Field(default=None, description="the address of a server that answers: http://… or https://…")
    protocol: Protocol = Field(default="rows", description="how it is asked: rows of JSON, oip, or chat")
    send: bool = Field(default=False, description="rows of the data may be sent to that address")
    request: RequestSettings = RequestSettings()
    response: ResponseSettings = ResponseSettings()
    price: PriceSettings = PriceSettings()
    decisions: str | tuple[str, ...] | dict[str, str] | None = Field(
        default=None,
        description="a column of the data with recorded decisions; of several labels a list, or { LABEL = 'COLUMN' }",
    )
    scores: str | tuple[str, ...] | dict[str, str] | None = Field(
        default=None,
        description="a column of the data with recorded scores; of several labels a list, or { LABEL = 'COLUMN' }",
    )
    texts: str | None = Field(default=None, description="a column of the data with recorded answers in words")
    alive: tuple[str, ...] = Field(
        default=(), description="columns of the data with recorded chances of no event, one for each of [data] horizons"
    )
    case_scores: dict[str, str] = Field(
        default={}, description="the columns of this system's case scores, where they are not called as the scores"
    )
    abstain: Any = Field(
        default=None, description="the decision that means the model declined to decide; '' for a blank"
    )
    threshold: float | None = Field(default=None, description="the score from which a row is decided positive")
    classes: tuple[Any, ...] | None = Field(default=None, description="class values, in the order of the columns")
    preprocess: str | None = Field(default=None, description="package.module:callable, from inputs to model inputs")
    tokenizer: str | None = Field(default=None, description="the folder of a tokenizer that a network of texts needs")
    class_path: str | None = Field(default=None, description="package.module:Class of .safetensors weights")
    arguments: dict[str, Any] = Field(default={}, description="arguments of that class")
    inputs: tuple[str, ...] | None = Field(
        default=None, description="the columns that the model is given, where nobody can look into it: your statement"
    )
    output: Literal["logits", "probabilities"] | None = None
    target: str | int | None = Field(
        default=None, description="of several outputs, the one that is audited: its position from 0, or its name"
    )
    batch: int | None = Field(default=None, gt=0)
    device: str | None = None
    task: Task | None = None
    random: bool = Field(default=False, description="the model answers by chance, and that is meant")
    trust: tuple[str, ...] = Field(default=(), description="types in a .skops file that you vouch for")
    memory_limit: int | None = Field(
        default=None, gt=0,
        description="bytes of memory that opening the file may take; 512 MB or 20 times the file, where left out",
    )  # fmt: skip
    rehearse: bool = Field(default=True, description="the model is opened in a process of its own first")

    @property
    def endpoint(self) -> Endpoint | None:
        """The model behind HTTP that these settings describe; None where they name no address."""
        if self.url is None:
            return None
        return Endpoint(
            url=self.url, protocol=self.protocol, send=self.send, request=self.request, response=self.response,
            price=self.price,
        )  # fmt: skip


class GroupSettings(Section):
    """`[data.groups.NAME]`: how a column becomes groups."""

    bins: tuple[float, ...] | None = Field(default=None, description="edges: [25, 45] makes three groups")
    values: dict[str, str] | None = Field(default=None, description="new names: { 1 = 'male', 2 = 'female' }")
    column: str | None = Field(default=None, description="the column, where it is not called as the group")


class FeatureSettings(Section):
    """`[data.features.NAME]`: what is known about a feature better than it can be inferred."""

    kind: Literal["number", "integer", "category", "boolean", "text", "identifier"] | None = None
    mutable: bool | None = None
    low: float | None = None
    high: float | None = None


class CaseScoreSettings(Section):
    """`[data.case_scores.NAME]`: what a score means that says how well the system did in each case."""

    better: Literal["higher", "lower"] | None = Field(default=None, description="which values are the better ones")
    range: tuple[float, float] | None = Field(
        default=None, description="the lowest and the highest value that it can have; inf: none on that side"
    )
    counted_in: str = Field(default="", description="what it is counted in, such as seconds")
    poor: float | None = Field(default=None, description="a case with a worse score than this is a poor one")
    missing: Literal["undecided", "worst"] = Field(
        default="undecided", description="what a case without a score counts as: nothing, or the worst of the range"
    )


class DataSettings(Section):
    """`[data]`: the audit data and its columns."""

    path: str
    name: str | None = None
    label: str | tuple[str, ...] | None = Field(
        default=None, description="the column of the truth; a list: the columns of several labels of 0 and 1"
    )
    positive: Any = None
    groups: tuple[str, ...] | dict[str, GroupSettings] = ()
    drop: tuple[str, ...] = ()
    weights: str | None = None
    id: str | None = None
    unit: str | None = Field(
        default=None,
        description="the column that says whose row it is, such as patient_id: its rows vary together, so that "
        "intervals, tests, smallest groups and splits go by it, and privacy is promised to it",
    )
    missing: tuple[str, ...] | None = None
    decimal: str | None = Field(default=None, description="the character before decimals, '.' or ','; for checks")
    thousands: str | None = Field(default=None, description="the character between groups of three digits; for checks")
    dates: str | None = Field(
        default=None,
        description="'day first', 'month first', 'year first', a format such as %d.%m.%Y, or 'none'; for checks",
    )
    prompt: str | None = Field(
        default=None, description="the column that a model is given which answers in words (task generation)"
    )
    time: str | None = Field(
        default=None,
        description="the column of the time until an event, or until the person was last seen (task survival)",
    )
    event: str | None = Field(default=None, description="the column that says whether that was the event: 1 or 0")
    horizons: tuple[float, ...] = Field(
        default=(), description="times until which chances of no event are asked for, such as [12, 24]"
    )
    task: Task | None = None
    modality: Modality | None = None
    train: str | None = None
    range: tuple[float, float] | tuple[tuple[float, float], ...] | None = Field(
        default=None, description="lowest and highest value of an array, such as [0, 255]; or a pair for each channel"
    )
    minimum_cell: int = Field(default=10, ge=1, description="people in the smallest group that is shown")
    minimum_rate: int = Field(default=10, ge=1, description="people in the smallest denominator of a rate")
    disclosure: Disclosure = Field(
        default="internal", description="internal, or publish: nothing small can be worked out from the folder"
    )
    largest_left_out: float = Field(
        default=0.05, ge=0, le=1, description="groups too small to show bar met where they are a larger share of people"
    )
    reference: dict[str, str] | None = Field(
        default=None, description="{ attribute = 'group' }: disparities are also measured against this group"
    )
    unlabelled: Literal["refuse", "drop", "keep"] = Field(
        default="refuse", description="rows without a label: an error, left out, or kept for what needs no label"
    )
    people: str | None = Field(default=None, description="the column that says how many people a row stands for")
    selected: str | None = Field(
        default=None, description="the column that says how many of a row's people were selected"
    )
    delimiter: str | None = Field(default=None, description="between the fields of a csv file, where it is not found")
    columns: tuple[str, ...] | None = Field(default=None, description="the columns of a csv file without a header")
    encoding: str | None = Field(
        default=None, description="of a csv or JSON file, such as cp1252, where it is not UTF-8"
    )
    comment: str | None = Field(default=None, description="what a line of a csv file begins with that is no row: #")
    quote: str | None = Field(
        default=None, description='around fields of a csv file that hold the delimiter: "\'"; "" for none'
    )
    escape: str | None = Field(
        default=None, description="before a quotation mark or a delimiter in a value of a csv file: a backslash"
    )
    stream: bool | None = Field(
        default=None,
        description="read a batch at a time into a table of counts; by itself where half of the memory is too little",
    )
    memory_limit: int | None = Field(
        default=None, gt=0,
        description="bytes of memory that the table may take; half of the machine's, unless stream is false",
    )  # fmt: skip
    features: dict[str, FeatureSettings] = {}
    order: tuple[Any, ...] | None = Field(
        default=None, description="the classes from the lowest to the highest, where more than two have an order"
    )
    case_scores: dict[str, CaseScoreSettings] = {}
    group_probabilities: dict[str, dict[str, str]] = Field(
        default={},
        description="{ race = { black = 'p_black', white = 'p_white' } }: groups that were not recorded, each with the "
        "column of its probabilities, which sum to 1 for each person",
    )
    outcome: Meaning | dict[str, Meaning] | None = Field(
        default=None,
        description="what being selected is to a person, benefit or burden; of more than two classes, for each",
    )
    selected_means: str = Field(
        default="", description="what becomes of somebody who is selected, in words: 'flagged as high risk'"
    )

    @field_validator("outcome", mode="before")
    @classmethod
    def _one_of_two(cls, value: Any) -> Any:
        # before pydantic, whose own message would list every type that it tried
        stated = value.values() if isinstance(value, dict) else (value,)
        if value is not None and any(meaning not in get_args(Meaning) for meaning in stated):
            raise ValueError(
                "must be 'benefit' or 'burden'; with more than two classes one of them for each: { denied = 'burden' }"
            )
        return value


class AuditSettings(Section):
    """`[audit]`: what is done, how thoroughly, and where it goes."""

    checks: tuple[str, ...] | None = Field(default=None, description="families or ids; all, where left out")
    budget: Budget = "standard"
    seed: int = Field(default=0, ge=0)
    device: str | None = None
    rules: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    out: str = "audit"
    title: str | None = None
    formats: tuple[str, ...] = Field(default=(), description="formats beside those always made, such as pdf")
    seconds_per_check: float | None = Field(default=None, gt=0)
    gigabytes_per_check: float | None = Field(
        default=None, gt=0, description="memory that a check may take beyond model and data"
    )
    threads: int | None = Field(default=None, ge=1, description="that libraries may use in each process")
    jobs: int = Field(default=1, ge=1, description="checks that run at once; the evidence is the same")
    isolate: Isolation = Field(default="all", description="in processes of their own: all, plugins and models, or none")
    include_rows: bool = Field(default=False, description="single rows may be shown, such as pictures of people")


class SignSettings(Section):
    """`[sign]`: whose key signs the finished run folder."""

    key: str = Field(description="a private Ed25519 key in PEM, kept outside the run folder")


class TrainSettings(BaseModel):
    """One of `[[train]]`: a trainer by its id, and its parameters."""

    # a trainer's own parameters are not known here; they are held against its class when the run starts
    model_config = ConfigDict(extra="allow", frozen=True)

    trainer: str
    name: str | None = None
    model: str | None = Field(default=None, description="the parent, by name, where there are several models")

    @property
    def parameters(self) -> dict[str, Any]:
        """What is not a field of this table: the trainer's own parameters."""
        return dict(self.__pydantic_extra__ or {})


class Settings(Section):
    """The whole of auditkit.toml, or of `[tool.auditkit]`."""

    model: ModelSettings | None = None
    models: tuple[ModelSettings, ...] = ()
    data: DataSettings
    audit: AuditSettings = AuditSettings()
    checks: dict[str, dict[str, Any]] = {}
    limits: tuple[Limit, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    train: tuple[TrainSettings, ...] = ()
    sign: SignSettings | None = None
    card: Card = Card()

    @field_validator("limits", mode="before")
    @classmethod
    def _scope_is_made(cls, value: Any) -> Any:
        if any("scope" in table for table in value if isinstance(table, dict)):
            raise ValueError(NO_SETTING)
        return value

    @property
    def all_models(self) -> tuple[ModelSettings, ...]:
        """`[model]` and `[[models]]` together."""
        return ((self.model,) if self.model else ()) + self.models
