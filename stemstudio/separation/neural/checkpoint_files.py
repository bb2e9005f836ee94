"""Read weight files as they are published: PyTorch's two formats and safetensors, none of which gets to run anything.

Tensors are views of the mapped file: nothing is copied before names, shapes and kinds have been compared with a
network's.
"""

from __future__ import annotations

import io
import json
import math
import mmap
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.separation.neural.unpickling import MAX_PICKLE_BYTES, ClassName, StorageRef, TensorRef, read_pickle

if TYPE_CHECKING:
    from torch import Tensor

_ZIP, _LEGACY = b"PK\x03\x04", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_LITTLE_PROTOCOL = 1001
_MAX_HEADER_BYTES = 8 << 20
_MAX_ENTRIES = 20_000
_WRAPPERS = ("state", "state_dict", "model_state_dict", "model")
_AGAIN = "Get the file again from its official source."

_Bytes = Callable[[StorageRef], memoryview]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a weights file holds.

    Parameters
    ----------
    tensors : Mapping
        By name; views of the file.
    class_name : str
        Of the network in the program that wrote it, if it says so.
    arguments : Mapping
        Plain values that the file says the network was made with. They are a stranger's word.
    """

    tensors: Mapping[str, Tensor]
    class_name: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read the weights in `path` without running anything in it.

    Raises
    ------
    BadInput
        If the file is none of the formats, is damaged or cut off, or asks for more than tensors and plain values.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as probe:
            head = probe[: len(_LEGACY)]
        if head.startswith(_ZIP):
            return _from_torch(path, *_read_zip(path))
        if head == _LEGACY:
            return _from_torch(path, *_read_legacy(path))
        return _read_safetensors(path)
    except OSError as error:
        raise from_os_error(error, path) from error
    except ValueError as error:  # an empty file cannot be mapped
        raise _damaged(path) from error


def _damaged(path: Path) -> BadInput:
    return BadInput(f"{path.name} is no weights file, or it is cut off or damaged.", _AGAIN)


def _mapped(path: Path) -> memoryview:
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))


def _read_zip(path: Path) -> tuple[Any, _Bytes]:
    """The format since 2020: an archive of one pickle and a file for every storage, none compressed."""
    whole = _mapped(path)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise _damaged(path) from error
    if len(entries) > _MAX_ENTRIES or len({entry.filename for entry in entries}) < len(entries):
        raise BadInput(f"{path.name} is not an archive of weights.", _AGAIN)
    places = {}
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size or entry.flag_bits & 1:
            raise BadInput(f"{path.name} is packed, as weights never are; it could fill the memory.", _AGAIN)
        places[entry.filename.partition("/")[2]] = _place(whole, entry, path)
    if "data.pkl" not in places or bytes(places.get("byteorder", b"little")[:8]) != b"little":
        raise BadInput(f"{path.name} is an archive, but not of weights.", _AGAIN)
    if len(places["data.pkl"]) > MAX_PICKLE_BYTES:
        raise BadInput(f"{path.name} is far longer than a list of weights can be.", _AGAIN)

    def content(storage: StorageRef) -> memoryview:
        place = places.get(f"data/{storage.key}")
        if place is None:
            raise _damaged(path)
        return place

    return read_pickle(io.BytesIO(places["data.pkl"]), path.name), content


def _place(whole: memoryview, entry: zipfile.ZipInfo, path: Path) -> memoryview:
    header = whole[entry.header_offset : entry.header_offset + 30]
    if len(header) < 30 or header[:4] != _ZIP:
        raise _damaged(path)
    name_bytes, extra_bytes = struct.unpack("<HH", header[26:30])
    start = entry.header_offset + 30 + name_bytes + extra_bytes
    if start + entry.file_size > len(whole):
        raise _damaged(path)
    return whole[start : start + entry.file_size]


def _read_legacy(path: Path) -> tuple[Any, _Bytes]:
    """The format until 2020: five pickles, then every storage behind its length."""
    whole = _mapped(path)
    with path.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as file:
        read_pickle(file, path.name)
        if read_pickle(file, path.name) != _LITTLE_PROTOCOL:
            raise _damaged(path)
        system = read_pickle(file, path.name)
        if not isinstance(system, dict) or system.get("little_endian") is not True:
            raise _damaged(path)
        content = read_pickle(file, path.name)
        keys = read_pickle(file, path.name)
        position = file.tell()
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise _damaged(path)
    sizes = {ref.storage.key: _item_bytes(ref.storage) for ref in _references(content)}
    places = {}
    for key in keys:
        if key not in sizes or position + 8 > len(whole):
            raise _damaged(path)
        (count,) = struct.unpack("<q", whole[position : position + 8])
        end = position + 8 + count * sizes[key]
        if count < 0 or end > len(whole):
            raise _damaged(path)
        places[key] = whole[position + 8 : end]
        position = end

    def numbers(storage: StorageRef) -> memoryview:
        if storage.key not in places:
            raise _damaged(path)
        return places[storage.key]

    return content, numbers


def _references(content: Any) -> list[TensorRef]:
    state, _ = _state_of(content)
    return [value for value in state.values() if isinstance(value, TensorRef)]


def _state_of(content: Any) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """The state inside whatever it is wrapped in, and what stands beside it."""
    if not isinstance(content, dict):
        return {}, {}
    for wrapper in _WRAPPERS:
        if isinstance(content.get(wrapper), dict):
            return content[wrapper], content
    return content, {}


def _item_bytes(storage: StorageRef) -> int:
    import torch

    return int(getattr(torch, storage.dtype).itemsize)


def _from_torch(path: Path, content: Any, numbers: _Bytes) -> Checkpoint:
    state, beside = _state_of(content)
    if "__quantized" in state:
        raise BadInput(f"{path.name} holds weights in a packed form (DiffQ).", "Get the model's plain weights.")
    references = {name: value for name, value in state.items() if isinstance(value, TensorRef)}
    if not references or not all(isinstance(name, str) for name in references):
        raise BadInput(f"{path.name} holds no weights of a network.", _AGAIN)
    klass, arguments = beside.get("klass"), beside.get("kwargs")
    return Checkpoint(
        {name: _tensor(path, ref, numbers) for name, ref in references.items()},
        klass.name if isinstance(klass, ClassName) else "",
        dict(arguments) if isinstance(arguments, dict) else {},
    )


def _tensor(path: Path, ref: TensorRef, numbers: _Bytes) -> Tensor:
    import torch

    content = numbers(ref.storage)
    if ref.storage.numbers * _item_bytes(ref.storage) != len(content):
        raise _damaged(path)
    dtype = getattr(torch, ref.storage.dtype)
    if not math.prod(ref.shape):
        return torch.empty(ref.shape, dtype=dtype)
    return torch.frombuffer(content, dtype=dtype).as_strided(ref.shape, ref.strides, ref.offset)


def _read_safetensors(path: Path) -> Checkpoint:
    from safetensors import SafetensorError, safe_open

    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
    # The library would read a header of a hundred megabytes.
    if len(head) < 8 or struct.unpack("<Q", head)[0] > min(_MAX_HEADER_BYTES, size):
        raise _damaged(path)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            arguments = json.loads((file.metadata() or {}).get("arguments", "{}"))
    except (SafetensorError, ValueError, RecursionError) as error:
        raise _damaged(path) from error
    if not tensors:
        raise BadInput(f"{path.name} holds no weights of a network.", _AGAIN)
    return Checkpoint(tensors, arguments=arguments if isinstance(arguments, dict) else {})
