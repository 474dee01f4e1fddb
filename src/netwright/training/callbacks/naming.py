"""Which parameters and modules of a network a callback means, by their names."""

from collections.abc import Callable, Iterable, Sequence

from torch import nn

from netwright.core.errors import InputError

Names = Sequence[str] | Callable[[str], bool]
"""Names, each for itself and whatever stands below it, or a function that says yes to a name."""

WEIGHTED = (nn.Linear, nn.Bilinear, nn.modules.conv._ConvNd)
"""Layers whose `weight` multiplies what comes in."""


def choose_names(known: Iterable[str], wanted: Names, setting: str) -> list[str]:
    """Return those of the known names that are wanted, in their order.

    Args:
        known: such as those of all parameters.
        wanted: "layers.0" means layers.0.weight as well, but not layers.01.
        setting: how the callback calls what is wanted, for the error.

    Raises:
        InputError: when a wanted name fits nothing, or the function says yes to nothing.

    Example:
        >>> choose_names(["body.0.weight", "body.0.bias", "head.weight"], ["body.0"], "modules")
        ['body.0.weight', 'body.0.bias']
    """
    known = list(known)
    if callable(wanted):
        found = [name for name in known if wanted(name)]
        if not found:
            raise _nothing(setting, "a function that says no to all of them", known)
        return found
    heads = [wanted] if isinstance(wanted, str) else list(wanted)
    for head in heads:
        if not any(stands_under(name, head) for name in known):
            raise _nothing(setting, repr(head)[:40], known)
    return [name for name in known if any(stands_under(name, head) for head in heads)]


def stands_under(name: str, head: str) -> bool:
    """Return whether a name is another one, or of something inside of it.

    Args:
        name: of a parameter, a buffer or a module.
        head: of a module, or the same; "" is the whole network.

    Example:
        >>> stands_under("body.0.weight", "body"), stands_under("body2.weight", "body")
        (True, False)
    """
    return not head or name == head or name.startswith(f"{head}.")


def weight_names(network: nn.Module) -> list[str]:
    """Return the names of the weights, not the biases, of linear and convolutional layers.

    Args:
        network: of any kind.

    Example:
        >>> weight_names(nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)))
        ['0.weight']
    """
    layers = [f"{name}.weight".lstrip(".") for name, m in network.named_modules() if isinstance(m, WEIGHTED)]
    return [name for name, _ in network.named_parameters() if name in set(layers)]


def check_positive(name: str, value: float, *, whole: bool = False) -> None:
    """Raise InputError where a setting is not a number above zero.

    Args:
        name: of the setting.
        value: of it.
        whole: whether it must be a whole number.

    Example:
        >>> check_positive("max_norm", 3.0)
    """
    numeric = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not numeric or not 0 < value < float("inf"):
        kind = "a whole number from 1" if whole else "a number above 0"
        raise InputError(f"{name} must be {kind}", repr(value)[:40], "give one")


def _nothing(setting: str, came: str, known: list[str]) -> InputError:
    shown = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
    return InputError(f"{setting} must name parts of the network ({shown})", came, "name some of these")
