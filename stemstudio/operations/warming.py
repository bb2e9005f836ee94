"""Loading in the background what is slow to load: the window does it once it is painted."""

from __future__ import annotations

from stemstudio.core.progress import Reporter


def warm_up(reporter: Reporter) -> None:
    """Load libraries and compile loops of separation, repair and effects, so that the first use of each is quick."""
    from stemstudio.effects.warm import warm_up as warm_up_effects
    from stemstudio.repair.warm import warm_up as warm_up_repair
    from stemstudio.separation.warm import warm_up as warm_up_separation

    warm_up_separation(reporter.part(0, 0.5))
    warm_up_repair(reporter.part(0.5, 0.7))
    warm_up_effects(reporter.part(0.7, 1))
