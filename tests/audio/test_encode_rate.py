import numpy as np
import pytest

from stemstudio.audio.encode_rate import StreamConverter
from stemstudio.audio.resample import resample
from stemstudio.core.buffer import AudioBuffer


@pytest.mark.parametrize("frames", [99, 100, 999, 44_101, 70_003])
@pytest.mark.parametrize(("source", "target"), [(44100, 48000), (96000, 48000), (22050, 24000), (11025, 12000)])
def test_a_stream_gives_what_the_whole_gives(source, target, frames):
    noise = np.random.default_rng(frames).normal(0, 0.2, (2, frames)).astype(np.float32)
    converter = StreamConverter(source, target, 2)
    parts = [converter.convert(noise[:, start : start + 7777]) for start in range(0, frames, 7777)]
    streamed = np.concatenate([*parts, converter.flush()], axis=1)
    whole = resample(AudioBuffer(noise, source), target)
    assert streamed.shape[1] == whole.frames
    # soxr takes the first samples as if the sound had been going on before.
    np.testing.assert_allclose(streamed[:, 8:], whole.read(8, whole.frames - 8), atol=1e-5)
