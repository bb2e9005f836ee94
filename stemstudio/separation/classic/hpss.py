"""Harmonic and percussive parts by median filters."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.separation.backend import Availability, BackendInfo, Ready, StemSink
from stemstudio.separation.classic.masking import separate_by_spectrum
from stemstudio.spectral.masks import soft_mask
from stemstudio.spectral.stft import WORKERS, Spectrum, SpectrumBlock, StftSpec


class Hpss:
    """Harmonic-percussive separation.

    A tone is a ridge along time in the spectrogram, a beat one along frequency. A median over time keeps the first,
    one over frequency the second (FitzGerald, 2010, eqs. 1 and 2); their magnitudes H and P become the soft masks
    ``H^p / (H^p + P^p)`` and the reverse (eqs. 5 and 6). With a margin above 1 each rival is weighted by it, so that
    what is clearly neither falls into the residual (Driedger, Mueller & Disch, 2014, eqs. 4 and 5, softened).
    Channels are separated one by one; magnitudes are mirrored at the ends of the sound and of the spectrum.
    """

    info = BackendInfo(
        id="hpss",
        title="Harmonic and percussive",
        summary="Parts tones from beats in any music; voices end up in both, as vowels and as consonants.",
        family="classic",
        stems=("harmonic", "percussive"),
        params=(
            ParamSpec(
                "margin",
                "float",
                1.0,
                "Margin",
                "Higher makes both stems purer and leaves more in the residual; 1 leaves nothing there.",
                low=1.0,
                high=10.0,
                step=0.1,
            ),
            ParamSpec(
                "power",
                "float",
                2.0,
                "Mask sharpness",
                "Higher parts the two more sharply and sounds more watery.",
                low=0.5,
                high=8.0,
                step=0.5,
            ),
            ParamSpec(
                "frame_samples",
                "choice",
                "2048",
                "Frame",
                "Longer frames tell close tones apart and smear beats; the length holds at 44.1 kHz and scales.",
                choices=(("1024", "23 ms"), ("2048", "46 ms"), ("4096", "93 ms"), ("8192", "186 ms")),
                group="Advanced",
            ),
            ParamSpec(
                "time_frames",
                "int",
                31,
                "Median over time",
                "More frames demand longer tones of the harmonic stem and let vibrato fall out of it.",
                low=3,
                high=101,
                step=2,
                group="Advanced",
            ),
            ParamSpec(
                "frequency_bins",
                "int",
                31,
                "Median over frequency",
                "More bins demand broader beats of the percussive stem and let drums with a pitch fall out of it.",
                low=3,
                high=101,
                step=2,
                group="Advanced",
            ),
        ),
        reference="D. FitzGerald (2010), Harmonic/percussive separation using median filtering, DAFx; "
        "J. Driedger, M. Mueller, S. Disch (2014), Extending harmonic-percussive separation of audio signals, ISMIR.",
    )

    def availability(self) -> Availability:
        """See `Backend.availability`."""
        return Ready()

    def separate(self, mix: Source, values: Values, sink: StemSink, reporter: Reporter) -> None:
        """See `Backend.separate`."""
        spec = StftSpec.at_rate(mix.sample_rate, int(values["frame_samples"]))
        time_frames, margin = int(values["time_frames"]), float(values["margin"])
        complete = margin == 1

        with ThreadPoolExecutor(WORKERS) as pool:

            def stems_of(block: SpectrumBlock) -> dict[str, Spectrum]:
                def channel(index: int) -> list[Spectrum]:
                    return _split(block, index, values)[: 1 if complete else 2]

                parts = list(pool.map(channel, range(mix.channels)))
                return {name: np.stack(part) for name, *part in zip(self.info.stems, *parts, strict=False)}

            separate_by_spectrum(
                mix,
                spec,
                stems_of,
                sink,
                reporter,
                before=time_frames // 2,
                after=time_frames // 2,
                rest="percussive" if complete else "",
            )


def _split(block: SpectrumBlock, channel: int, values: Values) -> list[Spectrum]:
    """Harmonic and percussive spectrum of the block's own frames in one channel, complex64 (frames, bins) each."""
    # Importing numba takes a second: only when there is something to separate.
    from stemstudio.separation.classic.median import median_over_bins, median_over_frames

    margin, power = np.float32(values["margin"]), float(values["power"])
    magnitude = np.abs(block.spectrum[channel])
    own = block.own_slice
    harmonic = median_over_frames(magnitude, own.start, own.stop, int(values["time_frames"]))
    percussive = median_over_bins(magnitude, own.start, own.stop, int(values["frequency_bins"]))
    spectrum = block.own[channel]
    share = soft_mask(harmonic, percussive * margin, power, 0.5 if margin == 1 else 0.0)
    if margin == 1:
        return [spectrum * share]
    return [spectrum * share, spectrum * soft_mask(percussive, harmonic * margin, power)]
