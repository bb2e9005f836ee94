from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from stemstudio.separation.neural.unet import UNet
from stemstudio.training.heldout import score, windows
from stemstudio.training.loop import Trainer, rate_at, settle_statistics
from stemstudio.training.losses import LOSSES, log_error, stem_errors
from stemstudio.training.material import Library
from stemstudio.training.mixing import Mixer, spectra_of

SMALL = {"widths": (8, 8, 12, 16), "hidden": 32, "dilations": (1, 2)}


@pytest.fixture
def mixer(demo_library: Library) -> Mixer:
    heard = Library(demo_library.clips, {"heard": demo_library.songs["heard"]})
    return Mixer(heard, 3, 2, 32)


def trainer(folder: Path, steps: int = 20, **more) -> Trainer:
    torch.manual_seed(5)
    return Trainer(UNet(**SMALL), folder, steps=steps, warm_up=5, peak_rate=4e-3, average=0.9, half=False, **more)


def test_training_from_scratch_lowers_the_held_out_error(tmp_path: Path, mixer: Mixer, demo_library: Library) -> None:
    run = trainer(tmp_path)
    batches = windows(demo_library.songs["held"], frames=64)
    before = run.held_out(lambda network: score(network, batches))
    run.run(mixer, workers=0)
    after = run.held_out(lambda network: score(network, batches))
    assert set(after) == {"vocals", "drums", "bass", "other"}
    assert np.mean(list(after.values())) > np.mean(list(before.values())) + 1.0
    assert after["drums"] > before["drums"] + 1.0
    assert (tmp_path / "log.csv").read_text().count("\n") == 21


@pytest.mark.parametrize("half", [False, True])
def test_a_resumed_run_ends_with_the_weights_of_an_unbroken_one(tmp_path: Path, mixer: Mixer, half: bool) -> None:
    torch.manual_seed(5)
    unbroken = Trainer(UNet(**SMALL), tmp_path / "unbroken", steps=4, half=half)
    unbroken.run(mixer, workers=0)
    torch.manual_seed(5)
    first = Trainer(UNet(**SMALL), tmp_path / "broken", steps=4, half=half)
    first.run(mixer, until=2, workers=0)
    torch.manual_seed(99)
    second = Trainer(UNet(**SMALL), tmp_path / "broken", steps=4, half=half)
    assert second.resume()
    assert second.step == 2
    second.run(mixer, workers=0)
    for name, value in unbroken.network.state_dict().items():
        assert torch.equal(value, second.network.state_dict()[name]), name
        assert torch.equal(unbroken.averaged[name], second.averaged[name]), name


def test_a_kill_while_saving_leaves_the_old_state(tmp_path: Path, mixer: Mixer, monkeypatch) -> None:
    run = trainer(tmp_path)
    run.run(mixer, until=1, workers=0)

    def interrupted(state: object, path: Path) -> None:
        path.write_bytes(b"half of")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.save()
    monkeypatch.undo()
    assert trainer(tmp_path).resume()


def test_accumulated_updates_are_fewer(tmp_path: Path, mixer: Mixer) -> None:
    run = trainer(tmp_path, accumulate=3)
    run.run(mixer, until=1, workers=0)
    assert run.updates == 1
    other = trainer(tmp_path / "other", accumulate=1)
    other.run(mixer, until=1, workers=0)
    assert other.updates == 3


def test_a_batch_depends_on_seed_and_step_alone(demo_library: Library) -> None:
    for step in (0, 7):
        a, b = (Mixer(demo_library, 3, 2, 32).batches(step) for _ in range(2))
        assert torch.equal(a[1].features, b[1].features)
    assert not torch.equal(Mixer(demo_library, 4, 2, 32).batches(7)[0].features, b[0].features)


