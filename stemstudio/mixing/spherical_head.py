"""How a sound from some direction reaches two ears: a rigid sphere with pinnae.

Measured heads come as files with terms of their own and fit other people's ears no better; a model is a page, has every
direction, and is smooth. The sphere gives the differences between the ears in time and level exactly, at all
frequencies (Duda and Martens, 1998); five echoes of the pinna tell up from down and front from back (Brown and Duda,
1998, table II), at half their strength because they are nobody's own. The mean colour of all directions is taken out.
"""

from __future__ import annotations

from functools import lru_cache
from math import asin, atan2, ceil, cos, degrees, log2, pi, radians, sin

import numpy as np
from numpy.typing import NDArray

from stemstudio.mixing.layouts import Loudspeaker

Response = NDArray[np.complex128]

_RADIUS_M, _SOUND_M_PER_S = 0.0875, 343.0
_EAR_DEG = 100.0
_ORDERS = 70
_LOWEST_KA = 0.08
_HIGHEST_KA = 40.0  # 25 kHz; above, where nobody hears, the response stays what it is there
_LENGTH_S = 0.0107
_PINNA_STRENGTH = 0.5
# Strength, A, B (both in samples at 44.1 kHz) and D of each echo.
_ECHOES = (
    (0.5, 1.0, 2.0, 1.0),
    (-1.0, 5.0, 4.0, 0.5),
    (0.5, 5.0, 7.0, 0.5),
    (-0.25, 5.0, 11.0, 0.5),
    (0.25, 5.0, 13.0, 0.5),
)


@lru_cache(maxsize=4)
def ear_responses(loudspeakers: tuple[Loudspeaker, ...], sample_rate: int) -> NDArray[np.float64]:
    """Impulse responses from each loudspeaker to the left and the right ear: float64 (loudspeakers, 2, taps).

    The time at which the sound would reach the middle of the head is tap ``taps // 4``. Low-frequency channels are
    silent. The mean power over the other loudspeakers and both ears is one half at every frequency, so a room of unlike
    sounds is as loud at an ear as the sum of the loudspeakers on one side.
    """
    taps = 1 << ceil(log2(_LENGTH_S * sample_rate))
    hertz = np.asarray(np.fft.rfftfreq(taps, 1 / sample_rate), np.float64)
    heard = [each for each in loudspeakers if not each.low_frequency]
    waves = _waves(hertz)
    spectra = np.stack([[_at_ear(each, ear, waves, hertz) for ear in (_EAR_DEG, -_EAR_DEG)] for each in heard])
    spectra *= _minimum_phase(np.sqrt(0.5 / _smooth(np.mean(np.abs(spectra) ** 2, axis=(0, 1)))))
    spectra *= np.exp(-2j * pi * hertz * (taps // 4) / sample_rate)
    fade = np.ones(taps)
    edge = taps // 8
    fade[:edge] = np.hanning(2 * edge)[:edge]
    fade[-edge:] = np.hanning(2 * edge)[edge:]
    out = np.zeros((len(loudspeakers), 2, taps))
    out[[not each.low_frequency for each in loudspeakers]] = np.fft.irfft(spectra, taps, axis=2) * fade
    out.flags.writeable = False
    return out


def _at_ear(loudspeaker: Loudspeaker, ear_deg: float, waves: Response, hertz: NDArray[np.float64]) -> Response:
    azimuth, elevation = radians(loudspeaker.azimuth_deg), radians(loudspeaker.elevation_deg)
    direction = np.array([cos(azimuth) * cos(elevation), sin(azimuth) * cos(elevation), sin(elevation)])
    ear = np.array([cos(radians(ear_deg)), sin(radians(ear_deg)), 0.0])
    return _sphere(float(direction @ ear), waves) * _pinna(direction, hertz)


def _waves(hertz: NDArray[np.float64]) -> Response:
    """Pressure of each order of spherical wave on the sphere: complex128 (orders, frequencies)."""
    from scipy.special import spherical_jn, spherical_yn

    # Below 50 Hz nothing changes any more, and the slopes of high orders would pass the largest number.
    ka = np.clip(2 * pi * hertz * _RADIUS_M / _SOUND_M_PER_S, _LOWEST_KA, _HIGHEST_KA)
    order = np.arange(_ORDERS)[:, np.newaxis]
    slope = spherical_jn(order, ka, derivative=True) + 1j * spherical_yn(order, ka, derivative=True)
    return np.asarray(1j ** (order + 1) * (2 * order + 1) / slope / ka**2)


def _sphere(cosine: float, waves: Response) -> Response:
    """Pressure on a rigid sphere at that angle from where a wave comes, relative to the free field at its middle."""
    from scipy.special import eval_legendre

    # The wave comes from there: it travels the other way.
    pressure: Response = np.conj(eval_legendre(np.arange(_ORDERS), -cosine) @ waves)
    return pressure


def _pinna(direction: NDArray[np.float64], hertz: NDArray[np.float64]) -> Response:
    lateral, elevation = asin(min(max(float(direction[1]), -1), 1)), degrees(atan2(direction[2], direction[0]))
    response = np.ones(len(hertz), np.complex128)
    for strength, a, b, d in _ECHOES:
        delay_s = (a * cos(lateral / 2) * sin(radians(d * (90.0 - elevation))) + b) / 44100
        response += _PINNA_STRENGTH * strength * np.exp(-2j * pi * hertz * delay_s)
    return response


def _smooth(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over a third of an octave around each bin."""
    total = np.concatenate([[0.0], np.cumsum(power)])
    bins = np.arange(len(power))
    low = np.floor(bins * 2 ** (-1 / 6)).astype(int)
    high = np.minimum(np.ceil(bins * 2 ** (1 / 6)).astype(int), len(power) - 1) + 1
    return np.asarray((total[high] - total[low]) / (high - low))


def _minimum_phase(magnitude: NDArray[np.float64]) -> Response:
    """Response of that magnitude which comes as early as can be: the folded cepstrum."""
    taps = 2 * (len(magnitude) - 1)
    cepstrum = np.fft.irfft(np.log(magnitude), taps)
    cepstrum[1 : taps // 2] *= 2
    cepstrum[taps // 2 + 1 :] = 0
    return np.exp(np.fft.rfft(cepstrum))
