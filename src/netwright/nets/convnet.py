"""A plain convolutional network: convolution, activation, normalisation, pooling."""

from collections.abc import Sequence
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers import GlobalAveragePool, MaxBlurPool2d
from netwright.nets.image_network import check_pictures, initialise_convolutions


@final
class ConvNet(nn.Module):
    """Stages of convolutions, each of which halves the resolution at its end, and one linear layer.

    Use it for small pictures and on a CPU, before anything deeper. Normalisation stands behind the
    activation unless you say otherwise: the next layer then gets normalised inputs. The paper of batch
    normalisation puts it before.

        h = pool(N(f(W_2 * N(f(W_1 * x))))) for each stage,  y = W mean over all places of h + b

    N is the normalisation and f the activation; with `norm_after=False` it is f(N(W * x)). The parts are
    `features`, a sequence, and the head `classifier`.

    Args:
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        widths: maps of each stage.
        depth: convolutions of each stage.
        kernel_size: pixels along each side of a kernel, an odd number.
        activation: a module class without arguments.
        norm: a module class called with the maps, as `nn.BatchNorm2d`; None for none.
        norm_after: whether `norm` comes after the activation instead of before it.
        dropout: share of the pooled features set to zero in training.
        blur: taps of a low-pass filter before every thinning, so that a shift by a pixel changes little; 0
            for none, 3 to 5 are usual.

    Raises:
        InputError: in forward, when pictures have other channels, or fewer pixels than are thinned away.

    Example:
        >>> import torch
        >>> network = ConvNet(widths=(8,), depth=1)
        >>> network(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
        >>> [type(layer).__name__ for layer in network.features]
        ['Conv2d', 'ReLU', 'BatchNorm2d', 'MaxPool2d']

    Source:
        LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document recognition",
        doi:10.1109/5.726791; normalisation after the activation: Kathuria, "Intro to Optimization in Deep
        Learning: Busting the Myth About Batch Normalization", Paperspace Blog; before it: Ioffe and Szegedy
        (2015), "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
        Shift", arXiv:1502.03167; blur: Zhang (2019), "Making Convolutional Networks Shift-Invariant Again",
        arXiv:1904.11486.
    """

    def __init__(
        self,
        n_outputs: int = 10,
        channels: int = 1,
        widths: Sequence[int] = (32, 64, 128),
        depth: int = 2,
        kernel_size: int = 3,
        activation: type[nn.Module] = nn.ReLU,
        norm: type[nn.Module] | None = nn.BatchNorm2d,
        norm_after: bool = True,
        dropout: float = 0.0,
        blur: int = 0,
    ) -> None:
        super().__init__()
        self.channels = channels
        self.least = 2 ** len(widths) * (blur // 2 + 2) // 2 if blur else 2 ** len(widths)
        layers: list[nn.Module] = []
        maps = channels
        for width in widths:
            for _ in range(depth):
                layers.append(nn.Conv2d(maps, width, kernel_size, padding=kernel_size // 2))
                bend: list[nn.Module] = [activation()]
                if norm is not None:
                    bend.insert(1 if norm_after else 0, norm(width))
                layers += bend
                maps = width
            layers.append(MaxBlurPool2d(2, 2, blur) if blur else nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.pool = GlobalAveragePool()
        head = nn.Linear(maps, n_outputs)
        self.classifier: nn.Module = nn.Sequential(nn.Dropout(dropout), head) if dropout else head
        initialise_convolutions(self)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch outputs"]:
        check_pictures(x, self.channels, self.least)
        return self.classify(self.features(x))

    def classify(self, maps: Float[Tensor, "batch maps rows columns"]) -> Float[Tensor, "batch outputs"]:
        """Return what the head says of the last maps.

        Args:
            maps: as `features` gives them.
        """
        answer: Tensor = self.classifier(self.pool(maps))
        return answer
