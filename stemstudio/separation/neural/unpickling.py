"""Read the pickles inside weight files without running what they ask for.

A pickle is a program that may call anything. This reader knows nine words of that language's vocabulary, all of them
stand-ins that do nothing but note down what they were given; any other word is refused before the first step is made.
The lists of steps are bounded, and no stand-in makes more out of its arguments than they are, so that neither time nor
memory can be blown up from inside.
"""

from __future__ import annotations

import io
import pickle
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
_REFUSED_STEPS = frozenset({"INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "STACK_GLOBAL", "PERSID"})
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


# Named tuples, because a pickle can change the fields of anything else after they were checked.
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


class _Dict(dict[Any, Any]):
    """An ordered dictionary whose attributes are thrown away."""

    __slots__ = ()

    def __setstate__(self, state: object) -> None:
        """Ignore `state`, which holds versions of modules."""


class _Call:
    """A stand-in for a function, made anew for each use: a pickle could change it."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)


def read_pickle(file: PickleFile, name: str) -> Any:
    """Read the one pickle that begins at the position of `file`, which is left behind it.

    Raises
    ------
    BadInput
        If it is damaged, too large, or asks for anything but tensors and plain values.
    """
    start = file.tell()
    _scan(file, name)
    end = file.tell()
    file.seek(start)
    content = file.read(end - start)
    try:
        return _Reader(io.BytesIO(content), encoding="utf-8").load()
    except BadInput:
        raise
    except Exception as error:
        raise BadInput(f"{name} is damaged ({type(error).__name__}).", "Get the file again.") from error


def _scan(file: PickleFile, name: str) -> None:
    """Go through all steps without making one."""
    start = file.tell()
    try:
        for number, (step, argument, position) in enumerate(pickletools.genops(file)):  # type: ignore[arg-type]  # it reads so much only
            _check_step(step.name, str(argument), number, (position or 0) - start, name)
    except BadInput:
        raise
    except Exception as error:
        raise BadInput(f"{name} is no weights file, or is damaged.", "Get the file again.") from error


def _check_step(step: str, argument: str, number: int, length: int, name: str) -> None:
    if number > MAX_STEPS or length > MAX_PICKLE_BYTES:
        raise BadInput(f"{name} is far longer than a list of weights can be.", "Get it from its official source.")
    if step in _REFUSED_STEPS:
        raise _unsafe(name, step)
    if step == "GLOBAL" and not _known(argument):
        raise _unsafe(name, argument.replace(" ", "."))


def _unsafe(name: str, word: str) -> BadInput:
    return BadInput(
        f"{name} asks to run {word[:80]!r}, which weights never need.",
        "It was not opened; delete it, and get the model from its official source.",
    )


def _known(word: str) -> bool:
    return word in _CALLS or word in _CLASSES or _storage_kind(word) is not None


def _storage_kind(word: str) -> str | None:
    module, _, kind = word.partition(" ")
    return _STORAGES.get(kind) if module == "torch" else None


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        word = f"{module} {name}"
        kind = _storage_kind(word)
        if kind is not None:
            return _Kind(kind)
        if word in _CLASSES:
            return ClassName(f"{module}.{name}")
        if word in _CALLS:
            return _Call(_CALLS[word])
        raise _unsafe("The file", f"{module}.{name}")

    def persistent_load(self, reference: Any) -> StorageRef:
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


def _ordered() -> _Dict:
    # With arguments it would copy them, and a small file could have large ones copied a million times.
    return _Dict()


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
