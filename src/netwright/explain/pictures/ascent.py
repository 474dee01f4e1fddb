"""Activation maximisation: the picture to which a part of a network answers most."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.explain.pictures.view import MAPS, at_rest
from netwright.training.layer_answers import UpTo, predict_layer

GROWTH, SHRINKING = 1.2, 0.5
"""What a step's length is multiplied by after a success and after a failure."""


@final
@dataclass(frozen=True)
class Smoothness:
    """What keeps a picture that a network has dreamt readable, instead of noise that excites it.

    Args:
        l2: weight of the mean square of the distance from grey, in units of the span.
        total_variation: weight of the mean square of the difference of neighbouring pixels.
        jitter: pixels by which the picture is shifted at random before each gradient.
        blur: standard deviation in pixels of the Gaussian that smooths each gradient; 0 for none.

    Example:
        >>> Smoothness(blur=1.0).jitter
        0
    """

    l2: float = 0.01
    total_variation: float = 0.01
    jitter: int = 0
    blur: float = 0.0


@final
@dataclass(frozen=True)
class Maximized:
    """Pictures, and how the activations rose.

    Args:
        images: (units, channels, height, width).
        activations: (steps + 1, units), those of the start first.

    Example:
        >>> Maximized(torch.zeros(1, 1, 2, 2), torch.tensor([[0.0], [1.0]])).activations[-1]
        tensor([1.])
    """

    images: Tensor
    activations: Tensor


def activation_maximization(
    model: Any,
    layer: str | nn.Module | None,
    units: int | Sequence[int],
    shape: Sequence[int] | None = None,
    *,
    span: tuple[float, float] | None = None,
    steps: int = 64,
    smoothness: Smoothness | None = None,
    random_state: int = 0,
) -> Maximized:
    """Return pictures that excite maps, neurons or classes most, by gradient ascent from grey noise.

    Use it to see what a filter looks for, or what a network believes a class looks like. All units are
    climbed for at once. No step is taken that lowers an activation or what is climbed: its length is halved
    instead, so that activations rise from the start to the end.

        maximise  h_u(x) - s (l2 mean((x - grey)^2) + total_variation mean((x_p - x_q)^2)),   p beside q

    h_u is the mean over the places of map u, or output u; s its first gradient's root mean square times the
    number of pixels, so that the weights mean the same for every unit; x counts in units of the span.

    Args:
        model: a network, or a fitted estimator of `netwright.vision`.
        layer: a name as `named_modules` gives it, or a part; "" for the answer of the network; None for what
            its last linear layer is given.
        units: numbers of maps or outputs of the layer.
        shape: (channels, height, width) of the pictures; None for those of the estimator.
        span: smallest and largest value of a pixel; None for 0 to 255 of an estimator, else 0 to 1.
        steps: of the ascent.
        smoothness: what keeps pictures readable.
        random_state: seed of the start and of the jitter.

    Raises:
        InputError: when the shape is unknown, or the layer has no such unit.

    Example:
        >>> from netwright.nets import ConvNet
        >>> dreamt = activation_maximization(ConvNet(), "features.1", [0, 5], (1, 16, 16), steps=8)
        >>> dreamt.images.shape, bool((dreamt.activations[-1] >= dreamt.activations[0]).all())
        (torch.Size([2, 1, 16, 16]), True)

    Source:
        Erhan, Bengio, Courville and Vincent (2009), "Visualizing Higher-Layer Features of a Deep Network",
        Technical Report 1341, Université de Montréal.

        Differs: penalties instead of a fixed norm, and steps that are halved where they fail.
    """
    network = model if isinstance(model, nn.Module) else getattr(model, "network_", None)
    shape = shape if shape is not None else getattr(model, "picture_shape_", None)
    if not isinstance(network, nn.Module) or shape is None or len(shape) != 3 or steps < 1:
        came = f"{type(model).__name__}, {shape} and {steps} steps"
        mend = "name the shape of the pictures; fit an estimator first"
        raise InputError("a network, a shape (channels, height, width) and steps are needed", came, mend)
    low, high = span or ((0.0, 1.0) if network is model else (0.0, 255.0))
    climb = _Climb(
        UpTo(network, layer), torch.as_tensor(units).reshape(-1), low, high, smoothness or Smoothness()
    )
    draw = torch.Generator().manual_seed(random_state)
    with at_rest(network) as device, torch.enable_grad():
        start = 0.5 + 0.05 * torch.randn(len(climb.units), *shape, generator=draw)
        images, trace = climb.run(start.clamp(0, 1).to(device), steps, draw)
    return Maximized((low + (high - low) * images).cpu(), trace.cpu())


