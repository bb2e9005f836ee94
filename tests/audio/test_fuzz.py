"""Damaged files of every kind: decoded or refused, never a traceback, a crash or a hang.

`STEMSTUDIO_FUZZ_SEED` and `STEMSTUDIO_FUZZ_CASES` choose other damage and more of it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

SEED = int(os.environ.get("STEMSTUDIO_FUZZ_SEED", "1"))
CASES = int(os.environ.get("STEMSTUDIO_FUZZ_CASES", "240"))
BATCH = 40
SECONDS_PER_CASE = 3
WORKER = Path(__file__).with_name("fuzz_worker.py")
# The worker is a script in a folder of its own and finds the package where this process has found it.
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)}
EXTREMES = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0")


def damage(rng: random.Random, whole: bytes, others: list[bytes]) -> bytes:
    data = bytearray(whole)
    size = len(data)
    match rng.randrange(6):
        case 0:  # bytes anywhere
            for _ in range(rng.choice((1, 4, 30, 300))):
                data[rng.randrange(size)] = rng.randrange(256)
        case 1:  # bits of the header
            for _ in range(rng.choice((1, 3, 10))):
                data[rng.randrange(min(size, 400))] ^= 1 << rng.randrange(8)
        case 2:  # cut
            del data[rng.randrange(size) :]
        case 3:  # a piece missing
            first, last = sorted(rng.sample(range(size), 2))
            del data[first:last]
        case 4:  # another file from some point on
            other = rng.choice(others)
            at = rng.randrange(min(size, len(other)))
            data[at:] = other[at:]
        case 5:  # a field at its limit
            at = rng.randrange(min(size, 2000))
            data[at : at + 4] = rng.choice(EXTREMES)
    return bytes(data)


def outcomes(paths: list[Path]) -> list[str]:
    """What came of each file, in processes of their own."""
    results: list[str] = []
    while len(results) < len(paths):
        batch = paths[len(results) : len(results) + BATCH]
        with subprocess.Popen(
            [sys.executable, WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        ) as process:
            try:
                said, complaints = process.communicate("".join(f"{path}\n" for path in batch), SECONDS_PER_CASE * BATCH)
                end = f"crashed with {process.returncode}"
            except subprocess.TimeoutExpired:
                process.kill()
                said, complaints = process.communicate()
                end = "hung"
        lines = said.splitlines()
        assert not complaints, complaints
        results += lines if len(lines) == len(batch) else [*lines, end]
    return results


def test_no_damage_escapes_as_anything_but_a_refusal(one_of_each, tmp_path):
    rng = random.Random(SEED)
    wholes = {path.name: path.read_bytes() for path in one_of_each}
    folder = tmp_path / "damaged"
    folder.mkdir()
    paths = []
    for case in range(CASES):
        name = sorted(wholes)[case % len(wholes)]
        path = folder / f"{case:05d}-{name}"
        path.write_bytes(damage(rng, wholes[name], list(wholes.values())))
        paths.append(path)
    results = outcomes(paths)
    kinds = Counter(result.split()[0] for result in results)
    bad = [f"{path.name}: {result}" for path, result in zip(paths, results, strict=True)
           if result.split()[0] not in ("decoded", "refused")]  # fmt: skip
    assert not bad, "\n".join(bad)
    # Some of the damage is fatal and some is not, or nothing was tried.
    assert kinds["decoded"] > CASES // 10
    assert kinds["refused"] > CASES // 10
