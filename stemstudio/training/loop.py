"""The training loop: one network, one optimiser, averaged weights, and a state file that survives a kill.

Batches are a function of seed and step, so that a run that is stopped and resumed ends with the weights of a run that
was not.
"""

from __future__ import annotations

import csv
import math
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from stemstudio.training.config import RunConfig
from stemstudio.training.losses import LOSSES, log_error
from stemstudio.training.mixing import Batch, Mixer

Score = Callable[[nn.Module], dict[str, float]]
Loss = Callable[[Tensor, Batch], Tensor]


class _Steps(torch.utils.data.Dataset[list[Batch]]):
    def __init__(self, mixer: Mixer, first: int, end: int) -> None:
        self._mixer, self._first, self._count = mixer, first, end - first

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> list[Batch]:
        if index >= self._count:
            raise IndexError
        if torch.utils.data.get_worker_info() is not None:
            torch.set_num_threads(1)
        return self._mixer.batches(self._first + index)


def rate_at(step: int, steps: int, peak: float, warm_up: int) -> float:
    """Learning rate: linear warm-up, then half a cosine down to a fiftieth of `peak` at `steps`."""
    if step < warm_up:
        return peak * (step + 1) / warm_up
    turn = min(1.0, (step - warm_up) / max(1, steps - warm_up))
    return peak * (0.02 + 0.98 * (1 + math.cos(math.pi * turn)) / 2)


def mean_over_processes(network: nn.Module) -> None:
    """Average the gradients over the processes that torchrun started; nothing where there is one."""
    distributed = torch.distributed
    if not distributed.is_available() or not distributed.is_initialized():
        return
    for parameter in network.parameters():
        if parameter.grad is not None:
            distributed.all_reduce(parameter.grad)
            parameter.grad /= distributed.get_world_size()


