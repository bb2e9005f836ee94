"""Weights and sounds that are the same everywhere, and what the official programs made of them."""

from __future__ import annotations

import importlib
import os
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from stemstudio.core.buffer import AudioBuffer, Samples

RECORDED = Path(__file__).parent / "recorded"


def draw(network: torch.nn.Module) -> torch.nn.Module:
    """Give every parameter and buffer values that depend on its name and shape alone."""
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if not value.dtype.is_floating_point:
                continue
            # One tensor of the package is in many places.
            rng = np.random.RandomState(zlib.crc32(b"freqs" if name.endswith("freqs") else name.encode()))
            drawn = rng.standard_normal(tuple(value.shape)).astype(np.float32)
            if name.endswith(("running_var", "_scale")):
                drawn = 1 + 0.1 * np.abs(drawn)
            elif name.endswith(".scale"):
                drawn = 0.3 + 0.1 * drawn
            elif value.dim() == 1:
                drawn = drawn * 0.1 + (name.endswith(("weight", "gamma")))
            else:
                drawn = drawn / max(1.0, np.sqrt(value[0].numel()))
            value.copy_(torch.from_numpy(np.asarray(drawn, np.float32)))
    return network.eval()


def sound(seconds: float, channels: int = 2, rate: int = 44100) -> Samples:
    """Tones that wander, beats and noise; float32 (channels, frames)."""
    rng = np.random.RandomState(7)
    t = np.arange(round(seconds * rate)) / rate
    tone = np.sin(2 * np.pi * (220 * t + 40 * np.sin(2 * np.pi * 0.7 * t)))
    beat = np.exp(-25 * (t % 0.4)) * rng.standard_normal(len(t))
    wide = rng.standard_normal((channels, len(t)))
    return (0.2 * tone + 0.2 * beat + 0.03 * wide + 0.02).astype(np.float32)


def far(found: object, wanted: object) -> float:
    """Relative distance of two arrays."""
    a, b = (np.asarray(x, np.float64) for x in (found, wanted))
    assert a.shape == b.shape
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


class Kept:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Samples]] = {}

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        for name, samples in stems.items():
            self._parts.setdefault(name, []).append(samples.copy())

    @property
    def stems(self) -> dict[str, Samples]:
        return {name: np.concatenate(parts, 1) for name, parts in self._parts.items()}


def song(seconds: float) -> AudioBuffer:
    return AudioBuffer(sound(seconds), 44100)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors on a busy machine: a second thread costs more than it brings."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def torchaudio_models():
    """torchaudio's networks, without its compiled part where that does not load beside this PyTorch."""
    try:
        return importlib.import_module("torchaudio.models")
    except (OSError, RuntimeError):
        for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
        stand_in = ModuleType("torchaudio._extension")
        stand_in._IS_TORCHAUDIO_EXT_AVAILABLE = stand_in._IS_ALIGN_AVAILABLE = False
        stand_in.fail_if_no_align = lambda function: function
        stand_in._check_cuda_version = lambda: None
        sys.modules["torchaudio._extension"] = stand_in
        return importlib.import_module("torchaudio.models")


@pytest.fixture
def recorded() -> Callable[[str, Callable[[], np.ndarray]], np.ndarray]:
    """What the official program gave once; asked anew and written where STEMSTUDIO_RECORD is set."""

    def get(name: str, official: Callable[[], np.ndarray]) -> np.ndarray:
        path = RECORDED / f"{name}.npz"
        if os.environ.get("STEMSTUDIO_RECORD"):
            RECORDED.mkdir(exist_ok=True)
            np.savez_compressed(path, sound=official().astype(np.float32))
        with np.load(path) as file:
            return np.asarray(file["sound"])

    return get


@pytest.fixture
def user_models(home: Path) -> Path:
    folder = home / "data" / "models"
    folder.mkdir(parents=True)
    return folder
