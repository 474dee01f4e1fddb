"""Mixup and CutMix: pictures and their targets are mixed with those of other rows."""

from dataclasses import dataclass
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data.augmentations.pictures.batch import check_pictures, check_share


@final
@dataclass(frozen=True)
class Mixup:
    """Mixes each row with another one, and their targets in the same proportion.

    Use it against overfitting and for probabilities that are less sure; rows may be pictures or any other
    numbers. It is the method of Zhang, Cisse, Dauphin and Lopez-Paz (2018), "mixup: Beyond Empirical Risk
    Minimization", arXiv:1710.09412, with a proportion for each row instead of one for the batch.

        x = l x_i + (1 - l) x_j,   y = l y_i + (1 - l) y_j,   l ~ Beta(alpha, alpha)

    Args:
        n_classes: where targets are class numbers, which become probabilities, (batch, classes); None where
            they are numbers, probabilities, or 0 and 1 as floats.
        alpha: 0.2 to 0.4 is usual; the larger, the more even the mixture.

    Raises:
        InputError: when alpha is not above 0, or targets are class numbers without n_classes or beyond it.

    Example:
        >>> mix = Mixup(n_classes=2, alpha=1.0)
        >>> rows, target = torch.tensor([[0.0], [1.0]]), torch.tensor([0, 1])
        >>> mixed, shares = mix(rows, target, torch.Generator().manual_seed(3))
        >>> torch.allclose(mixed[:, 0], shares[:, 1])
        True
    """

    n_classes: int | None = None
    alpha: float = 0.2

    def __post_init__(self) -> None:
        _check_alpha(self.alpha)

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch mixed with itself.

        Args:
            inputs: uint8 or floats (batch, ...).
            target: class numbers (batch), or floats (batch, ...).
            generator: on the processor.
        """
        partner, share = _partners(inputs, self.alpha, generator)
        floats = inputs if inputs.is_floating_point() else inputs.float()
        mixed = _mixed(floats, partner, share)
        mixed = mixed if inputs.is_floating_point() else mixed.round().to(inputs.dtype)
        return mixed, _mixed(_numbers(target, self.n_classes), partner, share)


@final
@dataclass(frozen=True)
class CutMix:
    """Pastes a box of another picture into each, and mixes their targets by area.

    Use it against overfitting where things fill the picture; small things may be covered, or cut off from
    their label. It is the method of Yun, Han, Oh, Chun, Choe and Yoo (2019), "CutMix: Regularization Strategy
    to Train Strong Classifiers with Localizable Features", arXiv:1905.04899, with a box for each picture
    instead of one for the batch.

        box of height H sqrt(1 - l) and width W sqrt(1 - l) at a random centre,   l ~ Beta(alpha, alpha)
        y = s y_i + (1 - s) y_j,   s = share of the picture that is its own

    Args:
        n_classes: as in `Mixup`.
        alpha: 1 draws all proportions alike.
        share: of the pictures that are pasted into.

    Raises:
        InputError: when alpha is not above 0, targets are class numbers without n_classes or beyond it, or
            the batch is not one of pictures.

    Example:
        >>> paste = CutMix(n_classes=2)
        >>> target = torch.tensor([0, 1])
        >>> pictures = target.float().reshape(2, 1, 1, 1).expand(2, 1, 8, 8)
        >>> mixed, shares = paste(pictures, target, torch.Generator().manual_seed(3))
        >>> torch.allclose(mixed.mean((1, 2, 3)), shares[:, 1])
        True
    """

    n_classes: int | None = None
    alpha: float = 1.0
    share: float = 1.0

    def __post_init__(self) -> None:
        _check_alpha(self.alpha)
        check_share("share", self.share)

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch with boxes pasted in.

        Args:
            inputs: uint8 or floats (batch, channels, height, width).
            target: class numbers (batch), or floats (batch, ...).
            generator: on the processor.
        """
        check_pictures(inputs)
        partner, kept = _partners(inputs, self.alpha, generator)
        side = (1 - kept).clamp(min=0).sqrt()
        chosen = torch.rand(len(inputs), generator=generator).to(inputs.device) < self.share
        inside = chosen[:, None, None]
        for axis, length in ((2, inputs.shape[-2]), (1, inputs.shape[-1])):
            centre = torch.rand(len(inputs), generator=generator).to(inputs.device) * length
            places = torch.arange(length, device=inputs.device) + 0.5
            inside = inside & ((places - centre[:, None]).abs() < side[:, None] * length / 2).unsqueeze(axis)
        own = 1 - inside.float().mean((1, 2))
        mixed = torch.where(inside[:, None], inputs[partner], inputs)
        return mixed, _mixed(_numbers(target, self.n_classes), partner, own)


def _check_alpha(alpha: float) -> None:
    if not alpha > 0:
        raise InputError("alpha must be above 0", f"{alpha}", "0.2 is usual for Mixup, 1 for CutMix")


def _partners(inputs: Tensor, alpha: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Another row for each, and the share that is its own, drawn on the processor."""
    partner = torch.randperm(len(inputs), generator=generator)
    pair = torch.full((len(inputs), 2), alpha, dtype=torch.float64)
    share = torch._sample_dirichlet(pair, generator=generator)[:, 0]
    return partner.to(inputs.device), share.float().to(inputs.device)


def _mixed(values: Tensor, partner: Tensor, share: Tensor) -> Tensor:
    own = share.to(values).reshape(-1, *[1] * (values.ndim - 1))
    return own * values + (1 - own) * values[partner]


def _numbers(target: Tensor, n_classes: int | None) -> Tensor:
    if n_classes is None:
        if not target.is_floating_point():
            mend = "give n_classes, or probabilities"
            raise InputError("targets that are mixed must be floats", str(target.dtype), mend)
        return target
    if target.ndim != 1 or target.is_floating_point():
        came = f"{target.dtype} of shape {tuple(target.shape)}"
        raise InputError(
            "targets with n_classes must be class numbers (batch)", came, "leave n_classes at None"
        )
    if len(target) and int(target.max()) >= n_classes:
        raise InputError(
            f"class numbers must be below n_classes={n_classes}", f"{int(target.max())}", "count them"
        )
    return F.one_hot(target.long(), n_classes).float()
