from __future__ import annotations

import io
import os
import pickle
import random
import struct
import subprocess
import sys
import zipfile
from collections import OrderedDict
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from stemstudio.core.errors import BadInput
from stemstudio.separation.neural.checkpoint_files import read_checkpoint


class Harmful:
    """Unpickled by anybody else, it runs a command."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    linear = torch.nn.Linear(6, 4)
    return {
        **linear.state_dict(),
        "transposed": torch.randn(3, 5).T,
        "half": torch.randn(7).half(),
        "n": torch.tensor(3),
    }


def zip_of(entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(f"archive/{name}", content)
    return file.getvalue()


def tensor_pickle(storage: str, shape: tuple[int, ...], strides: tuple[int, ...], count: int) -> bytes:
    """The pickle of {"x": a tensor} with any figures, as no library would write it."""
    numbers = lambda values: b"(" + b"".join(b"\x8a\x06" + struct.pack("<q", v)[:6] for v in values) + b"t"  # noqa: E731 - a word
    text = lambda value: b"X" + struct.pack("<I", len(value)) + value.encode()  # noqa: E731 - a word
    persistent = (
        b"(" + text("storage") + f"ctorch\n{storage}\n".encode() + text("0") + text("cpu") + numbers([count])[1:-1]
    )
    tensor = b"(" + persistent + b"tQ" + numbers([0])[1:-1] + numbers(shape) + numbers(strides) + b"\x89}t"
    return b"\x80\x02}" + text("x") + b"ctorch._utils\n_rebuild_tensor_v2\n" + tensor + b"Rs."


@pytest.mark.parametrize("zipped", [True, False])
def test_what_torch_wrote_is_read_in_both_formats(tmp_path: Path, zipped: bool) -> None:
    path, wanted = tmp_path / "x.pth", OrderedDict(state())
    wanted._metadata = OrderedDict(version=1)
    torch.save(wanted, path, _use_new_zipfile_serialization=zipped)
    found = read_checkpoint(path)
    assert list(found.tensors) == list(wanted)
    for name, value in wanted.items():
        assert torch.equal(found.tensors[name], value), name
        assert found.tensors[name].dtype == value.dtype
    assert found.class_name == ""


def test_safetensors_are_read(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    wanted = {name: value.contiguous() for name, value in state().items()}
    save_file(wanted, tmp_path / "x.safetensors")
    found = read_checkpoint(tmp_path / "x.safetensors").tensors
    assert all(torch.equal(found[name], value) for name, value in wanted.items())


@pytest.mark.parametrize("wrapper", ["state", "state_dict", "model_state_dict", "model"])
def test_weights_in_a_wrapper_are_found_with_what_stands_beside_them(tmp_path: Path, wrapper: str) -> None:
    package = {
        wrapper: state(),
        "kwargs": {"segment": Fraction(39, 5), "sources": ["a", "b"]},
        "training_args": {"x": None},
    }
    torch.save(package, tmp_path / "x.th")
    found = read_checkpoint(tmp_path / "x.th")
    assert set(found.tensors) == set(state())
    assert found.arguments == {"segment": Fraction(39, 5), "sources": ["a", "b"]}


def hostile_files(mark: Path) -> dict[str, bytes]:
    saved = io.BytesIO()
    torch.save({"state": state(), "more": Harmful(mark)}, saved)
    legacy = io.BytesIO()
    torch.save({"state": state(), "more": Harmful(mark)}, legacy, _use_new_zipfile_serialization=False)
    good = io.BytesIO()
    torch.save(state(), good)
    ordered = b"ccollections\nOrderedDict\n"
    huge = tensor_pickle("FloatStorage", (1 << 38,), (1,), 1 << 38)
    return {
        "pickle in an archive": saved.getvalue(),
        "pickle in the old format": legacy.getvalue(),
        "bare pickle": pickle.dumps(Harmful(mark)),
        "protocol 4": zip_of({"data.pkl": pickle.dumps(Harmful(mark), 4)}),
        "eval": zip_of({"data.pkl": b"cbuiltins\neval\n(X\x01\x00\x00\x001tR."}),
        "bytearray": zip_of({"data.pkl": b"cbuiltins\nbytearray\n(\x8a\x05\x00\x00\x00\x00\x10tR."}),
        "inst": zip_of({"data.pkl": b"(ios\nsystem\n."}),
        "a class called": zip_of({"data.pkl": b"cdemucs.htdemucs\nHTDemucs\n)R."}),
        "copies": zip_of({"data.pkl": b"\x80\x02" + ordered + b"(((K\x01K\x02ttR."}),
        "long fraction": zip_of({"data.pkl": b"cfractions\nFraction\n(X\x0c\x00\x00\x001e9999999999tR."}),
        "million lists": zip_of({"data.pkl": b"\x80\x02" + b"]" * 1_000_000 + b"."}),
        "zip bomb": zip_of({"data.pkl": pickle.dumps({}, 2), "data/0": bytes(1 << 26)}, zipfile.ZIP_DEFLATED),
        "no such storage": zip_of({"data.pkl": huge}),
        "small storage": zip_of({"data.pkl": huge, "data/0": bytes(64)}),
        "stride of zero": zip_of({"data.pkl": tensor_pickle("FloatStorage", (1 << 32,), (0,), 4), "data/0": bytes(16)}),
        "beyond its storage": zip_of({"data.pkl": tensor_pickle("FloatStorage", (4,), (9,), 4), "data/0": bytes(16)}),
        "many dimensions": zip_of(
            {"data.pkl": tensor_pickle("FloatStorage", (1,) * 99, (1,) * 99, 4), "data/0": bytes(16)}
        ),
        "cut off": good.getvalue()[: len(good.getvalue()) // 2],
        "last byte lost": good.getvalue()[:-1],
        "no tensors": zip_of({"data.pkl": pickle.dumps({"a": 1}, 2)}),
        "a list": zip_of({"data.pkl": pickle.dumps([1, 2], 2)}),
        "big endian": zip_of({"data.pkl": pickle.dumps({}, 2), "byteorder": b"big"}),
        "another archive": zip_of({"hello": b"x"}),
        "header of a terabyte": struct.pack("<Q", 1 << 40) + b"{}" + bytes(100),
        "web page": b"<!DOCTYPE html><html>Not found</html>",
        "empty": b"",
        "one byte": b"P",
    }


@pytest.mark.parametrize("kind", sorted(hostile_files(Path("x"))))
def test_a_hostile_file_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    mark, path = tmp_path / "mark", tmp_path / "evil.th"
    path.write_bytes(hostile_files(mark)[kind])
    with pytest.raises(BadInput) as refusal:
        read_checkpoint(path)
    assert not mark.exists()
    assert "evil.th" in str(refusal.value) or "The file" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 250


def test_a_word_that_runs_is_named(tmp_path: Path) -> None:
    torch.save({"state": state(), "more": Harmful(tmp_path)}, tmp_path / "x.th")
    with pytest.raises(BadInput, match=r"posix\.system|os\.system"):
        read_checkpoint(tmp_path / "x.th")


def test_packed_weights_are_told_apart(tmp_path: Path) -> None:
    torch.save({"state": {**state(), "__quantized": True}}, tmp_path / "x.th")
    with pytest.raises(BadInput, match="DiffQ"):
        read_checkpoint(tmp_path / "x.th")


@pytest.mark.parametrize("zipped", [True, False])
def test_mutated_files_are_read_or_refused_and_nothing_else(tmp_path: Path, zipped: bool) -> None:
    good = io.BytesIO()
    torch.save({"state": state(), "kwargs": {"segment": Fraction(39, 5)}}, good, _use_new_zipfile_serialization=zipped)
    rng, path = random.Random(5), tmp_path / "x.th"
    refused = 0
    for _ in range(200):
        content = bytearray(good.getvalue())
        for _ in range(rng.randint(1, 8)):
            place = rng.randrange(len(content))
            match rng.randrange(4):
                case 0:
                    content[place] = rng.randrange(256)
                case 1:
                    del content[place : place + rng.randint(1, 40)]
                case 2:
                    content[place:place] = rng.randbytes(rng.randint(1, 20))
                case 3:
                    other = rng.randrange(len(content))
                    content[place : place + 16] = content[other : other + 16]
        path.write_bytes(content)
        try:
            found = read_checkpoint(path)
        except BadInput:
            refused += 1
        else:
            assert all(value.numel() < 1000 for value in found.tensors.values())
    assert refused > 40


def test_hostile_files_take_no_memory(tmp_path: Path) -> None:
    """All of them, one after the other, in a process that may have 200 MB more than torch itself."""
    for index, content in enumerate(hostile_files(tmp_path / "mark").values()):
        (tmp_path / f"{index}.th").write_bytes(content)
    code = """
import resource, sys, torch
from pathlib import Path
from stemstudio.core.errors import BadInput
from stemstudio.separation.neural.checkpoint_files import read_checkpoint
import safetensors
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sorted(Path(sys.argv[1]).glob("*.th")):
    try:
        read_checkpoint(path)
    except BadInput:
        continue
    sys.exit(f"{path} was read")
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
assert grown < 100, f"{grown} MB"
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=100)


def test_the_pickles_made_here_are_such_as_are_read(tmp_path: Path) -> None:
    """Else the refusals above would say nothing."""
    good = tensor_pickle("FloatStorage", (2, 2), (1, 2), 4)
    (tmp_path / "x.th").write_bytes(zip_of({"data.pkl": good, "data/0": struct.pack("<4f", 1, 2, 3, 4)}))
    assert read_checkpoint(tmp_path / "x.th").tensors["x"].tolist() == [[1, 3], [2, 4]]
