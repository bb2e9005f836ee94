from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from stemstudio.core.buffer import AudioBuffer

SECONDS = 6


@pytest.fixture(scope="session")
def stems(demo_folder: Path) -> dict[str, AudioBuffer]:
    """Six seconds of the stems of the demo song, by name."""
    found = {}
    for name in ("vocals", "drums", "bass", "other"):
        with soundfile.SoundFile(demo_folder / f"{name}.flac") as file:
            file.seek(4 * file.samplerate)
            found[name] = AudioBuffer(file.read(SECONDS * file.samplerate, "float32").T, file.samplerate)
    return found
