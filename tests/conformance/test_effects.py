"""What every effect has to hold, whatever it is: a new one is tested by being registered."""

from __future__ import annotations

import functools
import threading
import tracemalloc

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.params import resolve
from stemstudio.effects.chain import ChainSlot, from_toml, to_toml
from stemstudio.effects.chain_source import BLOCK_FRAMES, ChainSource
from stemstudio.effects.registry import effect, effect_ids, infos

RATE = 16000
TOLERANCE = 1e-6
# Hard at work: settings at which the effect has most to remember or to do.
BUSY = {
    "eq": {"low_cut_hz": 40.0, "peak1_db": 12.0, "peak1_q": 12.0, "high_shelf_db": -9.0},
    "deesser": {"low_hz": 3000.0, "threshold_db": -40.0, "reduction_db": 12.0},
    "gate": {"threshold_db": -20.0, "release_ms": 200.0},
    "expander": {"threshold_db": -15.0, "ratio": 4.0},
    "compressor": {"threshold_db": -40.0, "ratio": 8.0, "attack_ms": 1.0, "release_ms": 300.0, "lookahead_ms": 4.0},
    "fet": {"threshold_db": -40.0, "ratio": "20", "release_ms": 250.0, "program_percent": 90.0},
    "limiter": {"input_db": 18.0, "release_ms": 200.0},
    "saturation": {"drive_db": 24.0},
    "plate": {"mix_percent": 60.0, "decay_s": 1.2},
    "delay": {"mix_percent": 60.0, "feedback_percent": 50.0, "time_ms": 230.0, "crossed": True},
    "chorus": {"mix_percent": 80.0, "rate_hz": 1.3},
    "phaser": {"feedback_percent": 80.0, "rate_hz": 0.9},
    "widener": {"width_percent": 250.0, "spread_percent": 80.0},
    "trim": {"gain_db": -6.0, "invert": True, "swap": True},
}
# At rest: the sound comes out as it went in.
NEUTRAL = {
    "deesser": {"reduction_db": 0.0},
    "gate": {"range_db": 0.0, "lookahead_ms": 7.0},
    "expander": {"ratio": 1.0},
    "compressor": {"ratio": 1.0, "lookahead_ms": 5.0},
    "fet": {"threshold_db": 0.0},
    "saturation": {"mix_percent": 0.0},
    "limiter": {"ceiling_db": 0.0},
    "plate": {"mix_percent": 0.0},
    "delay": {"mix_percent": 0.0},
    "chorus": {"mix_percent": 0.0},
    "phaser": {"mix_percent": 0.0},
    "widener": {"width_percent": 100.0, "mono_below_hz": 20.0},
}
ENDS = [
    pytest.param(info.id, spec.name, value, id=f"{info.id}-{spec.name}-{value}")
    for info in infos()
    for spec in info.params
    for value in (
        [choice for choice, _ in spec.choices]
        if spec.kind == "choice"
        else [True, False]
        if spec.kind == "bool"
        else [spec.low, spec.high]
    )
]


@pytest.fixture(params=effect_ids())
def name(request) -> str:
    return request.param


