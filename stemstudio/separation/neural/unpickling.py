"""Read the pickles inside weight files without running what they ask for.

A pickle is a program that may call anything. Here it is not run: its steps are walked through with a stack of our own,
which knows lists, dictionaries, tuples, plain values and a few words, each a function below that notes down what it is
given; any other step or word is refused. The steps are bounded, and no word makes more out of its arguments than they
are, so that neither time nor memory can be blown up from inside.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

from stemstudio.core.errors import BadInput

MAX_STEPS = 400_000
MAX_PICKLE_BYTES = 16 << 20
_MAX_DIMENSIONS = 8
_STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}
_VALUES = frozenset({
    "BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "BINSTRING",
    "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES",
})  # fmt: skip
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False, "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list, "EMPTY_DICT": dict,
}  # fmt: skip
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_GETS, _PUTS = frozenset({"BINGET", "LONG_BINGET"}), frozenset({"BINPUT", "LONG_BINPUT"})
_IGNORED = frozenset({"PROTO", "FRAME", "STOP"})
_CLASSES = frozenset({"demucs.htdemucs HTDemucs", "demucs.hdemucs HDemucs", "demucs.demucs Demucs"})


class PickleFile(Protocol):
    """What `read_pickle` reads from; reading past the end must not reserve memory."""

    def read(self, count: int = ..., /) -> bytes:
        """See `io.RawIOBase`."""
        ...

    def readline(self) -> bytes:
        """See `io.RawIOBase`."""
        ...

    def tell(self) -> int:
        """See `io.RawIOBase`."""
        ...

    def seek(self, position: int, /) -> Any:
        """See `io.RawIOBase`."""
        ...


class StorageRef(NamedTuple):
    """Numbers elsewhere in the file: their kind, the key of their place and how many there are."""

    dtype: str
    key: str
    numbers: int


class TensorRef(NamedTuple):
    """A tensor as the pickle describes it; nothing is read yet."""

    storage: StorageRef
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class ClassName(NamedTuple):
    """The name of a class of another program, and nothing of the class."""

    name: str


class _Kind(NamedTuple):
    dtype: str


def read_pickle(file: PickleFile, name: str) -> Any:
    """Read the one pickle that begins at the position of `file`, which is left behind it.

    Raises
    ------
    BadInput
        If it is damaged, too large, or asks for anything but tensors and plain values.
    """
    start, walk = file.tell(), _Walk(name)
    try:
        for number, (step, argument, position) in enumerate(pickletools.genops(file)):  # type: ignore[arg-type]  # it reads so much only
            if number > MAX_STEPS or (position or 0) - start > MAX_PICKLE_BYTES:
                walk.refuse_length()
            walk.take(step.name, argument)
        return walk.result()
    except BadInput:
        raise
    except Exception as error:
        raise BadInput(f"{name} is no weights file, or is damaged.", "Get the file again.") from error


class _Walk:
    """The stack and the memory of a pickle, and what each step does to them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []  # stacks under the marks
        self._memory: dict[int, Any] = {}

    def result(self) -> Any:
        (value,) = self._stack
        return value

    def refuse_length(self) -> None:
        raise BadInput(f"{self._name} is far longer than a list of weights can be.", "Get it from its official source.")

    def take(self, step: str, argument: Any) -> None:
        stack = self._stack
        if step in _VALUES:
            stack.append(argument)
        elif step in _CONSTANTS:
            stack.append(_CONSTANTS[step]())
        elif step in _TUPLES:
            count = _TUPLES[step]
            stack[-count:] = [tuple(stack[-count:])]
        elif step in _GETS:
            stack.append(self._memory[argument])
        elif step in _PUTS:
            self._memory[argument] = stack[-1]
        elif step == "MEMOIZE":
            self._memory[len(self._memory)] = stack[-1]
        elif step == "GLOBAL":
            stack.append(self._word(argument))
        elif step not in _IGNORED:
            self._combine(step)

    def _combine(self, step: str) -> None:
        match step:
            case "MARK":
                self._below.append(self._stack)
                self._stack = []
            case "TUPLE" | "LIST" | "APPENDS" | "SETITEMS":
                items, self._stack = self._stack, self._below.pop()
                self._gather(step, items)
            case "APPEND":
                self._gather("APPENDS", [self._stack.pop()])
            case "SETITEM":
                value, key = self._stack.pop(), self._stack.pop()
                self._gather("SETITEMS", [key, value])
            case "BINPERSID":
                self._stack.append(_storage(self._stack.pop()))
            case "REDUCE":
                arguments, word = self._stack.pop(), self._stack.pop()
                if not any(word is known for known in _CALLS.values()) or type(arguments) is not tuple:
                    raise ValueError("a call of what is no word")
                self._stack.append(word(*arguments))
            case "BUILD":
                # The attributes of an ordered dictionary: versions of modules, which say nothing here.
                self._stack.pop()
                if not isinstance(self._stack[-1], dict):
                    raise TypeError("attributes of what has none")
            case _:
                raise _unsafe(self._name, step)

    def _gather(self, step: str, items: list[Any]) -> None:
        match step:
            case "TUPLE":
                self._stack.append(tuple(items))
            case "LIST":
                self._stack.append(items)
            case "APPENDS":
                target = self._stack[-1]
                if type(target) is not list:
                    raise TypeError("no list")
                target.extend(items)
            case "SETITEMS":
                target = self._stack[-1]
                if type(target) is not dict:
                    raise TypeError("no dictionary")
                target.update(zip(items[::2], items[1::2], strict=True))

    def _word(self, word: str) -> Any:
        kind = _storage_kind(word)
        if kind is not None:
            return _Kind(kind)
        if word in _CLASSES:
            return ClassName(word.replace(" ", "."))
        if word in _CALLS:
            return _CALLS[word]
        raise _unsafe(self._name, word.replace(" ", "."))


