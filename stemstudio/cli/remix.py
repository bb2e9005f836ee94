"""``stemstudio remix DIR -o OUT``: stems mixed anew, in another key and at another tempo if asked."""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.encode import FORMATS, AudioWriter
from stemstudio.audio.loudness import TruePeakMeter
from stemstudio.cli.options import new_command, setting
from stemstudio.cli.plan import BITS
from stemstudio.cli.stem_files import stem_sounds
from stemstudio.cli.voice import Voice, level
from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput
from stemstudio.core.source import Source, blocks
from stemstudio.mixing.mixer import Mixer, MixInput
from stemstudio.mixing.stretch import KEY_LIMITS, TEMPO_LIMITS, stretched, stretched_frames

_BLOCK_FRAMES = 1 << 16
_GAINS_DB = (-120.0, 24.0)


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = new_command(commands, "remix", run, "Mix the stems of a folder anew; change key and tempo of all at once.")
    add = parser.add_argument
    add("folder", metavar="DIR", type=Path, help="files like vocals.wav or Song (vocals).wav")
    add("-o", "--output", metavar="OUT", type=Path, required=True, help="the mix, .wav or .flac")
    for name, what in (("gain", "in dB"), ("pan", "from -1 (left) to 1 (right)")):
        add(f"--{name}", metavar="STEM=VALUE", type=setting, action="append", default=[], help=what)
    add("--mute", metavar="STEM", action="append", default=[], help="leave a stem out")
    add("--solo", metavar="STEM", action="append", default=[], help="mix soloed stems only")
    add("--key", metavar="SEMITONES", type=float, default=0.0, help="higher, or lower if negative, at the same speed")
    add("--tempo", metavar="FACTOR", type=float, default=1.0, help="2 is twice as fast, in the same key")
    add("--bits", choices=BITS, help="24 by default; 32f is floating point; 16 is dithered")


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Read, mix, write."""
    _check(options)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="stemstudio-") as room:
        sounds = stem_sounds(options.folder, ClipStore(Path(room)), voice.progress.part(0.0, 0.4))
        mix = Mixer(_strips(sounds, options))
        if not any(mix.audible):
            raise BadInput("Every stem is muted.", "Leave one out of --mute.")
        frames = stretched_frames(mix.frames, options.tempo)
        peak, done = TruePeakMeter(2), 0
        kind = options.output.suffix.lower().removeprefix(".")
        bits = BITS[options.bits or "24"]
        part = voice.progress.part(0.4, 1.0)
        with AudioWriter(options.output, mix.sample_rate, 2, format=kind, bits=bits, frames=frames) as writer:
            for block in _rendered(mix, sounds, options):
                writer.write(block)
                peak.add(block)
                done += block.shape[1]
                part.update(done / max(frames, 1), "Mixing")
    voice.done(
        {
            "output": str(options.output),
            "seconds": round(time.perf_counter() - began, 3),
            "frames": frames,
            "sample_rate": mix.sample_rate,
            "key": options.key,
            "tempo": options.tempo,
            "stems": [name for name, heard in zip(sounds, mix.audible, strict=True) if heard],
            "true_peak_dbtp": level(peak.dbtp()),
            "clipped": writer.clipped,
        }
    )
    voice.say(f"{options.output}: {frames / mix.sample_rate:.1f} s, true peak {peak.dbtp():.1f} dBTP.")
    if writer.clipped:
        voice.say(f"  {writer.clipped} samples are louder than full scale and were clipped; lower a gain.")
    return 0


def _check(options: argparse.Namespace) -> None:
    kind = options.output.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise BadInput(f"{options.output.name} ends in no format that can be written.", f"Try .{' .'.join(FORMATS)}.")
    for name, value, (low, high) in (("key", options.key, KEY_LIMITS), ("tempo", options.tempo, TEMPO_LIMITS)):
        if not low <= value <= high:
            raise BadInput(f"The {name} is {value:g}.", f"Give {low:g} to {high:g}.")


def _rendered(mix: Mixer, sounds: Mapping[str, Source], options: argparse.Namespace) -> Iterator[Samples]:
    """Blocks of the mix; stretched on the grid of all stems, so that mixes of other stems fit to it."""
    if options.key == 0.0 and options.tempo == 1.0:
        return (block for _, block in blocks(mix, _BLOCK_FRAMES))
    whole = Mixer(tuple(MixInput(each) for each in sounds.values()))
    return stretched([mix], whole, options.tempo, options.key)


def _strips(sounds: Mapping[str, Source], options: argparse.Namespace) -> tuple[MixInput, ...]:
    gains, pans = _numbers(options.gain, sounds, "gain", _GAINS_DB), _numbers(options.pan, sounds, "pan", (-1.0, 1.0))
    mutes, solos = _names(options.mute, sounds), _names(options.solo, sounds)
    return tuple(
        MixInput(source, gains.get(name, 0.0), pans.get(name, 0.0), mute=name in mutes, solo=name in solos)
        for name, source in sounds.items()
    )


def _numbers(
    wishes: list[tuple[str, str]], sounds: Mapping[str, Source], noun: str, limits: tuple[float, float]
) -> dict[str, float]:
    names = _names([name for name, _ in wishes], sounds)
    numbers: dict[str, float] = {}
    for name, (_, text) in zip(names, wishes, strict=True):
        try:
            numbers[name] = max(float(text), limits[0]) if text == "-inf" else float(text)
        except ValueError:
            numbers[name] = math.nan
        if not limits[0] <= numbers[name] <= limits[1]:
            raise BadInput(f"The {noun} of {name} is {text!r}.", f"Give a number from {limits[0]:g} to {limits[1]:g}.")
    return numbers


def _names(wishes: list[str], sounds: Mapping[str, Source]) -> list[str]:
    names = [wish.strip().casefold() for wish in wishes]
    for name in names:
        if name not in sounds:
            raise BadInput(f"There is no stem {name!r}.", f"The stems are: {', '.join(sounds)}.")
    return names