@functools.cache
def phrases(seconds: float, rate: int = RATE, channels: int = 2, seed: int = 5) -> AudioBuffer:
    """Sung notes with sibilants, a noise floor, pauses, hits and stretches between soft and loud."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    loudness = np.clip(np.sin(2 * np.pi * t / 1.7), 0, None) ** 2 * (0.1 + 0.9 * (np.floor(t / 1.7) % 3 != 1))
    note = np.sin(2 * np.pi * 220 * t) + 0.5 * np.sin(2 * np.pi * 660 * t)
    hiss = rng.normal(0, 0.4, (channels, len(t))) * (np.sin(2 * np.pi * 1.3 * t) > 0.9)
    hits = np.exp(-40 * (t % 0.61)) * np.sin(2 * np.pi * 90 * t)
    floor = rng.normal(0, 0.002, (channels, len(t)))
    sides = 1 - 0.2 * np.arange(channels)[:, None]
    return AudioBuffer((0.35 * sides * loudness * (note + hiss) + 0.2 * hits + floor).astype(np.float32), rate)


def chained(source, name, values=None, sidechains=None):
    sidechain = "other" if sidechains else ""
    return ChainSource(source, (ChainSlot.of(name, values, sidechain=sidechain),), sidechains)


def in_one_pass(source, name, values=None, sidechains=None):
    return chained(source, name, values, sidechains).read(0, source.frames)


def test_the_information_is_complete(name):
    info = effect(name).info
    assert info.id == name
    assert info.title
    assert info.summary.endswith(".")
    assert len(info.reference) > 20
    for spec in info.params:
        assert spec.label
        assert spec.help.endswith(".")
        assert spec.check(spec.default) == spec.default
        if spec.kind in {"float", "int"}:
            assert spec.low < spec.high
            assert spec.step
    assert len({spec.name for spec in info.params}) == len(info.params)


@pytest.mark.parametrize("block_frames", [1, 17, 512, 2048, 65536])
def test_playback_in_blocks_is_the_export_in_one_pass(name, block_frames):
    source = phrases(9)
    whole = in_one_pass(source, name, BUSY[name])
    assert np.abs(whole - source.samples).max() > 1e-3, "the effect does nothing here"
    playing = chained(source, name, BUSY[name])
    starts = range(0, min(source.frames, 8_000 * block_frames), block_frames)
    played = np.concatenate([playing.read(start, block_frames) for start in starts], axis=1)[:, : source.frames]
    assert np.abs(played - whole[:, : played.shape[1]]).max() <= TOLERANCE


def test_what_is_read_does_not_depend_on_what_was_read_before(name):
    source = phrases(16)
    whole = in_one_pass(source, name, BUSY[name])
    assert chained(source, name, BUSY[name]).run_up_frames < 14 * RATE, "a jump starts from the beginning every time"
    jumping = chained(source, name, BUSY[name])
    rng = np.random.default_rng(1)
    for start in [source.frames - 3000, *rng.integers(-500, source.frames, 12)]:
        part = jumping.read(start, 3000)
        expected = AudioBuffer(whole, RATE).read(start, 3000)
        assert np.abs(part - expected).max() <= TOLERANCE


def test_the_processor_does_not_care_about_the_borders_of_blocks(name):
    source = phrases(1.5)
    values = resolve(effect(name).info.params, BUSY[name])
    whole = effect(name).prepare(values, RATE, 2).process(source.samples.copy())
    processor, rng, at, parts = effect(name).prepare(values, RATE, 2), np.random.default_rng(2), 0, []
    while at < source.frames:
        block = source.samples[:, at : at + int(rng.integers(1, 5000))].copy()
        before = block.copy()
        parts.append(processor.process(block))
        assert np.array_equal(block, before), "the effect wrote into what it was given"
        at += block.shape[1]
    assert np.abs(np.concatenate(parts, axis=1) - whole).max() <= TOLERANCE
    processor.reset()
    assert np.abs(processor.process(source.samples.copy()) - whole).max() <= TOLERANCE


def test_nothing_is_late(name):
    """At rest an effect gives back its input, in place to the sample."""
    source = AudioBuffer(0.5 * phrases(3).samples, RATE)
    out = in_one_pass(source, name, NEUTRAL.get(name))
    assert np.abs(out - source.samples).max() <= TOLERANCE


def test_a_whole_chain_of_them_is_not_late_either():
    source = AudioBuffer(0.5 * phrases(3).samples, RATE)
    chain = tuple(ChainSlot.of(name, NEUTRAL.get(name)) for name in effect_ids())
    heard = ChainSource(source, chain)
    assert heard.latency_frames > 400
    assert np.abs(heard.read(0, source.frames) - source.samples).max() <= 3 * TOLERANCE


def test_silence_stays_silent_and_is_what_remains(name):
    silence = AudioBuffer(np.zeros((2, 20000), np.float32), RATE)
    assert not in_one_pass(silence, name, BUSY[name]).any()
    samples = np.zeros((2, 16 * RATE), np.float32)
    samples[:, :RATE] = phrases(1).samples
    heard = chained(AudioBuffer(samples, RATE), name, BUSY[name])
    out = heard.read(0, samples.shape[1])
    assert np.abs(out[:, RATE + heard.run_up_frames :]).max() <= TOLERANCE


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("rate", [8000, 44100, 96000])
def test_any_channels_and_rate(name, channels, rate):
    source = phrases(0.4, rate, channels)
    out = in_one_pass(source, name, BUSY[name])
    assert out.shape == source.samples.shape
    assert out.dtype == np.float32
    assert np.isfinite(out).all()


@pytest.mark.parametrize(("name", "parameter", "value"), ENDS)
def test_both_ends_of_every_parameter(name, parameter, value):
    source = phrases(1.5, 8000)
    values = {**BUSY[name], parameter: value}
    out = in_one_pass(source, name, values)
    assert np.isfinite(out).all()
    assert np.abs(out).max() < 100
    again = chained(source, name, values).read(8500, 3000)
    assert np.abs(again - out[:, 8500:11500]).max() <= TOLERANCE


@pytest.mark.parametrize("kind", ["loud", "impulse", "constant", "faint", "opposed", "broken"])
def test_odd_sounds(name, kind):
    samples = phrases(1).samples.copy()
    match kind:
        case "loud":
            samples *= 1000
        case "impulse":
            samples[:] = 0
            samples[:, 5000] = 1
        case "constant":
            samples[:] = 0.5
        case "faint":
            samples *= np.float32(1e-18)
        case "opposed":
            samples[1] = -samples[0]
        case "broken":
            samples[0, 3000], samples[1, 3001] = np.nan, np.inf
    out = in_one_pass(AudioBuffer(samples, RATE), name, BUSY[name])
    assert np.isfinite(out).all()
    if kind == "broken":
        assert out[:, -3000:].any()


@pytest.mark.parametrize("name", [info.id for info in infos() if info.sidechain])
def test_another_stem_controls_it_the_same_everywhere(name):
    source, other = phrases(8), phrases(8, seed=9)
    values = BUSY[name] | ({"sidechain_use": "bleed", "bleed_db": 0.0} if name in {"gate", "expander"} else {})
    whole = in_one_pass(source, name, values, {"other": other})
    assert np.abs(whole - in_one_pass(source, name, values)).max() > 1e-3
    jumping = chained(source, name, values, {"other": other})
    for start in (100_000, 3000, 60_000):
        assert np.abs(jumping.read(start, 4000) - whole[:, start : start + 4000]).max() <= TOLERANCE


def test_several_threads_read_at_once(name):
    source = phrases(8)
    whole = in_one_pass(source, name, BUSY[name])
    heard, wrong = chained(source, name, BUSY[name]), []

    def read(seed: int) -> None:
        rng = np.random.default_rng(seed)
        start = 0
        for _ in range(20):
            start = int(rng.integers(0, source.frames - 2000)) if rng.random() < 0.2 else start
            if np.abs(heard.read(start, 2000) - AudioBuffer(whole, RATE).read(start, 2000)).max() > TOLERANCE:
                wrong.append(start)
            start = (start + 2000) % (source.frames - 2000)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(heard._idle) <= 4


class Generated:
    """A source of any length that takes no memory."""

    channels, sample_rate = 2, 8000

    def __init__(self, seconds: int) -> None:
        self.frames = seconds * self.sample_rate

    def read(self, start, frames):
        n = np.arange(start, start + frames)
        return np.stack([np.sin(n * 0.17), np.sin(n * 0.11)]).astype(np.float32) * (n >= 0) * (n < self.frames)


def test_memory_does_not_grow_with_the_song(name):
    peaks = []
    for seconds in (2, 75, 150):
        tracemalloc.start()
        heard = chained(Generated(seconds), name, BUSY[name])
        for start in range(0, heard.frames, 4096):
            heard.read(start, 4096)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.2 * peaks[1]


def test_what_grows_is_heard_when_it_has_come(name):
    class Growing(Generated):
        channels, sample_rate, frames = 2, RATE, RATE

        def read(self, start, frames):
            return AudioBuffer(phrases(2).samples[:, : self.frames], RATE).read(start, frames)

    source = Growing(1)
    source.frames = RATE
    heard = chained(source, name, BUSY[name])
    heard.read(0, RATE)
    source.frames = 2 * RATE
    assert np.abs(heard.read(0, 2 * RATE) - in_one_pass(phrases(2), name, BUSY[name])).max() <= TOLERANCE


def test_a_slot_survives_its_file(name):
    chain = (ChainSlot.of(name, BUSY[name], bypass=True, sidechain="drums “2”"), ChainSlot.of(name))
    assert from_toml(to_toml(chain)) == chain
    assert hash(chain) == hash(from_toml(to_toml(chain)))


def test_meters_tell_the_reduction_of_each_slot():
    source = phrases(2)
    chain = (ChainSlot.of("trim"), ChainSlot.of("compressor", BUSY["compressor"]), ChainSlot.of("gate", bypass=True))
    heard = ChainSource(source, chain)
    assert heard.reductions_db(RATE) == (0.0, 0.0, 0.0)
    heard.read(RATE // 4, BLOCK_FRAMES)
    trim, compressor, gate = heard.reductions_db(RATE // 4)
    assert (trim, gate) == (0.0, 0.0)
    assert 3 < compressor < 40
