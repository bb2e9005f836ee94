"""Notes to sound through FluidSynth and a General MIDI soundfont."""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.errors import NotReady
from stemstudio.training.score import Note

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
# At one moment: the program first, and a key goes up before it goes down again.
_ORDER = {0xC0: 0, 0x80: 1, 0x90: 2}
_TICKS_PER_S = 960  # 480 to the quarter at 120 beats a minute


def _variable(value: int) -> bytes:
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(value & 0x7F | 0x80)
    return bytes(reversed(parts))


def midi_file(notes: Sequence[Note], program: int, *, percussion: bool = False) -> bytes:
    """One-track Standard MIDI File of `notes` for General MIDI `program` (0 to 127) or the drum kit of that number."""
    channel = 9 if percussion else 0
    events = [(0, bytes((0xC0 | channel, program)))]
    for note in notes:
        key, velocity = int(np.clip(note.pitch, 0, 127)), int(np.clip(note.velocity * 127, 1, 127))
        events.append((round(note.start_s * _TICKS_PER_S), bytes((0x90 | channel, key, velocity))))
        events.append((round((note.start_s + note.seconds) * _TICKS_PER_S), bytes((0x80 | channel, key, 0))))
    events.sort(key=lambda event: (event[0], _ORDER[event[1][0] & 0xF0]))
    track, now = b"", 0
    for at, message in events:
        track += _variable(at - now) + message
        now = at
    track += _variable(2 * _TICKS_PER_S) + b"\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(track)) + track


def play(
    notes: Sequence[Note], program: int, frames: int, *, percussion: bool = False, soundfont: Path = SOUNDFONT
) -> Samples:
    """Render `notes` at 44.1 kHz: float32 (2, frames).

    Raises
    ------
    NotReady
        If FluidSynth or the soundfont is not installed.
    """
    import soundfile

    program_path = shutil.which("fluidsynth")
    if program_path is None or not soundfont.exists():
        raise NotReady("FluidSynth or its soundfont is not installed.", "Install fluidsynth and fluid-soundfont-gm.")
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder, "notes.mid"), Path(folder, "notes.wav")
        score.write_bytes(midi_file(notes, program, percussion=percussion))
        command = [
            program_path,
            "-niq",
            "-R",
            "0",
            "-C",
            "0",
            "-g",
            "0.5",
            "-r",
            "44100",
            "-O",
            "float",
            "-T",
            "wav",
            "-F",
            str(sound),
        ]
        subprocess.run([*command, str(soundfont), str(score)], check=True, capture_output=True)  # noqa: S603 - fixed program, own files
        samples, _ = soundfile.read(sound, dtype="float32", always_2d=True)
    out = np.zeros((2, frames), np.float32)
    out[:, : min(frames, len(samples))] = samples.T[:, :frames]
    return out
