"""Heal: texture like that around the selection."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import AudioBuffer, Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.repair.method import Context, MethodInfo, Passage
from stemstudio.repair.methods.attenuate import FLOOR_HZ, power_of, surrounding_power
from stemstudio.repair.spectral_box import Box, Cells, box_of, with_cells
from stemstudio.spectral.stft import Spectrum, StftSpec, spectrum_of, window_samples

_SPARSE = 16


class Heal:
    """The selection becomes noise with the spectrum, the level and the stereo width of what surrounds it.

    Noise with the short-time spectrum of the surroundings sounds like them as far as they are texture: air, room,
    breath, cymbals (Serra & Smith, 1990, stochastic part). A tone would stand in the spectrum as a peak and come back
    as a whistle; a median over frequency takes the floor under the peaks instead.
    """

    info = MethodInfo(
        id="heal",
        title="Heal",
        summary="Fills the selection with texture like that around it: for noises over room, breath, cymbals or hiss.",
        params=(
            ParamSpec(
                "direction",
                "choice",
                "both",
                "Look",
                "Where the texture is learned from: before and after, above and below, or both.",
                choices=(("time", "Along time"), ("frequency", "Along frequency"), ("both", "Both")),
            ),
            ParamSpec(
                "keep_tones",
                "bool",
                False,
                "Keep tones",
                "Also takes over the peaks of the surroundings, which fills more and can whistle.",
            ),
        ),
        reference="X. Serra and J. Smith (1990), Spectral modeling synthesis, Computer Music Journal 14(4).",
    )

    def repair(self, passage: Passage, values: Values, context: Context, reporter: Reporter) -> Samples:
        """See `RepairMethod.repair`."""
        del context, reporter
        box = box_of(passage)
        level = surrounding_power(box, power_of(box.cells), passage.sample_rate, str(values["direction"]))
        if not values["keep_tones"]:
            level = floor_of(level, passage.sample_rate, box.spec)
        return with_cells(passage, box, noise_like(level, box, passage))


def floor_of(level: Cells, sample_rate: int, spec: StftSpec) -> Cells:
    """Level of the noise under the tones: median over about `FLOOR_HZ`, float32 of the shape of `level`."""
    half = max(round(FLOOR_HZ * spec.n_fft / sample_rate / 2), 2)
    # The level is a straight line between the two sides, so that a few frames say enough.
    sparse = np.pad(level[:, ::_SPARSE], ((0, 0), (0, 0), (half, half)), mode="edge")
    floor = np.median(np.lib.stride_tricks.sliding_window_view(sparse, 2 * half + 1, axis=2), axis=3)
    return floor.astype(np.float32).repeat(_SPARSE, axis=1)[:, : level.shape[1]]


def noise_like(level: Cells, box: Box, passage: Passage) -> Spectrum:
    """Cells of noise whose expected power is `level`, its channels as alike as those of the surroundings."""
    channels, length = passage.samples.shape
    # The same selection always heals the same way, and no two places alike.
    random = np.random.default_rng([passage.start, length])
    noise = random.standard_normal((channels, length), dtype=np.float32)
    if channels == 2:
        noise[1] = _alike(box) * noise[0] + np.sqrt(1 - _alike(box) ** 2) * noise[1]
    cells = spectrum_of(AudioBuffer(noise, passage.sample_rate), box.spec, 0, level.shape[1])
    energy = np.float32(np.sum(window_samples(box.spec).astype(np.float64) ** 2))
    scaled: Spectrum = cells * np.sqrt(level / energy)
    return scaled


def _alike(box: Box) -> np.float32:
    """Correlation of the two channels in the known cells, -1 to 1."""
    left, right = box.cells[:, :, ::_SPARSE][:, box.known[:, ::_SPARSE]]
    scale = float(np.linalg.norm(left) * np.linalg.norm(right))
    return np.float32(np.clip(np.vdot(left, right).real / scale, -1, 1)) if scale > 0 else np.float32(0)
