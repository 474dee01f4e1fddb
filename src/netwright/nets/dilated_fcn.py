"""A fully convolutional network on a residual body whose last stages see wide instead of thinning."""

from collections.abc import Sequence
from typing import final

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.nets.mask_rcnn.pyramid import Body
from netwright.nets.resnet import ResNet


@final
class DilatedFCN(nn.Module):
    """A class for each pixel, by a residual network whose last stages are dilated.

    Use it where weights that others have published are to be loaded: `DilatedFCN.published()` has the names
    and shapes of the parameters of torchvision's `fcn_resnet50`, and gives its answers. The maps of the last
    stages stay as large as those of the second: their convolutions look past neighbours instead.

        y = resize(W dropout(relu(B(C x_L))))

    Args:
        n_outputs: classes; that many logits for each pixel.
        body: a residual network of three stages or more; it is changed and used.
        auxiliary: whether a second head on the stage before the last is there, which helps in training.
        dropout: in the heads.

    Raises:
        InputError: when the body has fewer than three stages.

    Example:
        >>> import torch
        >>> body = ResNet((1, 1, 1), width=4, small=False)
        >>> DilatedFCN(n_outputs=3, body=body)(torch.zeros(2, 3, 33, 40)).shape
        torch.Size([2, 3, 33, 40])

    Source:
        Long, Shelhamer and Darrell (2014), "Fully Convolutional Networks for Semantic Segmentation",
        arXiv:1411.4038; dilation: Yu and Koltun (2015), "Multi-Scale Context Aggregation by Dilated
        Convolutions", arXiv:1511.07122.
    """

    def __init__(self, n_outputs: int, body: ResNet, auxiliary: bool = False, dropout: float = 0.1) -> None:
        super().__init__()
        if body.n_stages < 3:
            raise InputError(
                "body must have three stages or more", str(body.n_stages), "e.g. depths=(1, 1, 1)"
            )
        rate = 1
        for stage in range(3, body.n_stages + 1):
            rate = _dilate(body.get_submodule(f"layer{stage}"), rate)
        self.backbone = Body(body)
        widths = self.backbone.widths
        self.classifier = _head(widths[-1], n_outputs, dropout)
        self.aux_classifier = _head(widths[-2], n_outputs, dropout) if auxiliary else None

    @classmethod
    def published(cls, n_outputs: int = 21, auxiliary: bool = True) -> "DilatedFCN":
        """Build the network of torchvision's `fcn_resnet50`.

        Args:
            n_outputs: classes.
            auxiliary: whether the second head is there, as in the published weights.

        Example:
            >>> import torch
            >>> with torch.device("meta"):
            ...     network = DilatedFCN.published()
            >>> sum(parameter.numel() for parameter in network.parameters())
            35322218
        """
        return cls(n_outputs, ResNet.published(50), auxiliary)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch classes height width"]:
        return self._resized(self.classifier(self.backbone(x)[-1]), x)

    def both(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Sequence[Float[Tensor, "batch classes height width"]]:
        """Return the logits of the head and of the auxiliary one.

        Args:
            x: pictures.
        """
        maps = self.backbone(x)
        if self.aux_classifier is None:
            raise InputError("the network must have a second head", "none", "build it with auxiliary=True")
        heads = (self.classifier, maps[-1]), (self.aux_classifier, maps[-2])
        return [self._resized(head(seen), x) for head, seen in heads]

    def _resized(self, y: Tensor, x: Tensor) -> Tensor:
        return F.interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=False)


def _head(width: int, n_outputs: int, dropout: float) -> nn.Sequential:
    inner = width // 4
    return nn.Sequential(
        nn.Conv2d(width, inner, 3, padding=1, bias=False),
        nn.BatchNorm2d(inner),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Conv2d(inner, n_outputs, 1),
    )


def _dilate(stage: nn.Module, rate: int) -> int:
    """Let a stage keep the size of its maps and look twice as far; return how far the next one must look."""
    for name, layer in stage.named_modules():
        if not isinstance(layer, nn.Conv2d):
            continue
        layer.stride = (1, 1)
        if layer.kernel_size == (3, 3):
            far = rate if name.startswith("0.") else 2 * rate
            layer.dilation = layer.padding = (far, far)
    return 2 * rate
