"""Centre extraction: what both channels of a stereo sound share, apart from what is at the sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.separation.backend import Availability, BackendInfo, Ready, StemSink
from stemstudio.separation.classic.masking import high_pass, separate_by_spectrum
from stemstudio.spectral.stft import Spectrum, SpectrumBlock, StftSpec

_TINY = np.float32(1e-12)
_CENTER_SPEAKER = 2
_LAYOUTS_WITH_CENTER = (3, 5, 6, 7, 8)
"""Channel counts whose third channel is the centre loudspeaker, in the order of WAV files."""


class Center:
    """Centre extraction by a mask on each bin of a stereo spectrum.

    Each bin's share of the centre is how alike its two channels are, in phase and in level: the panning similarity
    ``2 Re(L R*) / (|L|^2 + |R|^2)``, which is 1 for equal channels, 0 for unrelated or one-sided ones and negative for
    opposed ones (Avendano & Jot, 2004, eq. 6, with the real part instead of the modulus, so that opposed phase
    counts as side). Both channels get the same mask, so the image does not move. Bass and kick live in the centre of
    most mixes; below `low_hz` everything is therefore given to the sides.

    A mono sound is all centre. In a sound with a centre loudspeaker that channel is centre as a whole; pairs behind the
    front are sides.
    """

    info = BackendInfo(
        id="center",
        title="Centre and sides",
        summary="Lifts a centred voice or solo out of a stereo mix and keeps the low end in the backing; other centred "
        "instruments such as the snare come along.",
        family="classic",
        stems=("center", "sides"),
        params=(
            ParamSpec(
                "focus",
                "float",
                1.0,
                "Focus",
                "Higher keeps only what is exactly in the middle and leaves more of the voice's reverberation behind.",
                low=0.5,
                high=8.0,
                step=0.1,
            ),
            ParamSpec(
                "low_hz",
                "float",
                120.0,
                "Low end kept",
                "Everything below stays in the sides: higher protects bass and kick and thins a deep voice.",
                low=0.0,
                high=500.0,
                step=5.0,
                unit="Hz",
            ),
        ),
        reference="C. Avendano and J.-M. Jot (2004), A frequency-domain approach to multichannel upmix, JAES 52(7/8).",
    )

    def availability(self) -> Availability:
        """See `Backend.availability`."""
        return Ready()

    def separate(self, mix: Source, values: Values, sink: StemSink, reporter: Reporter) -> None:
        """See `Backend.separate`."""
        spec = StftSpec.at_rate(mix.sample_rate, 4096)
        high = high_pass(spec, mix.sample_rate, float(values["low_hz"]))
        focus = np.float32(values["focus"])

        def stems_of(block: SpectrumBlock) -> dict[str, Spectrum]:
            return {"center": _center(block.spectrum, focus, high)}

        separate_by_spectrum(mix, spec, stems_of, sink, reporter, rest="sides")


def _center(spectrum: Spectrum, focus: np.float32, high: NDArray[np.float32]) -> Spectrum:
    channels = spectrum.shape[0]
    if channels == 1:
        return spectrum
    out = np.zeros_like(spectrum)
    left, right = spectrum[0], spectrum[1]
    mask = np.maximum(similarity(left, right), 0) ** focus * high
    out[:2] = spectrum[:2] * mask
    if channels in _LAYOUTS_WITH_CENTER:
        out[_CENTER_SPEAKER] = spectrum[_CENTER_SPEAKER]
    return out


def similarity(left: NDArray[np.complex64], right: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Panning similarity of two spectra of one shape, -1 to 1: ``2 Re(L R*) / (|L|^2 + |R|^2)``."""
    cross = left.real * right.real + left.imag * right.imag
    power = left.real**2 + left.imag**2 + right.real**2 + right.imag**2
    ratio: NDArray[np.float32] = 2 * cross / (power + _TINY)
    return ratio
