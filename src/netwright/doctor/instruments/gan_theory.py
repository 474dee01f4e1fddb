"""What a discriminator ought to say where both densities are known, and rules of thumb for such games."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netwright.core.errors import InputError


@dataclass(frozen=True)
class Optimum:
    """A discriminator beside the best one.

    Args:
        distance: largest distance of its probability from p / (p + q), where either density is not small.
        loss: that it takes from the game, E_p[log D] + E_q[log(1 - D)].
        best: that the best one takes, 2 JS(p, q) - 2 log 2.

    Example:
        >>> Optimum(0.01, -1.2, -1.2).distance
        0.01
    """

    distance: float
    loss: float
    best: float


def compare_with_optimum(probability: Tensor, p: Tensor, q: Tensor) -> Optimum:
    """Compare a discriminator with the best there is, where the densities of both players are known.

    Use it to see what a GAN's loss means: for a given generator the best discriminator is p / (p + q), and
    what it takes is the distance of Jensen and Shannon of the two. A discriminator that is far from it gives
    the generator a gradient of something else.

        D* = p / (p + q),   E_p[log D*] + E_q[log(1 - D*)] = 2 JS(p, q) - 2 log 2

    Args:
        probability: (points,), that the discriminator gives to real.
        p: (points,), probability of each point under the data; they sum to 1.
        q: (points,), the same under the generator.

    Raises:
        InputError: when the three are not of one shape, or p or q does not sum to 1.

    Example:
        >>> p, q = torch.tensor([0.5, 0.5]), torch.tensor([0.5, 0.5])
        >>> told = compare_with_optimum(torch.tensor([0.5, 0.6]), p, q)
        >>> round(told.distance, 3), round(told.best, 4)
        (0.1, -1.3863)

    Source:
        Goodfellow et al. (2014), "Generative Adversarial Networks", arXiv:1406.2661
    """
    sums = float(p.sum()), float(q.sum())
    if not probability.shape == p.shape == q.shape or max(abs(one - 1) for one in sums) > 1e-3:
        given = f"shapes {tuple(probability.shape)}, {tuple(p.shape)}, {tuple(q.shape)}, sums {sums}"
        raise InputError("probabilities of one shape, p and q each summing to 1", given, "divide by the sum")
    share, p, q = (one.detach().double() for one in (probability, p, q))
    seen = (p + q) > 1e-3 * (p + q).max()  # elsewhere no rows come, and nothing is learned
    best = p / (p + q).clamp(min=1e-300)
    loss = _expected(p, share) + _expected(q, 1 - share)
    return Optimum(float((share - best)[seen].abs().max()), loss, _expected(p, best) + _expected(q, 1 - best))


def jensen_shannon(p: Tensor, q: Tensor) -> float:
    """Return the divergence of Jensen and Shannon of two distributions, in nats: from 0 to log 2.

        JS = KL(p, m) / 2 + KL(q, m) / 2,   m = (p + q) / 2

    Args:
        p: (points,), probabilities.
        q: (points,), probabilities.

    Example:
        >>> round(jensen_shannon(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])), 4)
        0.6931

    Source:
        Goodfellow et al. (2014), "Generative Adversarial Networks", arXiv:1406.2661
    """
    p, q = p.double(), q.double()
    middle = (p + q) / 2
    return (_expected(p, p) - _expected(p, middle) + _expected(q, q) - _expected(q, middle)) / 2


def _expected(weight: Tensor, share: Tensor) -> float:
    """The mean of log(share), where 0 times the logarithm of 0 is 0."""
    return float(torch.xlogy(weight, share.clamp(min=1e-300)).sum())


@dataclass(frozen=True)
class GANTips:
    """Losses of the two players, with the rules of thumb as options.

    With everything off it is the game as it was written first.

    Args:
        flip: whether the generator's rows are called real when it learns, in place of the discriminator's
            loss turned round; its gradient then does not vanish where the discriminator is sure.
        real_label: in place of 1 for real rows (one-sided smoothing), such as 0.9.
        noisy: share of the labels that are exchanged by chance when the discriminator learns, such as 0.05.

    Example:
        >>> GANTips().generator_loss(torch.zeros(4))
        tensor(-0.6931)
        >>> GANTips(flip=True).generator_loss(torch.zeros(4))
        tensor(0.6931)

    Source:
        Chintala, Denton, Arjovsky and Mathieu (2016), "How to Train a GAN? Tips and tricks to make GANs
        work", github.com/soumith/ganhacks
    """

    flip: bool = False
    real_label: float = 1.0
    noisy: float = 0.0

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return what the discriminator makes smaller.

        Args:
            real: scores of real rows.
            fake: scores of generated rows.
        """
        wanted = torch.full_like(real, self.real_label), torch.zeros_like(fake)
        if self.noisy:
            swaps = [torch.rand_like(one) < self.noisy for one in wanted]
            wanted = (
                torch.where(swaps[0], 0.0, wanted[0]),
                torch.where(swaps[1], self.real_label, wanted[1]),
            )
        with_logits = F.binary_cross_entropy_with_logits
        return with_logits(real, wanted[0]) + with_logits(fake, wanted[1])

    def generator_loss(self, fake: Tensor) -> Tensor:
        """Return what the generator makes smaller.

        Args:
            fake: scores of generated rows.
        """
        return F.softplus(-fake).mean() if self.flip else -F.softplus(fake).mean()


