"""A real VST3 plug-in, compiled here, that crashes and hangs when it is told to."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import BadInput
from stemstudio.effects.chain import ChainSlot, from_toml, to_toml
from stemstudio.effects.chain_source import ChainSource
from stemstudio.effects.hosted import host
from stemstudio.effects.hosted.plugin import installed_plugins
from stemstudio.effects.registry import effect

RATE = 44100
pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("cc") is None, reason="compiles a plug-in for Linux"
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    machine = "x86_64-linux" if sys.maxsize > 2**32 else "i386-linux"
    folder = tmp_path_factory.mktemp("plug-ins") / "Fragile.vst3"
    (folder / "Contents" / machine).mkdir(parents=True)
    source = Path(__file__).parent / "plug_in" / "fragile.c"
    library = folder / "Contents" / machine / "Fragile.so"
    subprocess.run(
        ["cc", "-std=gnu11", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-o", library, source], check=True
    )
    return folder


@pytest.fixture
def plugin(bundle):
    effect.cache_clear()
    yield f"plugin:{bundle}"
    host.close_hosts()
    effect.cache_clear()


@pytest.fixture(scope="module")
def noise() -> AudioBuffer:
    return AudioBuffer(np.random.default_rng(0).normal(0, 0.1, (2, 60_000)).astype(np.float32), RATE)


def test_it_is_an_effect_like_any_other(plugin, noise):
    info = effect(plugin).info
    assert (info.id, info.title) == (plugin, "Fragile")
    assert "StemStudio tests" in info.summary
    assert [(spec.name, spec.default) for spec in info.params] == [("gain", 0.5), ("crash", 0.0), ("hang", 0.0)]
    slot = ChainSlot.of(plugin, {"gain": 0.25})
    assert from_toml(to_toml((slot,))) == (slot,)
    heard = ChainSource(noise, (slot, ChainSlot.of("trim", {"gain_db": 0.0})))
    assert heard.latency_frames == 64
    whole = heard.read(0, noise.frames)
    assert np.abs(whole - 0.5 * noise.samples).max() < 1e-6
    jumping = ChainSource(noise, heard.chain)
    for start in (40_000, 5, 20_001):
        assert np.array_equal(jumping.read(start, 3000), whole[:, start : start + 3000])


def test_two_chains_have_two_settings(plugin, noise):
    loud, soft = (ChainSource(noise, (ChainSlot.of(plugin, {"gain": gain}),)) for gain in (1.0, 0.1))
    for start in (0, 20_000):
        expected = noise.samples[:, start : start + 5000]
        assert np.abs(loud.read(start, 5000) - 2 * expected).max() < 1e-6
        assert np.abs(soft.read(start, 5000) - 0.2 * expected).max() < 1e-6


@pytest.mark.parametrize("channels", [1, 6])
def test_other_channels_than_two(plugin, noise, channels):
    source = AudioBuffer(np.repeat(noise.samples[:1], channels, axis=0), RATE)
    out = ChainSource(source, (ChainSlot.of(plugin, {"gain": 0.25}),)).read(0, source.frames)
    assert np.abs(out[:2] - 0.5 * source.samples[:2]).max() < 1e-6
    assert np.array_equal(out[2:], source.samples[2:])


def test_a_crash_takes_nothing_along(plugin, noise):
    """The sound goes on without it, in time, in this chain and the next; once closed it may be tried again."""
    heard = ChainSource(noise, (ChainSlot.of(plugin, {"crash": 1.0}), ChainSlot.of("trim", {"invert": True})))
    assert np.array_equal(heard.read(0, noise.frames), -noise.samples)
    assert list(host.faults().values()) == ["The plug-in Fragile crashed."]
    sane = (ChainSlot.of(plugin, {"gain": 0.25}),)
    assert np.array_equal(ChainSource(noise, sane).read(0, noise.frames), noise.samples)
    host.close_hosts()
    assert host.faults() == {}
    assert np.abs(ChainSource(noise, sane).read(0, noise.frames) - 0.5 * noise.samples).max() < 1e-6


def test_a_plug_in_that_hangs_is_ended(plugin, noise, monkeypatch):
    monkeypatch.setattr(host, "_ANSWER_S", 0.3)
    heard = ChainSource(noise, (ChainSlot.of(plugin, {"hang": 1.0}),))
    assert np.array_equal(heard.read(0, noise.frames), noise.samples)
    assert "does not answer" in next(iter(host.faults().values()))


def test_what_is_no_plug_in_is_told(tmp_path, plugin):
    with pytest.raises(BadInput, match="not on this machine"):
        effect(f"plugin:{tmp_path / 'None.vst3'}")
    (tmp_path / "Fake.vst3").write_text("no plug-in")
    with pytest.raises(BadInput, match="Fake"):
        effect(f"plugin:{tmp_path / 'Fake.vst3'}")


def test_plug_ins_are_found_without_being_opened():
    assert all(each.startswith("plugin:") for each in installed_plugins())
    assert host.faults() == {}
