"""A sheet of sums: numbers, how each came of others, and how an error goes back through them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

from netwright.core.errors import InputError


@final
@dataclass(frozen=True)
class Part:
    """One number that another was made of.

    Args:
        name: of the number.
        slope: by how much the other moves when this one moves, the local derivative.
        rule: the slope as a formula.

    Example:
        >>> Part("x", 0.5, "w").slope
        0.5
    """

    name: str
    slope: float
    rule: str


@final
@dataclass(frozen=True)
class Line:
    """One number of a worksheet.

    Args:
        name: by which it is called.
        value: the number.
        formula: how it came, in names.
        sums: the same in numbers.
        parts: what it was made of; none where it was given.

    Example:
        >>> Line("x", 2.0).value
        2.0
    """

    name: str
    value: float
    formula: str = ""
    sums: str = ""
    parts: tuple[Part, ...] = ()


@final
@dataclass
class Worksheet:
    """Numbers in the order in which they were worked out, from the given ones to the loss.

    Use it to work out by hand what autograd does at once: each line keeps what it was made of and the slope
    towards each part, and `gradients` goes back from the last line to the first by the chain rule, without
    autograd. In Python's own floats, which have 64 bits.

        dL/dL = 1,   dL/da = sum over the lines b that a is part of: dL/db * db/da

    Args:
        digits: behind the point, in the text.
        lines: by name; empty to begin with.

    Example:
        >>> sheet = Worksheet()
        >>> x, w, b = sheet.given("x", 2.0), sheet.given("w", 0.5), sheet.given("b", -1.0)
        >>> z = sheet.weighted("z", [(w, x)], b)
        >>> y = sheet.activated("y", z, "tanh")
        >>> sheet[z].sums, sheet[y].value
        ('0.5 * 2 - 1', 0.0)
        >>> sheet.gradients()["w"]
        2.0
    """

    digits: int = 4
    lines: dict[str, Line] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Line:
        return self.lines[name]

    def given(self, name: str, value: float) -> str:
        """Write down a number that nothing made, and return its name.

        Args:
            name: by which it is called.
            value: the number.
        """
        return self.write(Line(name, float(value)))

    def weighted(self, name: str, pairs: Sequence[tuple[str, str]], bias: str | None = None) -> str:
        """Write down a sum of products, as a neuron makes it before its activation, and return its name.

        Args:
            name: by which it is called.
            pairs: weight and input of each product.
            bias: what is added to them; None for nothing.
        """
        value = math.fsum(self[w].value * self[x].value for w, x in pairs)
        formula = " + ".join(f"{w} * {x}" for w, x in pairs)
        terms = [f"{self.number(w)} * {self.number(x)}" for w, x in pairs]
        parts = [part for w, x in pairs for part in (self._part(w, x), self._part(x, w))]
        if bias is not None:
            value += self[bias].value
            formula = f"{formula} + {bias}"
            terms.append(self.number(bias))
            parts.append(Part(bias, 1.0, "1"))
        return self.write(Line(name, value, formula, _joined(terms), tuple(parts)))

    def activated(self, name: str, z: str, kind: str) -> str:
        """Write down an activation, and return its name.

        Args:
            name: by which it is called.
            z: what goes in.
            kind: "tanh", "sigmoid", "relu" or "identity".

        Raises:
            InputError: when kind is none of the four.
        """
        if kind not in _ACTIVATIONS:
            raise InputError(
                "kind must be an activation", repr(kind), f"choose from {', '.join(_ACTIVATIONS)}"
            )
        at = self[z].value
        value, slope, rule = _ACTIVATIONS[kind](at, name)
        text = z if kind == "identity" else f"{kind}({z})"
        sums = self.number(z) if kind == "identity" else f"{kind}({self.number(z)})"
        return self.write(Line(name, value, text, sums, (Part(z, slope, rule),)))

    def write(self, line: Line) -> str:
        """Write down any line, such as a loss of your own, and return its name.

        Args:
            line: with its parts and the slopes towards them.

        Raises:
            InputError: when the name is taken, or a part is not written down yet.
        """
        if line.name in self.lines:
            raise InputError("names must differ", repr(line.name), "give each number one of its own")
        missing = [part.name for part in line.parts if part.name not in self.lines]
        if missing:
            raise InputError("parts must be written down first", repr(missing[0]), "begin with what is given")
        self.lines[line.name] = line
        return line.name

    def gradients(self) -> dict[str, float]:
        """Return the derivative of the last line by each of the lines, by name."""
        slopes = dict.fromkeys(self.lines, 0.0)
        slopes[next(reversed(self.lines))] = 1.0
        for line in reversed(self.lines.values()):
            for part in line.parts:
                slopes[part.name] += slopes[line.name] * part.slope
        return slopes

    def number(self, name: str) -> str:
        """Return a number of the sheet as text.

        Args:
            name: of its line.
        """
        return written(self[name].value, self.digits)

    def forward_text(self) -> list[str]:
        """Return how each number was worked out, a line each."""
        return [
            f"{one.name} = {one.formula} = {one.sums} = {self.number(one.name)}" if one.parts
            else f"{one.name} = {self.number(one.name)}"
            for one in self.lines.values()
        ]  # fmt: skip

    def backward_text(self) -> list[str]:
        """Return how each derivative was worked out, from the loss to what was given, a line each."""
        slopes, last = self.gradients(), next(reversed(self.lines))
        above: dict[str, list[tuple[str, Part]]] = {name: [] for name in self.lines}
        for line in reversed(self.lines.values()):
            for part in line.parts:
                above[part.name].append((line.name, part))
        told = [f"d{last}/d{last} = 1"]
        for name in [one for one in reversed(self.lines) if above[one]]:
            rules = " + ".join(f"d{last}/d{line} * {part.rule}" for line, part in above[name])
            terms = [f"{self._text(slopes[line])} * {self._text(part.slope)}" for line, part in above[name]]
            told.append(f"d{last}/d{name} = {rules} = {_joined(terms)} = {self._text(slopes[name])}")
        return told

    def _part(self, name: str, other: str) -> Part:
        return Part(name, self[other].value, other)

    def _text(self, value: float) -> str:
        return written(value, self.digits)


def written(value: float, digits: int) -> str:
    """Return a number with so many digits behind its point at most, or as many that count where it is small.

    Args:
        value: the number.
        digits: behind the point.

    Example:
        >>> written(0.5, 4), written(1 / 3, 4), written(1.23456e-7, 4)
        ('0.5', '0.3333', '1.235e-07')
    """
    small = value != 0 and abs(value) < 10.0 ** (1 - digits)
    text = f"{value:.{digits - 1}e}" if small else f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _joined(terms: Sequence[str]) -> str:
    """Terms as a sum, in which a negative one is taken away."""
    text = terms[0]
    for term in terms[1:]:
        text += f" - {term[1:]}" if term.startswith("-") else f" + {term}"
    return text


def _tanh(at: float, name: str) -> tuple[float, float, str]:
    value = math.tanh(at)
    return value, 1 - value * value, f"(1 - {name}^2)"


def _sigmoid(at: float, name: str) -> tuple[float, float, str]:
    value = 1 / (1 + math.exp(-at)) if at >= 0 else math.exp(at) / (1 + math.exp(at))
    return value, value * (1 - value), f"{name} * (1 - {name})"


def _relu(at: float, name: str) -> tuple[float, float, str]:
    return max(at, 0.0), float(at > 0), f"[{name} > 0]"


def _identity(at: float, _: str) -> tuple[float, float, str]:
    return at, 1.0, "1"


_ACTIVATIONS = {"tanh": _tanh, "sigmoid": _sigmoid, "relu": _relu, "identity": _identity}
