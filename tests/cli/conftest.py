from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from stemstudio.cli import main

RATE = 44100


@pytest.fixture(scope="session")
def music() -> np.ndarray:
    """Two seconds of stereo with tones, beats and something in the middle; float32 (2, 88217)."""
    rng = np.random.default_rng(3)
    t = np.arange(2 * RATE + 17) / RATE
    voice = np.sin(2 * np.pi * (440 * t + 3 * np.sin(2 * np.pi * 5 * t)))
    beat = np.exp(-30 * (t % 0.25)) * rng.normal(0, 1, len(t))
    sides = np.stack([np.sin(2 * np.pi * 150 * t), np.sin(2 * np.pi * 260 * t)])
    return (0.2 * voice + 0.15 * beat + 0.2 * sides).astype(np.float32)


@pytest.fixture
def song(tmp_path: Path, music: np.ndarray) -> Path:
    path = tmp_path / "Ein Lied — 歌.wav"
    soundfile.write(path, music.T, RATE, subtype="FLOAT")
    return path


@pytest.fixture
def studio(capsys: pytest.CaptureFixture[str]) -> Callable[..., SimpleNamespace]:
    """Run a command in this process: exit code, what it printed, and the objects of its JSON lines."""

    def run(*arguments: object) -> SimpleNamespace:
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        events = [json.loads(line) for line in out.splitlines()] if "--json" in arguments else []
        return SimpleNamespace(code=code, out=out, err=err, events=events, last=events[-1] if events else None)

    return run
