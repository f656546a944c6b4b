"""Graphs of ONNX, from a file or as a session of ONNX Runtime that is live: asked, and no more."""

from __future__ import annotations

import hashlib
import os
import pathlib
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from auditkit.adapters import LabelledModel, adopt, answer_probabilities, failing, names, note, noting, prepared, settle
from auditkit.errors import AuditkitError, ModelError, ModelFileRejected, present, require
from auditkit.memory import out_of_memory
from auditkit.models import Answers, Capability, ModelOptions
from auditkit.plugins.models import onnx_files
from auditkit.plugins.models.fingerprints import Fingerprint, fingerprint
from auditkit.plugins.models.fitted import FittedModel, Names
from auditkit.plugins.models.forests import Damaged
from auditkit.plugins.models.graph_outputs import Reading, as_probabilities, class_names, codes, read
from auditkit.plugins.models.onnx_inputs import Inputs
from auditkit.plugins.models.onnx_outputs import of_column, outputs_of
from auditkit.text import class_name, number_of, one_line

# Unless this is set its wheels keep a thread, a database in the home directory and a line to their maker; it is read as
# ONNX Runtime is imported, which no line of this file does before.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


class Session:
    """A session, and the file that it was made of, by which another process makes it again.

    Args:
        live: of `onnxruntime.InferenceSession`.
        content: the file; None where nobody knows it any more.
        graph: what the file says; None where that is not known.
    """

    def __init__(self, live: Any, content: bytes | None, graph: onnx_files.Graph | None) -> None:
        self.live, self.content, self.graph = live, content, graph

    @classmethod
    def opened(cls, content: bytes, graph: onnx_files.Graph | None, name: str) -> Session:
        """A session of one thread, which answers alike every time.

        Raises:
            ModelFileRejected: ONNX Runtime does not know the graph's operators, or finds a fault in it.
        """
        onnxruntime = require("onnxruntime", "onnx")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.use_deterministic_compute = True
        options.log_severity_level = 4
        try:
            live = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # it has a dozen types of its own, none of which it shows
            versions = "" if graph is None else f" ({graph.versions})"
            raise ModelFileRejected(
                f"{name}: ONNX Runtime {onnxruntime.__version__} does not open the graph{versions}: "
                f"{class_name(error)}: {one_line(error, 400)}. {_way_out(error)}"
            ) from error
        return cls(live, content, graph)

    @classmethod
    def of(cls, live: Any) -> Session:
        """What is known of a session that its owner made."""
        content = getattr(live, "_model_bytes", None)
        path = getattr(live, "_model_path", None)
        if content is None and path and pathlib.Path(path).is_file():
            content = pathlib.Path(path).read_bytes()
        graph = None
        if content is not None:
            try:
                graph = onnx_files.checked(content, "session", sys.maxsize)
            except (Damaged, AuditkitError):  # its owner's libraries and files may be beside it
                content = bytes(content)
        return cls(live, content, graph)

    def __reduce__(self) -> tuple[Any, ...]:
        """It is made anew from its file.

        Raises:
            TypeError: nobody knows its file any more, or that is not all of it.
        """
        if self.content is None or self.graph is None:
            raise TypeError("a session whose file is not known cannot leave its process")
        return Session.opened, (self.content, self.graph, "session")


class Signature:
    """What a graph says of its columns, under the names that a fitted estimator has for it."""

    def __init__(self, inputs: Inputs) -> None:
        if inputs.width is not None:
            self.n_features_in_ = inputs.width