@torch.no_grad()
def settle_statistics(network: nn.Module, batches: Sequence[Batch]) -> None:
    """Measure the means and variances of batch normalisation anew, over all `batches` with equal weight.

    Those that were kept while training belong to weights that have moved on since, and to averaged weights not at all
    (Wu and Johnson, 2021, "Rethinking 'batch' in BatchNorm", section 3).
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean of what is seen
    network.train()
    for batch in batches:
        network(batch.features)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()


class Trainer:
    """A network in training.

    Parameters
    ----------
    network : nn.Module
    folder : Path
        Where the state and the log are kept.
    steps : int
        Draws of the mixer in the whole run; each gives three batches.
    peak_rate : float
        Highest learning rate of AdamW (Loshchilov and Hutter, 2019).
    average : float
        Decay of the running mean of the weights, by update.
    half : bool
        Compute in bfloat16 where that is safe.
    clip : float
        Largest norm of the gradient.
    size : int
        Items that go through the network at once.
    accumulate : int
        How often that is done before the weights change.
    loss : callable
        See `losses`.
    """

    def __init__(
        self,
        network: nn.Module,
        folder: Path,
        *,
        steps: int,
        peak_rate: float = 2e-3,
        warm_up: int = 50,
        average: float = 0.999,
        half: bool = True,
        clip: float = 5.0,
        size: int = 2,
        accumulate: int = 1,
        loss: Loss = log_error,
    ) -> None:
        # Measured on one core: a third less time for the convolutions of small networks.
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch publishes no type
        self.network, self.folder, self.steps, self.loss = network, folder, steps, loss
        self.peak_rate, self.warm_up, self.decay, self.half = peak_rate, warm_up, average, half
        self.clip, self.size, self.accumulate = clip, size, accumulate
        self.averaged = {name: value.detach().clone() for name, value in network.state_dict().items()}
        self.optimiser = torch.optim.AdamW(network.parameters(), lr=peak_rate, weight_decay=1e-2, betas=(0.9, 0.99))
        self.step, self.updates = 0, 0
        self.last_loss = float("nan")
        folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def of(cls, config: RunConfig, network: nn.Module) -> Trainer:
        """A trainer for `network` as `config` says."""
        return cls(
            network,
            config.folder,
            steps=config.steps,
            peak_rate=config.peak_rate,
            warm_up=config.warm_up,
            average=config.average,
            half=config.precision == "bf16",
            clip=config.clip,
            size=config.update,
            accumulate=config.accumulate,
            loss=LOSSES[config.loss],
        )

    @property
    def _is_first(self) -> bool:
        """Whether this is the one process that writes files."""
        return os.environ.get("RANK", "0") == "0"

    @property
    def _state_path(self) -> Path:
        return self.folder / "state.pt"

    def save(self) -> None:
        """Write the state; a kill at any moment leaves the old or the new one."""
        if not self._is_first:
            return
        state = {
            "network": self.network.state_dict(),
            "averaged": self.averaged,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "updates": self.updates,
        }
        new = self._state_path.with_suffix(".new")
        torch.save(state, new)
        new.replace(self._state_path)

    def resume(self) -> bool:
        """Take up the state in the folder; False if there is none."""
        if not self._state_path.exists():
            return False
        state: dict[str, Any] = torch.load(self._state_path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.averaged = state["averaged"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.updates = state["step"], state["updates"]
        return True

    def update(self, batches: Sequence[Batch]) -> float:
        """One step of the optimiser on the mean gradient of `batches`; returns the mean loss."""
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(self.step, self.steps, self.peak_rate, self.warm_up)
        self.optimiser.zero_grad(set_to_none=True)
        total = 0.0
        for batch in batches:
            with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
                masks = self.network(batch.features)
            loss = self.loss(masks, batch) / len(batches)
            loss.backward()  # type: ignore[no-untyped-call]  # torch publishes no type for it
            total += float(loss.detach())
        mean_over_processes(self.network)
        # One bad batch must not end a night's work: what is not a number is not learned.
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
        if bool(torch.isfinite(norm)):
            self.optimiser.step()
        self.updates += 1
        self._average()
        return total

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.decay, self.updates / (self.updates + 10))
        for name, value in self.network.state_dict().items():
            if value.dtype.is_floating_point:
                self.averaged[name].lerp_(value, 1 - decay)
            else:
                self.averaged[name].copy_(value)

    def run(
        self,
        mixer: Mixer,
        *,
        until: int | None = None,
        workers: int = 1,
        save_every_s: float = 180.0,
        score_every_s: float = 300.0,
        score: Score | None = None,
        seconds: float = math.inf,
    ) -> None:
        """Train to step `until` (the end of the run if None) or for `seconds`, saving and scoring as it goes."""
        end = self.steps if until is None else min(until, self.steps)
        loader = torch.utils.data.DataLoader(
            _Steps(mixer, self.step, end),
            batch_size=None,
            shuffle=False,
            num_workers=workers,
            prefetch_factor=3 if workers else None,
        )
        began = saved = scored = time.monotonic()
        for batches in loader:
            parts = [part for batch in batches for part in batch.parts(self.size)]
            groups = [parts[i : i + self.accumulate] for i in range(0, len(parts), self.accumulate)]
            losses = [self.update(group) for group in groups]
            self.step += 1
            self.last_loss = sum(losses) / len(losses)
            now = time.monotonic()
            due = score is not None and (now - scored > score_every_s)
            self._log(now - began, self.held_out(score) if due and score else {})
            if due:
                scored = time.monotonic()
            if now - saved > save_every_s:
                self.save()
                saved = now
            if now - began > seconds:
                break
        self.save()

    def held_out(self, score: Score) -> dict[str, float]:
        """Apply `score` to the network with the averaged weights."""
        kept = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.averaged)
        found = score(self.network)
        self.network.load_state_dict(kept)
        return found

    def _log(self, seconds: float, scores: dict[str, float]) -> None:
        if not self._is_first:
            return
        path = self.folder / "log.csv"
        fresh = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file)
            if fresh:
                writer.writerow(["step", "seconds", "rate", "loss", "scores"])
            words = " ".join(f"{name}={value:.2f}" for name, value in scores.items())
            rate = rate_at(self.step, self.steps, self.peak_rate, self.warm_up)
            writer.writerow([self.step, f"{seconds:.1f}", f"{rate:.2e}", f"{self.last_loss:.4f}", words])
