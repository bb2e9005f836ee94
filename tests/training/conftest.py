from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from stemstudio.training.material import Library, open_library

RATE = 44100


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors on a busy machine: a second thread costs more than it brings."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def demo_library(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path) -> Library:
    """The demo song's first half as training material, its second half as the song `held`."""
    from stemstudio.training.preparing import decode

    folder = tmp_path_factory.mktemp("material")
    for part in ("heard", "held"):
        (folder / part).mkdir()
    for stem in ("vocals", "drums", "bass", "other"):
        samples = decode(demo_folder / f"{stem}.flac").astype(np.float16)
        half = samples.shape[1] // 2
        np.save(folder / "heard" / f"{stem}__demo.npy", samples[:, :half])
        np.save(folder / "heard" / f"SUM__{stem}.npy", samples[:, :half])
        np.save(folder / "held" / f"SUM__{stem}.npy", samples[:, half:])
    yield open_library({folder / "heard": 1.0, folder / "held": 1.0})
    shutil.rmtree(folder)
