"""A separation method whose weights were published by others: which model, which stem, and what is missing."""

from __future__ import annotations

from stemstudio.core.params import ParamSpec
from stemstudio.separation.backend import Availability, BackendInfo, Missing, Ready
from stemstudio.separation.neural.device import DEVICE, PRECISION
from stemstudio.separation.neural.library import models, what_is_missing

FOUR = ("vocals", "drums", "bass", "other")
OVERLAP = ParamSpec(
    "overlap",
    "float",
    25.0,
    "Overlap",
    "Higher smooths the joints between segments and takes longer.",
    low=5.0,
    high=75.0,
    step=5.0,
    unit="%",
    group="Advanced",
)


class Published:
    """What methods with published weights share; a method names itself and its stems."""

    id: str
    title: str
    summary: str
    reference: str
    stems: tuple[str, ...] = FOUR
    params: tuple[ParamSpec, ...] = (OVERLAP,)
    preferred: str = ""
    """The model that is taken where several, or none, are installed."""

    def __init__(self) -> None:
        found = [each for each in models(self.id) if set(each.stems) == set(self.stems)]
        self._models = {each.id: each for each in sorted(found, key=lambda each: each.id != self.preferred)}
        installed = [name for name, each in self._models.items() if each.installed]
        choice = ParamSpec(
            "model",
            "choice",
            (installed or [*self._models, self.id])[0],
            "Model",
            "Which of the published sets of weights is used.",
            choices=tuple((name, each.title) for name, each in self._models.items()) or ((self.id, self.title),),
        )
        only = ParamSpec(
            "only",
            "choice",
            "all",
            "Only the stem",
            "One stem alone takes a quarter of the time with a model of four networks; the rest goes to the residual.",
            choices=(("all", "All"), *((name, name.capitalize()) for name in self.stems)),
        )
        self.info = BackendInfo(
            id=self.id,
            title=self.title,
            summary=self.summary,
            family="neural",
            stems=self.stems,
            params=(choice, only, *self.params, DEVICE, PRECISION),
            reference=self.reference,
            needs_model=True,
        )

    def availability(self) -> Availability:
        """See `Backend.availability`."""
        if any(each.installed for each in self._models.values()):
            return Ready()
        if not self._models:
            return Missing(f"There is no model for {self.title}.", "Install StemStudio again.")
        return Missing(*what_is_missing(next(iter(self._models.values()))))