class OnnxModel(LabelledModel, FittedModel):
    """A graph of ONNX: columns or one matrix in; labels, probabilities, logits or numbers out.

    What its outputs mean is found out on the first rows and noted; task, classes and the capabilities that depend on
    them are settled then: ask once before planning.

    Args:
        session: the graph.
        options: `preprocess` may give a dictionary {input: array}; `output` says `logits` or `probabilities` where the
            graph does not show it.

    Raises:
        ModelError: the graph has inputs or outputs that no table fills or no answer is.
    """

    kind = "onnx"

    def __init__(self, session: Session, options: ModelOptions) -> None:
        self._inputs = Inputs.of(session.live.get_inputs())
        LabelledModel.__init__(self, options)
        FittedModel.__init__(self, Signature(self._inputs), options)
        adopt(self, options, "ONNX graph")
        if len(self._inputs.names) > 1:
            self.fitted_table.names = Names(self._inputs.names, loose=True)  # skl2onnx writes a blank as _, too
        self._session = session
        self._label, self._values, self._column = outputs_of(session.live.get_outputs(), options.target, self.name)
        self._reading: Reading | None = None
        self._own: tuple[Any, ...] = ()
        if options.output not in (None, "logits", "probabilities"):
            raise ModelError(f"{self.name}: output must be 'logits' or 'probabilities'; {options.output!r} was given")
        self._declare()
        if self._inputs.rows is not None:
            note(
                self,
                f"the graph takes {number_of(self._inputs.rows, 'row')} at a time, and no other number; batches are "
                "filled up with copies whose answers are dropped",
            )

    @classmethod
    def wrap(cls, live: Any, options: ModelOptions) -> OnnxModel:
        """A model of a session that its owner made, asked as it is, or of a graph in memory."""
        if isinstance(live, Session):
            return cls(live, options)
        if class_name(live) == "ModelProto":
            return cls(opened(live.SerializeToString(), options.name or "ModelProto", sys.maxsize), options)
        model = cls(Session.of(live), options)
        others = [provider for provider in live.get_providers() if provider != "CPUExecutionProvider"]
        if others:
            note(model, f"asked by {', '.join(map(one_line, others))}")
        return model

    @property
    def fingerprint(self) -> str:
        """SHA-256 over operators and tensors, preprocessing, classes and threshold; never who made the file."""
        chosen, session = self._user_options, self._session
        content = b"" if session.content is None else session.content
        digest = hashlib.sha256(content).hexdigest() if session.graph is None else session.graph.digest
        walked = fingerprint(
            "onnx", digest, chosen.preprocess, chosen.classes, chosen.output, chosen.task, self.threshold,
            *(() if chosen.target is None else (chosen.target,)),
        )  # fmt: skip
        return walked if session.graph is not None else Fingerprint(walked, opaque=True)

    def _declare(self) -> None:
        super()._declare()
        self._reading = None

    def as_fitted(self, inputs: Any) -> Any:
        """The inputs as the graph names them: its columns, in its order."""
        if not hasattr(inputs, "columns"):
            return inputs
        table, notes = self.fitted_table.table(inputs)
        note(self, *notes)
        return table

    def answer(self, inputs: Any) -> Answers:
        """Answers for one batch."""
        given = prepared(inputs, self._options.preprocess, self.name)
        feed = self._inputs.feed(given if isinstance(given, Mapping) else self.as_fitted(given), self.name)
        with noting(self), failing(self.name, "ONNX Runtime", given):
            labels, values, keys = self._run(feed, len(inputs))
        if self._reading is None:
            self._settle(labels, values, keys)
        reading = self._reading
        if reading is None or reading.kind == "number":
            numbers = np.asarray(values, dtype=np.float64).reshape(len(inputs))
            return Answers(numbers, numbers, None)
        decided = None if labels is None else names(self.classes, codes(labels, self._own, self.name))
        if reading.kind == "labels":
            return Answers(present(decided, "labels were read"), None, None)
        shares = as_probabilities(values, reading.kind, self.name)
        return answer_probabilities(self, shares, None if self.threshold is not None else decided)

    def _run(self, feed: dict[str, np.ndarray], count: int) -> tuple[Any, Any, tuple[Any, ...]]:
        """Labels, numbers and, where a map names them, the classes of the numbers."""
        wanted = [output for output in (self._label, self._values) if output is not None]
        parts = []
        for part, rows in self._inputs.parts(feed, count):
            answers = dict(zip(wanted, self._session.live.run(wanted, part), strict=True))
            parts.append({name: answer[:rows] for name, answer in answers.items()})
        labels = None if self._label is None else np.concatenate([np.asarray(part[self._label]) for part in parts])
        if self._values is None:
            return _one_per_row(labels, count, self.name), None, ()
        if not isinstance(parts[0][self._values], list):
            values = np.concatenate([np.asarray(part[self._values], dtype=np.float64) for part in parts])
            matrix = _matrix(values, count, self.name)
            matrix = matrix if self._column is None else of_column(matrix, self._column, self.name)
            return _one_per_row(labels, count, self.name), matrix, ()
        maps = [row for part in parts for row in part[self._values]]
        keys = tuple(maps[0]) if maps else ()
        return _one_per_row(labels, count, self.name), np.array([[row[key] for key in keys] for row in maps]), keys

    def _settle(self, labels: Any, values: Any, keys: tuple[Any, ...]) -> None:
        """Find out from the first rows what the outputs mean, and with it task and classes."""
        graph = self._session.graph
        maker = "" if graph is None or self._values is None else graph.maker(self._values)
        own = keys or (graph.classes() if graph is not None and labels is not None else ())
        reading = read(labels is not None, values, len(own), maker, self._options, self.name)
        if reading.kind != "number":
            columns = reading.columns or len(own)
            self._own, self.classes = class_names(self, own, columns, labels, self._known_labels, self._options)
            settle(self, self._options)
            if reading.kind != "labels":
                able = {Capability.PROBABILITIES} | ({Capability.SCORES} if self.task == "binary" else set())
                self.capabilities |= able
            elif self.threshold is not None:
                raise ModelError(f"{self.name}: threshold needs probabilities; the graph gives labels only")
        self._reading, self.output = reading, reading.kind
        note(self, f"the output is read as {reading.kind}, {reading.evidence}")


