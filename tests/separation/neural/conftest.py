from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from stemstudio.core.buffer import AudioBuffer, Samples
from stemstudio.core.params import resolve
from stemstudio.core.progress import Progress
from stemstudio.separation.neural.checkpoints import digest, make_network, save_weights
from stemstudio.separation.neural.small import MODEL_ID, SmallSeparator

HYPERPARAMETERS = {"widths": [8, 8, 12, 16], "hidden": 32, "dilations": [1, 2]}


class Collected:
    """A sink that keeps everything and holds the backend to the order."""

    def __init__(self) -> None:
        self.parts: dict[str, list[Samples]] = {}
        self.frames = 0
        self.longest = 0

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        assert start == self.frames
        count = next(iter(stems.values())).shape[1]
        self.frames += count
        self.longest = max(self.longest, count)
        for name, samples in stems.items():
            assert samples.dtype == np.float32
            self.parts.setdefault(name, []).append(samples.copy())

    @property
    def stems(self) -> dict[str, Samples]:
        return {name: np.concatenate(parts, 1) for name, parts in self.parts.items()}


def write_model(folder: Path, network: torch.nn.Module) -> Path:
    """Make `network` the small separator's model in `folder`."""
    folder.mkdir(exist_ok=True)
    weights = folder / f"{MODEL_ID}.safetensors"
    save_weights(weights, network.state_dict(), {})
    arguments = "\n".join(f"{name} = {value}" for name, value in HYPERPARAMETERS.items())
    (folder / f"{MODEL_ID}.toml").write_text(
        f'id = "{MODEL_ID}"\ntitle = "Test"\nnetwork = "unet"\nstems = ["vocals", "drums", "bass", "other"]\n'
        f'[hyperparameters]\n{arguments}\n[weights]\nfile = "{weights.name}"\nsha256 = "{digest(weights)}"\n'
        '[licence]\ncode = "a"\nweights = "b"\n[training]\ndata = "c"\nsource = "d"\n'
    )
    return folder


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors on a busy machine: a second thread costs more than it brings."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A model whose masks have strong opinions, drawn at random."""
    torch.manual_seed(3)
    network = make_network(
        "unet", {name: tuple(v) if isinstance(v, list) else v for name, v in HYPERPARAMETERS.items()}
    )
    with torch.no_grad():
        network.get_parameter("exit.weight").mul_(6)
    return write_model(tmp_path / "models", network)


@pytest.fixture
def separate() -> Callable[..., dict[str, Samples]]:
    def run(backend: SmallSeparator, samples: Samples, rate: int = 44100, **values: float) -> dict[str, Samples]:
        sink = Collected()
        backend.separate(AudioBuffer(samples, rate), resolve(backend.info.params, values), sink, Progress())
        assert sink.frames == samples.shape[1]
        return sink.stems

    return run
