"""A model that cannot leave its process: checks in another one ask it through messages.

Inputs come back to the model's process as Arrow, as plain arrays or as JSON, never as pickles, for the other process
runs code of plugins. Answers go there as pickles, for nothing foreign writes them.
"""

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from auditkit.data import as_array
from auditkit.errors import AuditkitError, CapabilityError, ModelError, present
from auditkit.foreign_code import foreign, raised
from auditkit.lazy import Lazy, pyarrow
from auditkit.models import Answers, Capability, Model
from auditkit.text import class_name
from auditkit.workers.parcel import from_bytes, to_bytes
from auditkit.workers.server import ask

torch: Any = Lazy("torch")

ASKED: Final = frozenset({Capability.QUERIES, Capability.SCORES, Capability.PROBABILITIES, Capability.TEXTS})
"""What a model can be asked for through messages."""
_COPIED: Final = (
    "name", "kind", "task", "classes", "positive", "threshold", "abstain", "capabilities", "device", "batch", "loaded",
    "notes", "random", "precision", "stated", "share_tolerance", "author", "output",
)  # fmt: skip


class AskedModel(Model):
    """Stands for a model of the process that started this one.

    Args:
        model: the model; none that gives more than answers.
    """

    def __init__(self, model: Model) -> None:
        for name in _COPIED:
            setattr(self, name, getattr(model, name))
        self._sample = 0
        self._fingerprint, self._feature_names = model.fingerprint, model.feature_names

    @property
    def fingerprint(self) -> str:
        """That of the model."""
        return self._fingerprint

    @property
    def feature_names(self) -> tuple[Any, ...] | None:
        """The columns that the model was fitted on."""
        return self._feature_names

    def find_columns(self, columns: Sequence[Any]) -> list[int] | None:
        """As the model finds them."""
        return self._asked("find_columns", json.dumps([*columns]).encode(), "list")

    def category_places(self, columns: Sequence[Any]) -> list[int]:
        """As the model says."""
        return self._asked("category_places", json.dumps([*columns]).encode(), "list")

    def given(self, columns: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """As the model says."""
        return self._asked("given", json.dumps([*columns]).encode(), "list")

    def answer(self, inputs: Any) -> Answers:
        """What the model answers, with its user's options put to it.

        Raises:
            CapabilityError: inputs that cannot be sent so that they arrive as they are.
        """
        content, form = packed(inputs)
        return self._asked("answers", content, form)

    @contextlib.contextmanager
    def sampled(self, number: int) -> Iterator[None]:
        """As the model does it, whose process is told with each question."""
        before, self._sample = self._sample, number
        try:
            yield
        finally:
            self._sample = before

    def _asked(self, method: str, content: bytes, form: str) -> Any:
        reply = from_bytes(ask(content, model=self.name, method=method, form=form, sample=self._sample))
        if isinstance(reply, Exception):
            raise reply
        return reply


def answerer(models: Mapping[str, Model]) -> Callable[[Mapping[str, Any], bytes], bytes]:
    """What answers the questions of another process.

    Args:
        models: {name: model}.
    """

    def answer(question: Mapping[str, Any], content: bytes) -> bytes:
        model, method = models[question["model"]], question["method"]
        if method not in ("answers", "find_columns", "category_places", "given"):
            raise ValueError(f"no model is asked for {method!r}")
        try:
            with foreign(f"the model {model.name!r}: asked by a check"), model.sampled(int(question.get("sample", 0))):
                given = unpacked(content, question["form"])
                return to_bytes(getattr(model, method)(given if method == "answers" else tuple(given)))
        except AuditkitError as error:
            return to_bytes(ModelError(str(error)))
        except Exception as error:  # a model may raise anything at all
            return to_bytes(ModelError(f"{model.name}: it {raised(error, 500)}"))

    return answer


def packed(inputs: Any) -> tuple[bytes, str]:
    """Inputs as bytes, and the form that they have there.

    Raises:
        CapabilityError: they would not arrive as they are.
    """
    if isinstance(inputs, list) and all(isinstance(text, str) for text in inputs):
        return json.dumps(inputs).encode(), "list"
    form = "frame" if hasattr(inputs, "columns") else "tensor" if hasattr(inputs, "detach") else "array"
    try:
        content = _frame(inputs) if form == "frame" else _array(inputs)
        if not _same(unpacked(content, form), inputs):
            raise ValueError("they change on the way")
    except Exception as error:  # libraries raise errors of their own for what they cannot write
        raise CapabilityError(
            f"inputs cannot be sent to the process of the model ({class_name(error)}); its checks run there with "
            'isolate = "none"'
        ) from error
    return content, form


def unpacked(content: bytes, form: str) -> Any:
    """The inputs that `packed` gave.

    Raises:
        Exception: whatever a library raises about bytes that it did not write.
    """
    if form == "list":
        return json.loads(content)
    if form == "frame":
        return pyarrow.ipc.open_file(content).read_all().to_pandas()
    array = np.load(io.BytesIO(content), allow_pickle=False)
    return torch.from_numpy(array) if form == "tensor" else array


def _frame(frame: Any) -> bytes:
    table, stream = pyarrow.Table.from_pandas(frame), io.BytesIO()
    with pyarrow.ipc.new_file(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


def _array(inputs: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, present(as_array(inputs), "neither a table nor texts"), allow_pickle=False)
    return stream.getvalue()


def _same(arrived: Any, inputs: Any) -> bool:
    if hasattr(inputs, "columns"):
        return arrived.equals(inputs) and [*arrived.dtypes] == [*inputs.dtypes]
    return arrived.dtype == inputs.dtype and _array(arrived) == _array(inputs)
