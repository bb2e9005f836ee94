"""Parameters that describe themselves: from one `ParamSpec` come the form, the command line's check and the file.

Every backend, effect, repair method and exporter lists its parameters as `ParamSpec` and receives a plain
mapping of checked values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stemstudio.core.errors import BadInput

ParamValue = float | int | bool | str
Values = Mapping[str, ParamValue]


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """One parameter of a method.

    Parameters
    ----------
    name : str
        As in the code, on the command line and in files.
    kind : {'float', 'int', 'bool', 'choice'}
    default : ParamValue
    label : str
        A noun for people.
    help : str
        One sentence: what becomes better and what worse when it grows.
    low, high, step : float, optional
        Inclusive range and the step of a slider; numbers only.
    unit : str
        Shown beside the value: ``dB``, ``Hz``, ``s``, ``%``.
    choices : tuple of (value, title)
        For ``choice``.
    group : str
        Heading in the form; ``Advanced`` is folded.
    """

    name: str
    kind: Literal["float", "int", "bool", "choice"]
    default: ParamValue
    label: str
    help: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    group: str = ""

    def check(self, value: ParamValue) -> ParamValue:
        """Convert `value` (text from a command line too) to this parameter's type; `BadInput` if it does not fit."""
        match self.kind:
            case "bool":
                return self._check_bool(value)
            case "choice":
                if value in [choice for choice, _ in self.choices]:
                    return value
                names = ", ".join(choice for choice, _ in self.choices)
                raise BadInput(f"{self.name} is {value!r}.", f"Choose one of: {names}.")
        return self._check_number(value)

    def _check_bool(self, value: ParamValue) -> bool:
        if isinstance(value, bool):
            return value
        match str(value).strip().lower():
            case "1" | "true" | "yes" | "on":
                return True
            case "0" | "false" | "no" | "off":
                return False
        raise BadInput(f"{self.name} is {value!r}.", "Say true or false.")

    def _check_number(self, value: ParamValue) -> float | int:
        try:
            number = float(value)
        except ValueError:
            raise BadInput(f"{self.name} is {value!r}, not a number.", self._range()) from None
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not math.isfinite(number) or not low <= number <= high:
            raise BadInput(f"{self.name} is {value}.", self._range())
        if self.kind == "int":
            if number != round(number):
                raise BadInput(f"{self.name} is {value}.", "Give a whole number.")
            return int(number)
        return number

    def _range(self) -> str:
        if self.low is None or self.high is None:
            return "Give a number."
        return f"Give a number from {self.low:g} to {self.high:g}{' ' + self.unit if self.unit else ''}."


def resolve(specs: Sequence[ParamSpec], given: Values) -> dict[str, ParamValue]:
    """Return a value for every parameter: what was `given`, checked, and the defaults for the rest.

    Raises
    ------
    BadInput
        If a value does not fit or a name is unknown.
    """
    known = {spec.name: spec for spec in specs}
    for name in given:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise BadInput(f"There is no parameter {name!r}.", f"The parameters are: {names}.")
    return {name: spec.check(given[name]) if name in given else spec.default for name, spec in known.items()}