def opened(data: bytes, name: str, most: int) -> Session:
    """The session of a file.

    Args:
        data: the file.
        name: of it.
        most: bytes of memory that opening it may take.

    Raises:
        MissingExtra: ONNX Runtime is not installed.
        Damaged: what the file states does not fit together.
        ModelFileRejected: it needs what is not in it, or too much, or is not known to ONNX Runtime.
    """
    require("onnxruntime", "onnx")  # before the file is looked at, for that takes seconds
    session = Session.opened(data, onnx_files.checked(data, name, most), name)
    _try(session, name, most)
    return session


def _try(session: Session, name: str, most: int) -> None:
    """Ask about a row of zeros, so that a graph that takes more memory or time than it may is found as it is opened."""
    try:
        session.live.run(None, Inputs.of(session.live.get_inputs()).zeros(name, most))
    except ModelError:
        raise
    except Exception as error:  # a category 0 may be unknown to the graph, and a row of zeros have no root
        if out_of_memory(error):
            raise


def _way_out(error: Exception) -> str:
    if "ZipMap" in str(error):
        return "Save the probabilities as a tensor, with options={'zipmap': False} of skl2onnx"
    return (
        "Save the model for an older set of operators, as with target_opset= or opset_version=, or install a newer "
        "onnxruntime"
    )


def _one_per_row(labels: Any, count: int, name: str) -> Any:
    if labels is not None and labels.size != count:
        raise ModelError(
            f"{name}: the graph must give one label per row; it gave shape {labels.shape} for {count} rows"
        )
    return None if labels is None else labels.reshape(count)


def _matrix(values: np.ndarray, count: int, name: str) -> np.ndarray:
    """(count, C) float64."""
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or len(values) != count:
        raise ModelError(
            f"{name}: the graph must give (n, C), (n, 1) or (n,) numbers; it gave shape {values.shape} for {count} rows"
        )
    return values
