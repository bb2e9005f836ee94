"""Voice from accompaniment by what repeats."""

from __future__ import annotations

import numpy as np

from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.separation.backend import Availability, BackendInfo, Ready, StemSink
from stemstudio.separation.classic.masking import PerFrame, high_pass, separate_by_spectrum
from stemstudio.spectral.masks import soft_mask
from stemstudio.spectral.stft import Spectrum, SpectrumBlock, StftSpec


class RepetSim:
    """REPET-SIM with a sliding memory.

    The accompaniment of most songs repeats itself, the voice over it does not. For each frame the frames most like it
    are looked up; the median of their magnitudes is the repeating background W, at most the mixture's V, and the voice
    gets the share of the rest, ``(V - W)^p / ((V - W)^p + W^p)``; ``p = 1`` is the mask of the paper
    (Rafii & Pardo, 2012, sections 2.1 to 2.3). Frames are compared within `memory_s` seconds to both sides, so that a
    song of any length streams (Rafii & Pardo, 2013, who look back 10 s). Below `low_hz` nothing is voice.
    """

    info = BackendInfo(
        id="repet-sim",
        title="Voice by repetition",
        summary="Lifts a voice off a backing that repeats, such as loops and strummed chords; a backing that never "
        "repeats goes to the voice too.",
        family="classic",
        stems=("vocals", "accompaniment"),
        params=(
            ParamSpec(
                "memory_s",
                "float",
                10.0,
                "Memory",
                "Longer finds patterns that return later and takes more time and memory.",
                low=2.0,
                high=30.0,
                step=1.0,
                unit="s",
            ),
            ParamSpec(
                "similar",
                "int",
                15,
                "Similar frames",
                "More give a steadier background and need music that repeats more often.",
                low=2,
                high=60,
                step=1,
            ),
            ParamSpec(
                "low_hz",
                "float",
                150.0,
                "Voice starts at",
                "Everything below goes to the accompaniment: higher protects bass and kick and thins a deep voice.",
                low=0.0,
                high=500.0,
                step=5.0,
                unit="Hz",
            ),
            ParamSpec(
                "distance_s",
                "float",
                1.0,
                "Distance",
                "Longer keeps a held note from being taken for a repetition and finds fewer repetitions of fast loops.",
                low=0.1,
                high=3.0,
                step=0.1,
                unit="s",
                group="Advanced",
            ),
            ParamSpec(
                "power",
                "float",
                2.0,
                "Mask sharpness",
                "Higher parts voice and background more sharply and sounds more watery; 1 is the mask of the paper.",
                low=1.0,
                high=4.0,
                step=0.5,
                group="Advanced",
            ),
        ),
        reference="Z. Rafii and B. Pardo (2012), Music/voice separation using the similarity matrix, ISMIR; "
        "(2013), Online REPET-SIM for real-time speech enhancement, ICASSP.",
    )

    def availability(self) -> Availability:
        """See `Backend.availability`."""
        return Ready()

    def separate(self, mix: Source, values: Values, sink: StemSink, reporter: Reporter) -> None:
        """See `Backend.separate`."""
        # Importing numba takes a second: only when there is something to separate.
        from stemstudio.separation.classic.similar import outline, repeating_magnitude

        spec = StftSpec.at_rate(mix.sample_rate, 4096)
        per_second = mix.sample_rate / spec.hop
        reach, distance = (round(float(values[name]) * per_second) for name in ("memory_s", "distance_s"))
        high = high_pass(spec, mix.sample_rate, float(values["low_hz"]))
        similar, power = int(values["similar"]), float(values["power"])
        magnitudes, outlines = PerFrame(np.abs), PerFrame(outline)

        def stems_of(block: SpectrumBlock) -> dict[str, Spectrum]:
            magnitude, own = magnitudes.of(block), block.own_slice
            repeating = repeating_magnitude(
                magnitude, outlines.of(block), own, count=similar, distance=distance, reach=reach
            )
            share = soft_mask(np.maximum(magnitude[:, own] - repeating, 0), repeating, power)
            return {"vocals": block.own * (share * high)}

        separate_by_spectrum(mix, spec, stems_of, sink, reporter, before=reach, after=reach, rest="accompaniment")
