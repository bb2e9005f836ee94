"""Effects: how many times real time on one core, each alone and as six full chains; jumps; against pedalboard.

Run by hand: ``python tests/benchmarks/bench_effects.py [FILE]``. The material is a whole real song. Everything runs
once to compile; what counts is the processor's time, so that other work on the machine does not. The rival is a chain
of pedalboard's gate, compressors and limiter, which is not linked between the channels and knows neither hysteresis nor
side-chain nor random access.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import soundfile

from stemstudio.core.buffer import AudioBuffer
from stemstudio.effects.chain import Chain, ChainSlot
from stemstudio.effects.chain_source import ChainSource
from stemstudio.effects.presets import preset
from stemstudio.effects.registry import effect_ids

STEMS = 6
PLAYBACK_FRAMES = 512


def rendered(song: AudioBuffer, chain: Chain, block_frames: int) -> float:
    """Seconds that one pass takes."""
    source = ChainSource(song, chain)
    start = time.process_time()
    for first in range(0, song.frames, block_frames):
        source.read(first, block_frames)
    return time.process_time() - start


def six_at_once(song: AudioBuffer, chain: Chain) -> float:
    """Seconds for six chains in turns, in the blocks of playback."""
    sources = [ChainSource(song, chain) for _ in range(STEMS)]
    start = time.process_time()
    for first in range(0, song.frames, PLAYBACK_FRAMES):
        for source in sources:
            source.read(first, PLAYBACK_FRAMES)
    return time.process_time() - start


def jump_ms(song: AudioBuffer, chain: Chain) -> tuple[float, float]:
    """Median and worst time of the first block after a jump of a chain that was just made."""
    times = []
    for start in np.linspace(song.frames // 3, song.frames - 4096, 12).astype(int):
        source = ChainSource(song, chain)
        begin = time.process_time()
        source.read(int(start), PLAYBACK_FRAMES)
        times.append(1000 * (time.process_time() - begin))
    return float(np.median(times)), max(times)


def pedalboards(song: AudioBuffer) -> float:
    import pedalboard

    board = pedalboard.Pedalboard(
        [
            pedalboard.NoiseGate(-40),
            pedalboard.Compressor(-24, 4),
            pedalboard.Compressor(-20, 2.5),
            pedalboard.Limiter(),
        ]
    )
    board(song.samples, song.sample_rate)
    start = time.process_time()
    board(song.samples, song.sample_rate)
    return time.process_time() - start


def main() -> None:
    audio = Path(os.environ.get("STEMSTUDIO_AUDIO") or Path(__file__).resolve().parents[3] / "shared" / "audio")
    path = Path(sys.argv[1]) if sys.argv[1:] else next((audio / "mixtures").glob("*Vibe_Ace*.ogg"))
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    song = AudioBuffer(np.ascontiguousarray(samples.T), rate)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(f"{path.name}: {song.seconds:.0f} s, {song.channels} channels, {rate} Hz, one core")
    vocal = preset("vocal-stem").chain_for(song)
    for name in effect_ids():
        chain = (ChainSlot.of(name),)
        rendered(AudioBuffer(song.samples[:, :rate], rate), chain, 8192)
        print(f"  {name:12s} {song.seconds / rendered(song, chain, 8192):6.0f} times real time")
    one, six = rendered(song, vocal, 8192), six_at_once(song, vocal)
    names, run_up_s = ", ".join(slot.effect for slot in vocal), ChainSource(song, vocal).run_up_frames / rate
    each, together = song.seconds / six, STEMS * song.seconds / six
    print(f"vocal stem ({names}), run-up {run_up_s:.1f} s")
    print(f"  one chain              {song.seconds / one:6.1f} times real time")
    print(f"  six chains, {PLAYBACK_FRAMES} frames {each:6.1f} times real time each, {together:.0f} together")
    print("  first block of a new chain: median {:.0f} ms, worst {:.0f} ms".format(*jump_ms(song, vocal)))
    theirs = pedalboards(song)
    print(f"pedalboard gate + two compressors + limiter: {song.seconds / theirs:.0f} times real time")
    print(f"  ratio {theirs / one:.2f}")


if __name__ == "__main__":
    main()