def check_gan_settings(
    generator: nn.Module, discriminator: nn.Module, real: Tensor, noise: Tensor, tips: GANTips | None = None
) -> list[str]:
    """Return which rules of thumb a game does not keep, one sentence each.

    They are habits, no laws: a game that learns needs none of them. Nothing is changed.

    Args:
        generator: takes the noise.
        discriminator: takes rows.
        real: rows of the data.
        noise: a batch, as the generator takes it.
        tips: options of the losses, where they come from `GANTips`.

    Example:
        >>> generator = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
        >>> discriminator = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
        >>> check_gan_settings(generator, discriminator, torch.rand(64, 2) * 2 - 1, torch.randn(64, 4))
        []

    Source:
        Chintala, Denton, Arjovsky and Mathieu (2016), "How to Train a GAN? Tips and tricks to make GANs
        work", github.com/soumith/ganhacks
    """
    parts = list(discriminator.modules())
    bounded = any(isinstance(one, nn.Tanh) for one in generator.modules())
    norms = (
        nn.modules.batchnorm._BatchNorm,
        nn.modules.instancenorm._InstanceNorm,
        nn.GroupNorm,
        nn.LayerNorm,
    )
    normed = any(
        isinstance(one, norms) for network in (generator, discriminator) for one in network.modules()
    )
    sparse = sorted({type(one).__name__ for one in parts if isinstance(one, SPARSE)})
    rules = [
        (
            bounded and float(real.abs().max()) > 1 + 1e-6,
            f"Real rows go up to {float(real.abs().max()):.3g}, and the generator's tanh reaches 1.",
        ),
        (bool(sparse), f"The discriminator has {', '.join(sparse)}: gradients are sparse; take LeakyReLU."),
        (not normed, "Neither network is normalised; batch normalisation is usual in the generator."),
        (
            bool((noise >= 0).all()) or float(noise.abs().max()) <= 1,
            "The noise looks uniform; draw it from a normal distribution.",
        ),
        (tips is not None and not tips.flip, "The generator's loss is not flipped: its gradient may vanish."),
        (
            tips is not None and not 0.7 <= tips.real_label <= 1.2,
            "The label of real rows is out of 0.7 to 1.2.",
        ),
        (tips is not None and tips.noisy > 0.2, "More than a fifth of the discriminator's labels are wrong."),
    ]
    return [said for broken, said in rules if broken]


SPARSE = (nn.ReLU, nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
