"""Pictures of a run's log."""

from __future__ import annotations

import csv
from pathlib import Path


def plot_log(log: Path, picture: Path) -> None:
    """Draw loss and held-out scores of ``log.csv`` against the step into a PNG file."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    with log.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    steps = [int(row["step"]) for row in rows]
    loss = [float(row["loss"]) for row in rows]
    scores: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        for word in row["scores"].split():
            stem, value = word.split("=")
            scores.setdefault(stem, []).append((int(row["step"]), float(value)))
    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 8), sharex=True)
    above.plot(steps, loss, color="0.75", linewidth=0.5)
    span = max(1, len(loss) // 50)
    smooth = [sum(loss[max(0, i - span) : i + 1]) / len(loss[max(0, i - span) : i + 1]) for i in range(len(loss))]
    above.plot(steps, smooth, color="black")
    above.set_ylabel("training loss (dB)")
    for stem, points in scores.items():
        below.plot(*zip(*points, strict=True), marker="o", markersize=3, label=stem)
    below.set_ylabel("held-out SDR (dB)")
    below.set_xlabel("step")
    if scores:
        below.legend()
    figure.tight_layout()
    figure.savefig(picture, dpi=100)
    plt.close(figure)
