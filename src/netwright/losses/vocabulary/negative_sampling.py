"""Negative sampling: a word is told from a few drawn ones, which teaches vectors instead of a softmax."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, Real
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.losses.reduction import check_reduction, reduce_losses


@final
class NegativeSamplingLoss(nn.Module):
    """Loss of telling each row's true word from words drawn by a flattened frequency, without a correction.

    Use it to learn vectors, of words from their neighbours or of nodes from walks: the rows are the vectors
    of the words in the middle, the targets words around them, whose own vectors are `weight`. Where the
    scores shall be those of a softmax, take `NoiseContrastiveLoss`. Each row draws its own words from torch's
    random stream, now and then the true one. At the optimum a score is the pointwise mutual information of
    the two words, less log n_samples, where words are drawn by their frequency (power 1).

        loss = - log sigmoid(u_target . v) - sum_i log sigmoid(-u_i . v)   with words i drawn from q
        q = counts^power / sum counts^power;   v: a row of features,   u: the rows of weight, zero at first

    Args:
        n_features: of each row.
        counts: how often each word occurs, 0 or more; a word that never does is never drawn.
        n_samples: words drawn for each row; 5 to 20 for little text, 2 to 5 for much.
        power: by which frequencies are flattened; 0 draws all words alike.
        reduction: "mean", "sum" or "none".

    Raises:
        InputError: when a count is negative, all are 0, n_samples is below 1 or power is negative.

    Example:
        >>> loss = NegativeSamplingLoss(3, torch.tensor([8, 4, 2, 2]), n_samples=1)
        >>> loss(torch.ones(2, 3), torch.tensor([0, 3])).detach()
        tensor(1.3863)

    Source:
        Mikolov, Sutskever, Chen, Corrado and Dean (2013), "Distributed Representations of Words and Phrases
        and their Compositionality", arXiv:1310.4546; the optimum: Levy and Goldberg (2014), "Neural Word
        Embedding as Implicit Matrix Factorization", NIPS.
    """

    noise: Tensor

    def __init__(
        self,
        n_features: int,
        counts: Real[Tensor, "vocabulary"],
        n_samples: int = 5,
        power: float = 0.75,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        if float(counts.min()) < 0 or float(counts.max()) <= 0:
            came = f"{float(counts.min())} to {float(counts.max())}"
            raise InputError("counts must be 0 or more, and some above", came, "count each word")
        if n_samples < 1:
            raise InputError("n_samples must be 1 or more", str(n_samples), "5 is usual")
        if power < 0:
            raise InputError("power must be 0 or more", str(power), "0.75 is usual")
        self.n_samples = n_samples
        self.reduction = check_reduction(reduction)
        flattened = counts.double() ** power * (counts > 0)
        self.register_buffer("noise", (flattened / flattened.sum()).float())
        self.weight = nn.Parameter(torch.zeros(len(counts), n_features))

    def forward(
        self, features: Float[Tensor, "batch features"], target: Int[Tensor, "batch"]
    ) -> Float[Tensor, "*losses"]:
        drawn = torch.multinomial(self.noise, len(target) * self.n_samples, replacement=True)
        words = torch.cat([target[:, None], drawn.view(len(target), self.n_samples)], 1)
        scores = torch.einsum("bf,bwf->bw", features, self.weight[words])
        losses = -F.logsigmoid(scores[:, 0]) - F.logsigmoid(-scores[:, 1:]).sum(1)
        return reduce_losses(losses, self.reduction)

    def log_probabilities(
        self, features: Float[Tensor, "batch features"]
    ) -> Float[Tensor, "batch vocabulary"]:
        """Return the log-probability of every word for each row, as the scores at their optimum tell it."""
        return (F.linear(features, self.weight) + self.noise.log()).log_softmax(1)
