"""Class activation maps, by the weights of the head and by the gradient."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.explain.pictures.view import MAPS, last_convolution, look, per_batch
from netwright.nets import ImageNetwork, Standardised, head_of
from netwright.training.layer_answers import find_layer


def class_activation_map(model: Any, images: Any, target: Any = None, *, batch_size: int = 64) -> Tensor:
    """Return where the evidence for a class lies, for networks that average their last maps and are linear.

    Use it where the network is such a one, as `netwright.nets` has them: the map is exact, for its mean, with
    the bias of the class, is the answer itself. For others take `grad_cam`.

        M_c(x, y) = sum_k w_ck f_k(x, y)          answer_c = mean over x, y of M_c + b_c

    Args:
        model: a network with `features` and `classify` (see `netwright.nets.ImageNetwork`), or a fitted
            estimator of `netwright.vision`.
        images: (rows, channels, height, width); all that the estimator reads.
        target: number of an output, or label of an estimator; one, or one for each row; None for the
            likeliest.
        batch_size: pictures at once.

    Returns:
        Maps (rows, height, width), of the size of the pictures: bilinear between the places of the last maps,
        negative where something speaks against the class.

    Raises:
        InputError: when the network has other parts, or its answer is not linear in the mean of its maps.

    Example:
        >>> from netwright.nets import ConvNet
        >>> class_activation_map(ConvNet(), torch.rand(2, 1, 28, 28)).shape
        torch.Size([2, 28, 28])

    Source:
        Zhou, Khosla, Lapedriza, Oliva and Torralba (2015), "Learning Deep Features for Discriminative
        Localization", arXiv:1512.04150.
    """
    view = look(model, images, target)
    network: Any = view.network
    if not isinstance(view.network, ImageNetwork):
        came = type(network).__name__
        raise InputError("the network must have features and classify", came, "take grad_cam")
    head: Any = head_of(network.network if isinstance(network, Standardised) else network)

    def ask(pictures: Tensor, rows: Tensor) -> Tensor:
        with torch.no_grad():
            maps = network.features(pictures)
            _check_linear(head, maps, network.classify(maps))
            weight = head.weight[view.target[rows].to(maps.device)] * view.sign[rows].to(maps)[:, None]
            return _enlarged(torch.einsum("rk,rkyx->ryx", weight, maps), pictures)

    return per_batch(view, batch_size, ask)


def grad_cam(
    model: Any,
    images: Any,
    target: Any = None,
    layer: str | nn.Module | None = None,
    *,
    batch_size: int = 64,
) -> Tensor:
    """Return where a network looks for a class: maps of a layer, weighted by what they do to the answer.

    Use it for any network with convolutions, whatever stands behind them. For one that averages its last maps
    and is linear, it is `class_activation_map` without its negative part.

        map = relu(sum_k a_k A_k)        a_k = mean over places of d answer_c / d A_k

    Args:
        model: a network, or a fitted estimator of `netwright.vision`.
        images: (rows, channels, height, width); all that the estimator reads.
        target: number of an output, or label of an estimator; one, or one for each row; None for the
            likeliest.
        layer: whose maps A are taken, by its name as `named_modules` gives it; None for the last maps of a
            network with `features` and `classify`, and the last convolution of others.
        batch_size: pictures at once.

    Returns:
        Maps (rows, height, width), of the size of the pictures, 0 or more, the largest 1 where there is any
        evidence.

    Raises:
        InputError: when the network has no convolution or no such layer, or the layer gives no maps.

    Example:
        >>> network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
        >>> grad_cam(network, torch.rand(2, 1, 8, 8), target=2).shape
        torch.Size([2, 8, 8])

    Source:
        Selvaraju, Cogswell, Das, Vedantam, Parikh and Batra (2016), "Grad-CAM: Visual Explanations from Deep
        Networks via Gradient-based Localization", arXiv:1610.02391.
    """
    view = look(model, images, target)

    def ask(pictures: Tensor, rows: Tensor) -> Tensor:
        with torch.enable_grad():
            maps, outputs = _maps_and_outputs(view.network, pictures, layer)
            (gradient,) = torch.autograd.grad(view.score(outputs, rows).sum(), maps)
        seen = F.relu(torch.einsum("rk,rkyx->ryx", gradient.mean((2, 3)), maps.detach()))
        seen = _enlarged(seen, pictures)
        peak = seen.amax((1, 2), keepdim=True)
        return seen / torch.where(peak > 0, peak, 1.0)

    return per_batch(view, batch_size, ask)


def _maps_and_outputs(
    network: nn.Module, pictures: Tensor, layer: str | nn.Module | None
) -> tuple[Tensor, Tensor]:
    """A layer's maps, from which a gradient can be asked for, and what the network makes of them."""
    if layer is None and isinstance(network, ImageNetwork):
        with torch.no_grad():
            last: Tensor = network.features(pictures)
        maps = last.detach().requires_grad_()
        return maps, network.classify(maps.clone())  # what comes next may work in place
    kept: list[Tensor] = []

    def keep(_: nn.Module, __: Any, given: Tensor) -> Tensor:
        if not isinstance(given, Tensor) or given.ndim != MAPS:
            mend = "take a convolution, or a block of them"
            raise InputError("layer must give maps, (batch, channels, rows, columns)", repr(layer), mend)
        kept.append(given.detach().requires_grad_())
        return kept[-1].clone()  # as above

    chosen = last_convolution(network) if layer is None else find_layer(network, layer)
    hook = chosen.register_forward_hook(keep)
    try:
        outputs: Tensor = network(pictures)
    finally:
        hook.remove()
    if len(kept) != 1:
        mend = "take a layer that the pictures pass once"
        raise InputError("layer must be passed once", f"{len(kept)} times", mend)
    return kept[0], outputs


def _check_linear(head: Any, maps: Tensor, outputs: Tensor) -> None:
    linear = isinstance(head, nn.Linear) and maps.ndim == MAPS and head.in_features == maps.shape[1]
    near = 1e-3 * float(outputs.abs().max())
    if not linear or not torch.allclose(head(maps.mean((2, 3))), outputs, rtol=1e-3, atol=near):
        mend = "take grad_cam, which needs no such head"
        raise InputError("the answer must be linear in the mean of the last maps", repr(head)[:60], mend)


def _enlarged(maps: Tensor, pictures: Tensor) -> Tensor:
    size = pictures.shape[2:]
    return F.interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
