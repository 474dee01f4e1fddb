"""Feature inversion: a picture that looks to a network as another one does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.explain.pictures.view import at_rest
from netwright.nets import Hourglass
from netwright.training.bar import Tell, progress_bar
from netwright.training.layer_answers import UpTo

NOISE_MAPS, NOISE_SCALE = 32, 0.1
"""What the hourglass is given: fixed noise, uniform from 0 to the scale."""


@final
@dataclass(frozen=True)
class Inverted:
    """A picture, and how near its features came.

    Args:
        image: (channels, height, width).
        errors: of each step, squared and relative to the features' own squares.
        best_step: that gave the picture, from 0.

    Example:
        >>> Inverted(torch.zeros(1, 2, 2), (0.5, 0.1), 1).best_step
        1
    """

    image: Tensor
    errors: tuple[float, ...]
    best_step: int


def feature_inversion(
    model: Any,
    image: Any,
    layer: str | nn.Module | None,
    *,
    span: tuple[float, float] | None = None,
    steps: int = 500,
    widths: Sequence[int] = (32, 32, 32),
    learning_rate: float = 0.01,
    random_state: int = 0,
    progress: bool = False,
) -> Inverted:
    """Return a picture whose features are those of a given one, drawn by an untrained hourglass.

    Use it to see what a layer keeps of a picture, and what it does not care about: what comes back is what
    the network knows; what is lost on the way, the prior fills with what looks like a picture. An hourglass
    of convolutions, which has learned from nothing, stands in place of pixels that are free, so that the
    answer is no noise which the network mistakes for the picture.

        minimise over w   ||h(f_w(z)) - h(x)||^2 / ||h(x)||^2,   z fixed noise;   answer = f_w(z)

    h is the network up to the layer; the answer is that of the step with the least error.

    Args:
        model: a network, or a fitted estimator of `netwright.vision`.
        image: (channels, height, width), or (1, channels, height, width); one that the estimator reads, in a
            list.
        layer: a name as `named_modules` gives it, or a part; "" for the answer of the network; None for what
            its last linear layer is given.
        span: smallest and largest value of a pixel; None for 0 to 255 of an estimator, else 0 to 1.
        steps: of Adam.
        widths: maps of each scale of the hourglass; fewer for small pictures.
        learning_rate: of Adam.
        random_state: seed of the hourglass and of the noise.
        progress: whether a bar on stderr shows how far it is.

    Raises:
        InputError: when there is not one picture, or it is too small for the hourglass.

    Example:
        >>> from netwright.nets import ConvNet
        >>> network, picture = ConvNet(), torch.rand(1, 16, 16)
        >>> found = feature_inversion(network, picture, "features.1", steps=40, widths=(16, 16))
        >>> found.image.shape, found.errors[found.best_step] < 0.5 * found.errors[0]
        (torch.Size([1, 16, 16]), True)

    Source:
        Ulyanov, Vedaldi and Lempitsky (2018), "Deep Image Prior", arXiv:1711.10925; the problem: Mahendran
        and Vedaldi (2014), "Understanding Deep Image Representations by Inverting Them", arXiv:1412.0035.
        Differs: a smaller hourglass; the error is relative; the step with the least error is kept.
    """
    network, seen = _looked_at(model, image)
    if seen.ndim != 4 or len(seen) != 1 or steps < 1:
        came = f"{tuple(seen.shape)} and {steps} steps"
        raise InputError("one picture (channels, height, width) and steps are needed", came, "give one")
    low, high = span or ((0.0, 1.0) if network is model else (0.0, 255.0))
    upto = UpTo(network, layer)
    with at_rest(network) as device, isolated_seed(random_state):
        with torch.no_grad():
            wanted = upto(seen.to(device))
        draws = Hourglass(NOISE_MAPS, seen.shape[1], widths).to(device)
        noise = (NOISE_SCALE * torch.rand(1, NOISE_MAPS, *seen.shape[2:])).to(device)
        with progress_bar("inverting", steps, shown=progress) as tell, torch.enable_grad():
            return _fitted(
                draws, lambda: low + (high - low) * draws(noise), upto, wanted, (steps, learning_rate), tell
            )


def _looked_at(model: Any, image: Any) -> tuple[nn.Module, Tensor]:
    """The network, and what it is given."""
    network = model if isinstance(model, nn.Module) else getattr(model, "network_", None)
    if not isinstance(network, nn.Module):
        mend = "give a torch module, or fit the estimator first"
        raise InputError("model must be a network or a fitted estimator", type(model).__name__, mend)
    seen = torch.as_tensor(image if network is model else model.admit(image)).float()
    return network, seen[None] if seen.ndim == 3 else seen


def _fitted(
    draws: nn.Module,
    draw: Callable[[], Tensor],
    upto: nn.Module,
    wanted: Tensor,
    plan: tuple[int, float],
    tell: Tell,
) -> Inverted:
    steps, learning_rate = plan
    parameters, size = list(draws.parameters()), wanted.square().sum().clamp_min(1e-12)
    optimizer = torch.optim.Adam(parameters, learning_rate)
    best, errors, best_step = wanted, list[float](), 0
    for step in range(steps):
        picture = draw()
        error = (upto(picture) - wanted).square().sum() / size
        gradients = torch.autograd.grad(error, parameters)  # those of the network itself stay untouched
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        errors.append(float(error.detach()))
        if errors[-1] <= errors[best_step]:
            best, best_step = picture.detach(), step
        optimizer.step()
        tell(step + 1, f"error {errors[-1]:.4g}")
    return Inverted(best[0].cpu(), tuple(errors), best_step)
