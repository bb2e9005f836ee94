from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import BadInput
from stemstudio.effects.chain import ChainSlot, from_toml, to_toml
from stemstudio.effects.chain_source import ChainSource, chain_latency_frames, run_up_frames
from stemstudio.effects.effect import Memory
from stemstudio.effects.registry import effect, effect_ids, info_of

RATE = 44100


@pytest.fixture(scope="module")
def noise() -> AudioBuffer:
    rng = np.random.default_rng(0)
    loud = np.repeat(rng.choice([0.01, 0.1, 1.0], 200), RATE // 20)
    return AudioBuffer((loud * rng.normal(0, 0.2, (2, len(loud)))).astype(np.float32), RATE)


def test_a_slot_keeps_what_differs_from_the_defaults():
    slot = ChainSlot.of("gate", {"threshold_db": "-30", "range_db": 60, "hold_ms": 80.0})
    assert slot.values == (("threshold_db", -30.0),)
    assert slot.resolved()["hold_ms"] == 80.0
    assert slot.resolved()["threshold_db"] == -30.0


def test_a_chain_reads_as_it_was_written():
    chain = (
        ChainSlot.of("fet", {"ratio": "12", "makeup_db": 2.5}),
        ChainSlot.of("trim", {"invert": True}, bypass=True),
        ChainSlot.of("gate", sidechain='drums "loud"'),
    )
    assert from_toml(to_toml(chain)) == chain
    assert from_toml("") == ()


@pytest.mark.parametrize(
    "text",
    [
        "not toml [",
        "slot = 3",
        "slot = [1, 2]",
        "[[slot]]\nbypass = true",
        '[[slot]]\neffect = "reverse"',
        '[[slot]]\neffect = "gate"\n[slot.values]\nwobble = 1',
        '[[slot]]\neffect = "gate"\n[slot.values]\nthreshold_db = 400',
        '[[slot]]\neffect = "gate"\n[slot.values]\nthreshold_db = [1]',
        '[[slot]]\neffect = "gate"\ncolour = "red"',
        '[[slot]]\neffect = "gate"\nvalues = 3',
        '[[slot]]\neffect = "gate"\nsidechain = 3',
    ],
)
def test_what_is_no_chain_is_told_in_two_sentences(text):
    with pytest.raises(BadInput) as caught:
        from_toml(text)
    assert caught.value.what.endswith(".")
    assert caught.value.todo.endswith(".")


def test_an_unknown_effect_is_told_with_the_known_ones():
    with pytest.raises(BadInput, match="gate"):
        effect("reverse")
    assert len(effect_ids()) >= 13


def test_an_effect_that_is_not_here_can_still_be_named():
    assert info_of("gate") == effect("gate").info
    lost = info_of("plugin:/nowhere/Great Space.vst3")
    assert lost.title == "Great Space (missing)"
    assert "not on this machine" in lost.summary
    assert lost.params == ()
    assert info_of("reverse").title == "reverse (missing)"


def test_a_bypassed_slot_is_as_if_it_were_not_there(noise):
    slots = (
        ChainSlot.of("eq", {"peak1_db": 6.0}),
        ChainSlot.of("gate", bypass=True),
        ChainSlot.of("trim", {"gain_db": -3.0}),
    )
    with_it, without = (ChainSource(noise, chain) for chain in (slots, (slots[0], slots[2])))
    assert with_it.latency_frames == without.latency_frames == chain_latency_frames(slots, RATE) == 0
    assert np.array_equal(with_it.read(5000, 9000), without.read(5000, 9000))


def test_an_empty_chain_is_the_source(noise):
    for chain in ((), (ChainSlot.of("gate", bypass=True),)):
        assert np.array_equal(ChainSource(noise, chain).read(-10, 5000), noise.read(-10, 5000))


def test_outside_the_sound_there_is_silence(noise):
    heard = ChainSource(noise, (ChainSlot.of("plate", {"mix_percent": 50.0}),))
    assert not heard.read(-4000, 4000).any()
    assert not heard.read(noise.frames, 4000).any()
    assert heard.read(noise.frames - 10, 4000)[:, :10].any()
    assert heard.read(100, 0).shape == (2, 0)


def test_a_side_chain_is_in_time_behind_effects_that_are_late(noise):
    """The gate's key is as late as the sound that reaches it."""
    key = np.zeros((1, noise.frames), np.float32)
    key[:, 100_000:] = 0.9
    late = ChainSlot.of("limiter", {"ceiling_db": 0.0, "lookahead_ms": 10.0})
    gate = ChainSlot.of("gate", {"sidechain_use": "key", "range_db": 100.0, "lookahead_ms": 0.0}, sidechain="key")
    outs = [
        ChainSource(noise, chain, {"key": AudioBuffer(key, RATE)}).read(0, noise.frames)
        for chain in ((gate,), (late, gate))
    ]
    assert outs[0][:, 100_500:].any()
    opened = [np.flatnonzero(np.abs(out[0]) > 0.002)[0] for out in outs]
    assert opened[0] >= 100_000
    assert abs(opened[0] - opened[1]) < 30


def test_a_side_chain_of_another_rate_is_refused(noise):
    slot = ChainSlot.of("gate", sidechain="key")
    with pytest.raises(ValueError, match="48000"):
        ChainSource(noise, (slot,), {"key": AudioBuffer(noise.samples, 48000)})
    assert ChainSource(noise, (slot,)).read(0, 100).shape == (2, 100)


def test_an_error_of_the_source_does_not_spoil_what_follows(noise):
    class Failing:
        sample_rate, channels, frames = RATE, 2, noise.frames
        broken = True

        def read(self, start, frames):
            if self.broken and start > 50_000:
                raise OSError(5, "gone")
            return noise.read(start, frames)

    source = Failing()
    chain = (ChainSlot.of("compressor", {"threshold_db": -40.0}),)
    heard = ChainSource(source, chain)
    with pytest.raises(OSError, match="gone"):
        heard.read(40_000, 30_000)
    source.broken = False
    expected = ChainSource(noise, chain).read(0, noise.frames)
    assert np.abs(heard.read(40_000, 30_000) - expected[:, 40_000:70_000]).max() <= 1e-6


def test_a_run_up_is_long_enough_for_equal_times_in_a_row():
    """The slowest case: n poles of one time constant; their joint response must have faded."""
    for count in (1, 2, 5, 8):
        frames = run_up_frames([Memory(0, 0.1)] * count, 1000)
        response = np.zeros(frames + 2000)
        response[0] = 1
        for _ in range(count):
            pole, state = np.exp(-1 / 100), 0.0
            for i, value in enumerate(response):
                state = pole * state + (1 - pole) * value
                response[i] = state
        assert response[frames:].sum() < 3e-6
    assert run_up_frames([Memory(100, 0.0), Memory(50, 0.0)], 1000) == 150
    assert run_up_frames([], 1000) == 0
