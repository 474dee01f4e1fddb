"""Checks of settings that belong together: dropout, and the optimizer beside it."""

from collections.abc import Iterator

import torch

from netwright.doctor.case.case import Case
from netwright.doctor.finding import Finding, Place
from netwright.doctor.probe.training import is_dropout


def check_dropout_recipe(case: Case) -> Iterator[Finding]:
    """Dropout without momentum, and shares above a half or below a twentieth.

    With dropout each step sees another thin network, so that gradients are noisy: momentum of 0.9 and more
    evens them out. Shares between 0.2 and 0.5 are usual; more mostly holds back, and less hardly regularises.
    Information, and nothing where the settings are usual.

    Args:
        case: whose settings.

    Source:
        Srivastava et al. (2014), "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15
    """
    parts = [one for module in case.modules for one in module.modules()]
    shares = [float(getattr(one, "p", 0.0)) for one in parts if is_dropout(one)]
    shares = [one for one in shares if one > 0]
    optimizer = case.trainee.optimizer
    if not shares or optimizer is None:
        return
    place = Place(case.name, optimizer.line)
    plain = isinstance(optimizer.optimizer, torch.optim.SGD)
    if plain and not float(optimizer.groups[0].get("momentum", 0.0)):
        yield Finding(
            "bad_optimizer_setting",
            "info",
            f"A dropout of {max(shares):.2g} makes gradients noisy, and SGD has no "
            "momentum to even them out.",
            place,
            {"dropout": max(shares), "momentum": 0.0},
            "Take a momentum of 0.9 to 0.99, and a rate some ten times that of training without dropout.",
        )
    if max(shares) > 0.5:
        yield _recipe(
            "dropout_too_high", f"A dropout of {max(shares):.2g} hides more than half.", max(shares), place
        )
    if min(shares) < 0.05:
        said = f"A dropout of {min(shares):.2g} hides next to nothing and hardly regularises."
        yield _recipe("overfit", said, min(shares), place)


def _recipe(kind: str, said: str, share: float, place: Place) -> Finding:
    return Finding(kind, "info", said, place, {"dropout": share}, "Take a dropout between 0.2 and 0.5.")