@dataclass(frozen=True)
class _Climb:
    """The ascent in pictures from 0 to 1."""

    upto: UpTo
    units: Tensor
    low: float
    high: float
    smoothness: Smoothness

    def run(self, images: Tensor, steps: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
        scale = self.gradient(images, torch.zeros(len(images))).square().mean((1, 2, 3)).sqrt()
        scale = scale * images[0].numel()
        length = torch.full((len(images),), 0.05, device=images.device)
        height, worth = self.judge(images, scale)
        trace = [height]
        for _ in range(steps):
            direction = self.direction(images, scale, draw)
            tried = (images + length[:, None, None, None] * direction).clamp(0, 1)
            new_height, new_worth = self.judge(tried, scale)
            better = (new_worth > worth) & (new_height >= height)
            images = torch.where(better[:, None, None, None], tried, images)
            height, worth = torch.where(better, new_height, height), torch.where(better, new_worth, worth)
            length = torch.where(better, GROWTH * length, SHRINKING * length).clamp(1e-6, 0.5)
            trace.append(height)
        return images, torch.stack(trace)

    def judge(self, images: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            height = self.height(images)
            return height, height - scale * self.penalty(images)

    def height(self, images: Tensor) -> Tensor:
        answer = self.upto(self.low + (self.high - self.low) * images)
        if answer.ndim < 2 or not 0 <= int(self.units.min()) <= int(self.units.max()) < answer.shape[1]:
            came = f"{self.units.tolist()} for {tuple(answer.shape)}"
            raise InputError("units must be numbers of the layer's maps or outputs", came, "count from 0")
        chosen: Tensor = answer[torch.arange(len(images)), self.units]
        return chosen.flatten(1).mean(1) if chosen.ndim > 1 else chosen

    def penalty(self, images: Tensor) -> Tensor:
        pull = self.smoothness.l2 * (images - 0.5).square().mean((1, 2, 3))
        down, across = images.diff(dim=2).square(), images.diff(dim=3).square()
        rough = down.sum((1, 2, 3)) + across.sum((1, 2, 3))
        return pull + self.smoothness.total_variation * rough / images[0].numel()

    def gradient(self, images: Tensor, scale: Tensor) -> Tensor:
        images = images.detach().requires_grad_()
        total = (self.height(images) - scale.to(images) * self.penalty(images)).sum()
        return torch.autograd.grad(total, images)[0]

    def direction(self, images: Tensor, scale: Tensor, draw: torch.Generator) -> Tensor:
        reach = self.smoothness.jitter
        down, across = torch.randint(-reach, reach + 1, (2,), generator=draw).tolist()
        gradient = self.gradient(images.roll((down, across), (2, 3)), scale).roll((-down, -across), (2, 3))
        if self.smoothness.blur > 0:
            gradient = _blurred(gradient, self.smoothness.blur)
        return gradient / gradient.square().mean((1, 2, 3), keepdim=True).sqrt().clamp(min=1e-12)


def _blurred(images: Tensor, deviation: float) -> Tensor:
    reach = min(max(int(3 * deviation), 1), min(images.shape[2:]) - 1)
    place = torch.arange(-reach, reach + 1, device=images.device)
    bell = torch.exp(-0.5 * (place / deviation) ** 2)
    bell = (bell / bell.sum()).expand(images.shape[1], 1, 1, -1)
    wide = F.conv2d(F.pad(images, (reach, reach, 0, 0), mode="reflect"), bell, groups=images.shape[1])
    tall = F.pad(wide, (0, 0, reach, reach), mode="reflect")
    return F.conv2d(tall, bell.transpose(2, 3), groups=images.shape[1])


def feature_maps(model: Any, images: Any, layer: str | nn.Module, *, batch_size: int = 256) -> Tensor:
    """Return what the maps of a layer show of pictures, (rows, maps, height, width).

    Use it with `tile_png` to see which parts of a picture each filter finds.

    Args:
        model: a network, or a fitted estimator of `netwright.vision`.
        images: (rows, channels, height, width); all that the estimator reads.
        layer: its name as `named_modules` gives it, or itself.
        batch_size: pictures at once.

    Raises:
        InputError: when there is no such layer, or it gives no maps.

    Example:
        >>> from netwright.nets import ConvNet
        >>> feature_maps(ConvNet(), torch.rand(2, 1, 16, 16), "features.0").shape
        torch.Size([2, 32, 16, 16])
    """
    network = model if isinstance(model, nn.Module) else getattr(model, "network_", None)
    if not isinstance(network, nn.Module):
        mend = "give a torch module, or fit the estimator first"
        raise InputError("model must be a network or a fitted estimator", type(model).__name__, mend)
    pixels = torch.as_tensor(images if model is network else model.admit(images)).float()
    found = predict_layer(network, pixels, layer, batch_size=batch_size)
    if found.ndim != MAPS:
        mend = "take a convolution, or a block of them"
        raise InputError("layer must give maps", str(tuple(found.shape)), mend)
    return found