def _unsafe(name: str, word: str) -> BadInput:
    return BadInput(
        f"{name} asks to run {word[:80]!r}, which weights never need.",
        "It was not opened; delete it, and get the model from its official source.",
    )


def _storage_kind(word: str) -> str | None:
    module, _, kind = word.partition(" ")
    return _STORAGES.get(kind) if module == "torch" else None


def _storage(reference: Any) -> StorageRef:
    word, kind, key, _, count, *_ = reference
    if word != "storage" or not isinstance(kind, _Kind) or not isinstance(key, str) or not _is_count(count):
        raise ValueError("no storage")
    return StorageRef(kind.dtype, key, count)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 40


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> TensorRef:
    if not isinstance(storage, StorageRef) or not isinstance(shape, tuple) or not isinstance(strides, tuple):
        raise TypeError("no tensor")
    if (
        len(shape) != len(strides)
        or len(shape) > _MAX_DIMENSIONS
        or not all(map(_is_count, (offset, *shape, *strides)))
    ):
        raise ValueError("no shape")
    count, last = 1, offset
    for size, stride in zip(shape, strides, strict=True):
        count *= size
        last += max(size - 1, 0) * stride
    # A stride of zero would make a huge tensor out of one number.
    if count and (count > storage.numbers or last >= storage.numbers):
        raise ValueError("a tensor that is larger than its storage")
    return TensorRef(storage, offset, shape, strides)


def _parameter(tensor: Any, *_: Any) -> TensorRef:
    if not isinstance(tensor, TensorRef):
        raise TypeError("no parameter")
    return tensor


def _ordered() -> dict[Any, Any]:
    # With arguments it would copy them, and a small file could have large ones copied a million times.
    return {}


def _fraction(numerator: Any, denominator: Any = 1) -> Fraction:
    # Not Fraction itself, which computes "1e999999999" for years. It is written as text: "39/5".
    if type(numerator) is str and len(numerator) <= 40 and set(numerator) <= set("0123456789/"):
        numerator, _, below = numerator.partition("/")
        return Fraction(int(numerator), int(below or 1))
    if _is_count(numerator) and _is_count(denominator):
        return Fraction(numerator, denominator)
    raise ValueError("no fraction")


_CALLS: dict[str, Callable[..., Any]] = {
    "torch._utils _rebuild_tensor_v2": _tensor,
    "torch._utils _rebuild_tensor": _tensor,
    "torch._utils _rebuild_parameter": _parameter,
    "collections OrderedDict": _ordered,
    "fractions Fraction": _fraction,
}
