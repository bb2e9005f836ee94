"""Time and memory of published networks against the packages they were published with, on this machine.

Random weights of the published sizes; each side in a process of its own. The packages: see tests/parity/README.md.

    PYTHONPATH=parity/lib/python3.11/site-packages python tests/benchmarks/bench_networks.py htdemucs 30 [half]
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

RATE = 44100
FOUR = ["drums", "bass", "other", "vocals"]
THREADS = 2
CARD = 'title = "Bench"\nnetwork = "x"\nbackend = "{}"\nstems = {}\n[hyperparameters]\nhop = 441\nsegment = 352800\n'
LICENCE = '[licence]\ncode = "a"\nweights = "b"\n[training]\ndata = "c"\nsource = "d"\n'


def sound(seconds: float) -> np.ndarray:
    rng = np.random.default_rng(1)
    t = np.arange(round(seconds * RATE)) / RATE
    wave = 0.2 * np.sin(2 * np.pi * 220 * t) + rng.normal(0, 0.1, (2, len(t)))
    return wave.astype(np.float32)


def official_network(family: str):
    import torch

    torch.manual_seed(1)
    if family == "htdemucs":
        from demucs.htdemucs import HTDemucs

        return HTDemucs(FOUR, bottom_channels=512, dconv_mode=3, dconv_comp=8, t_layers=5, segment=Fraction(39, 5))
    if family == "hdemucs":
        from demucs.hdemucs import HDemucs

        return HDemucs(FOUR, segment=44)
    if family == "openunmix":
        stand_in_for_torchaudio()
        from openunmix.model import OpenUnmix

        return {stem: OpenUnmix(nb_bins=2049, hidden_size=512, max_bin=1487) for stem in FOUR}
    from bs_roformer import BSRoformer

    return BSRoformer(
        dim=384, depth=6, stereo=True, flash_attn=True, stft_hop_length=441, mask_estimator_depth=2,
        time_transformer_depth=1, freq_transformer_depth=1,
    )  # fmt: skip


def stand_in_for_torchaudio() -> None:
    from types import ModuleType

    extension = ModuleType("torchaudio._extension")
    extension._IS_TORCHAUDIO_EXT_AVAILABLE = extension._IS_ALIGN_AVAILABLE = False
    extension.fail_if_no_align = lambda function: function
    extension._check_cuda_version = lambda: None
    sys.modules["torchaudio._extension"] = extension


def official(family: str, seconds: float) -> dict[str, np.ndarray]:
    import torch

    network, wave = official_network(family), torch.from_numpy(sound(seconds))
    started = time.perf_counter()
    with torch.inference_mode():
        if family in ("htdemucs", "hdemucs"):
            from demucs.apply import apply_model

            middle = wave.mean(0)
            mean, std = middle.mean(), middle.std() + 1e-8
            out = apply_model(network.eval(), ((wave - mean) / std)[None], shifts=0, overlap=0.25)[0] * std + mean
            names = FOUR
        elif family == "openunmix":
            from openunmix.model import Separator

            out, names = Separator(network, niter=1).eval()(wave[None])[0], FOUR
        else:
            # The package runs a segment and no more; segments of 8 s that overlap by a quarter, as here.
            starts = range(0, max(wave.shape[1] - 88200, 1), 264600)
            padded = torch.nn.functional.pad(wave, (0, 352800))
            out = [network.eval()(padded[None, :, start : start + 352800]) for start in starts]
            return report("theirs", started, seconds, {})
    return report("theirs", started, seconds, dict(zip(names, out.numpy(), strict=True)))


def ours(family: str, seconds: float, precision: str) -> dict[str, np.ndarray]:
    import torch

    from stemstudio.core.buffer import AudioBuffer
    from stemstudio.core.params import resolve
    from stemstudio.core.progress import Progress
    from stemstudio.separation.neural.library import user_models_folder
    from stemstudio.separation.registry import backend

    folder = user_models_folder()
    folder.mkdir(parents=True)
    network = official_network(family)
    stems = FOUR if family != "roformer" else ["vocals", "accompaniment"]
    card = CARD.format(family, stems)
    for name, part in network.items() if isinstance(network, dict) else [("all", network)]:
        torch.save(
            {"state": part.state_dict(), "kwargs": {"sources": FOUR, "segment": Fraction(39, 5)}}, folder / f"{name}.th"
        )
        share = f"shares = {{ {name} = 1.0 }}\n" if name != "all" else ""
        card += f'[[files]]\nfile = "{name}.th"\nsha256 = "0"\n{share}'
    (folder / "bench.toml").write_text(card + LICENCE)
    del network
    method, sink = backend(family), Kept()
    mix = AudioBuffer(sound(seconds), RATE)
    values = resolve(method.info.params, {"model": "bench", "precision": precision, "device": "cpu"})
    started = time.perf_counter()
    method.separate(mix, values, sink, Progress())
    return report("ours", started, seconds, {name: np.concatenate(p, 1) for name, p in sink.parts.items()})


class Kept:
    def __init__(self) -> None:
        self.parts: dict[str, list[np.ndarray]] = {}

    def write(self, start, stems) -> None:
        for name, samples in stems.items():
            self.parts.setdefault(name, []).append(samples.copy())


def report(who: str, started: float, seconds: float, stems: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    taken = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime  # tells more than the clock where others use the machine; loading is in it
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{who}: {taken:.2f} s ({cpu:.1f} s of the processor) for {seconds:g} s, peak {peak_mb:.0f} MB", flush=True)
    np.savez(os.environ["BENCH_OUT"], taken=taken, cpu=cpu, peak_mb=peak_mb, **stems)
    return stems


def main() -> None:
    if "BENCH_OUT" in os.environ:
        import torch

        torch.set_num_threads(THREADS)
        who, family, seconds, precision = sys.argv[1:5]
        official(family, float(seconds)) if who == "theirs" else ours(family, float(seconds), precision)
        return
    family, seconds = sys.argv[1], sys.argv[2]
    runs = {"theirs": "-", "full": "full", "half": "half"}
    found = {}
    for name, precision in runs.items():
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.npz"
            environment = {**os.environ, "BENCH_OUT": str(out), "STEMSTUDIO_HOME": folder}
            who = "theirs" if name == "theirs" else "ours"
            subprocess.run([sys.executable, __file__, who, family, seconds, precision], env=environment, check=True)
            with np.load(out) as file:
                found[name] = {key: file[key] for key in file}
    theirs = found["theirs"]
    for name in ("full", "half"):
        ratio, memory = theirs["taken"] / found[name]["taken"], theirs["peak_mb"] / found[name]["peak_mb"]
        busy = theirs["cpu"] / found[name]["cpu"]
        print(f"{family}, {name}: {ratio:.2f} times as fast as theirs, {busy:.2f} by the processor's time")
        print(f"{family}, {name}: peak memory 1/{memory:.2f} of theirs")
    stems = [key for key in found["full"] if key not in ("taken", "cpu", "peak_mb")]
    error = sum(float(np.square(found["full"][key] - found["half"][key]).sum()) for key in stems)
    energy = sum(float(np.square(found["full"][key]).sum()) for key in stems)
    print(f"half against full: {10 * np.log10(energy / max(error, 1e-30)):.1f} dB")


if __name__ == "__main__":
    main()
