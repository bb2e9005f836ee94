import numpy as np
import pytest
import soundfile

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.progress import Progress
from stemstudio.core.tempo import Tempo
from stemstudio.spectral.beats import estimate_tempo

RATE = 22050


def strokes(bpm, first_s, seconds=40):
    rng = np.random.default_rng(0)
    samples = 1e-4 * rng.standard_normal((1, seconds * RATE))
    for beat in np.arange(first_s, seconds - 0.1, 60 / bpm):
        start = int(beat * RATE)
        samples[0, start : start + 600] += 0.5 * rng.standard_normal(600) * np.exp(-np.arange(600) / 100)
    return AudioBuffer(samples.astype(np.float32), RATE)


@pytest.mark.parametrize(("bpm", "first_s"), [(72.5, 0.6), (97.3, 0.3), (128.0, 0.4), (140.25, 0.2)])
def test_strokes_give_their_tempo_and_their_beats_stay_in_step(bpm, first_s):
    tempo = estimate_tempo(strokes(bpm, first_s), Progress())
    assert tempo.bpm == pytest.approx(bpm, rel=1e-3)
    period = 60 / bpm
    off = (tempo.first_beat_s - first_s + period / 2) % period - period / 2
    assert abs(off) < 0.02
    last = 38 * RATE
    drift = Tempo(bpm, first_s).beats_at(last, RATE) - tempo.beats_at(last, RATE)
    assert abs(drift - round(drift)) < 0.06


def test_silence_and_shortness_have_no_tempo():
    assert estimate_tempo(AudioBuffer(np.zeros((2, 20 * RATE), np.float32), RATE), Progress()) is None
    assert estimate_tempo(AudioBuffer(np.ones((1, 100), np.float32), RATE), Progress()) is None
    assert estimate_tempo(AudioBuffer(np.zeros((1, 0), np.float32), RATE), Progress()) is None


def test_a_real_song_has_the_tempo_that_is_tapped(audio_folder):
    path = next((audio_folder / "mixtures").glob("*Fishin*.ogg"))
    samples, rate = soundfile.read(path, frames=60 * 44100, dtype="float32", always_2d=True)
    tempo = estimate_tempo(AudioBuffer(np.ascontiguousarray(samples.T), rate), Progress())
    assert tempo.bpm == pytest.approx(118, abs=0.5)  # librosa hears 117.5