def test_the_errors_are_those_of_masked_spectra(demo_library: Library) -> None:
    """The sums over bands give what masking the transform itself gives."""
    from stemstudio.separation.neural.bands import STEMS, spread
    from stemstudio.training.mixing import sums

    frames = 16
    clips = demo_library.songs["heard"]
    stems = {stem: clips[stem].read(44100 * 8, (frames - 1) * 2048) for stem in STEMS}
    spectra = spectra_of([stems], (frames - 1) * 2048)
    batch = sums(spectra, np.zeros((1, 4), np.int64), np.ones((1, 4, 2049), np.float32), [False])
    masks = torch.softmax(torch.randn(1, 4, 2, frames, 256, generator=torch.Generator().manual_seed(1)), 1)
    error, energy = stem_errors(masks, batch)
    masked = spread(masks) * spectra.sum(1)[:, None]
    expected = (masked - spectra).abs().square().sum((2, 4))
    torch.testing.assert_close(error, expected, rtol=1e-3, atol=float(expected.max()) * 1e-5)
    torch.testing.assert_close(energy, spectra.abs().square().sum((2, 4)), rtol=1e-4, atol=1e-6)


def test_bass_and_other_in_one_recording_are_scored_together(demo_library: Library) -> None:
    pair = Mixer(demo_library, 3, 2, 32).batches(0)[0]
    pair.joint[:] = torch.tensor([True, False])
    masks = torch.softmax(torch.randn(2, 4, 2, 32, 256, generator=torch.Generator().manual_seed(1)), 1)
    swapped = masks.clone()
    swapped[0, [2, 3]] = masks[0, [3, 2]]  # who of the two takes it makes no difference
    assert float(log_error(masks, pair, window=32)) == pytest.approx(
        float(log_error(swapped, pair, window=32)), rel=1e-5
    )
    swapped[1, [2, 3]] = masks[1, [3, 2]]
    assert float(log_error(masks, pair, window=32)) != pytest.approx(
        float(log_error(swapped, pair, window=32)), rel=1e-3
    )


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_a_perfect_mask_beats_an_even_one(demo_library: Library, name: str) -> None:
    batch = Mixer(demo_library, 3, 2, 64).batches(2)[0]
    best = (batch.cross / (batch.mix[:, None] + 1e-9)).clamp(0, 1)
    best = best / best.sum(1, keepdim=True).clamp(min=1e-6)
    even = torch.full_like(best, 0.25)
    assert float(LOSSES[name](best, batch)) < float(LOSSES[name](even, batch))


def test_parts_of_a_batch_are_all_of_it(demo_library: Library) -> None:
    batch = Mixer(demo_library, 3, 3, 32).batches(0)[0]
    parts = batch.parts(2)
    assert [part.joint.numel() for part in parts] == [2, 1]
    for field in fields(batch):
        whole = torch.cat([getattr(part, field.name) for part in parts])
        assert torch.equal(whole, getattr(batch, field.name))


def test_the_rate_warms_up_and_falls() -> None:
    rates = [rate_at(step, 100, 1.0, 10) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rate_at(100, 100, 1.0, 10) == pytest.approx(0.02)


def test_settled_statistics_are_those_of_what_is_heard(mixer: Mixer) -> None:
    torch.manual_seed(1)
    network = UNet(**SMALL)
    batches = [batch for step in range(2) for batch in mixer.batches(step)]
    settle_statistics(network, batches)
    heard = torch.cat([network.entry.first[0](network_input(network, batch)) for batch in batches])
    torch.testing.assert_close(network.entry.first[1].running_mean, heard.mean((0, 2, 3)), rtol=1e-3, atol=1e-3)
    assert network.entry.first[1].momentum == 0.1
    assert not network.training


def network_input(network: UNet, batch) -> torch.Tensor:
    """What the first convolution of a network without weights of its own before it is given."""
    folded = batch.features.unflatten(-1, (-1, network.fold)).permute(0, 1, 4, 2, 3).flatten(1, 2)
    return folded + network.tilt
