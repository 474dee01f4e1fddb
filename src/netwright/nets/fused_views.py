"""One answer from a picture and a vector beside it, such as the mean word vector of a text."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers import GlobalAveragePool


@final
class FusedViews(nn.Module):
    """Joins what a network sees in a picture with a vector of something else about the same thing.

    Use it where each view knows a part of the labels: a film's genres by its poster and its plot. The maps of
    a network that others have trained (VGG) are pooled; the vector may be a mean of word vectors. With
    `BCEWithLogitsLoss` each output is a label of its own.

        h = relu(W_1 [pool(features(picture)); vector] + b_1),  y = W_2 h + b_2

    Args:
        features: gives maps (batch, maps, rows, columns) for pictures; frozen or not, as its parameters say.
        n_maps: how many.
        n_vector: numbers in the vector.
        n_outputs: labels.
        hidden: units of the layer that joins the views.
        dropout: share of them that is set to zero in training.

    Example:
        >>> network = FusedViews(nn.Conv2d(3, 8, 3), n_maps=8, n_vector=50, n_outputs=4)
        >>> network(torch.zeros(2, 3, 16, 16), torch.zeros(2, 50)).shape
        torch.Size([2, 4])

    Source:
        Madan, "DeepLearningProject", github.com/Spandan-Madan/DeepLearningProject.
    Differs: both views pass one network, where the tutorial has one for the posters and one for the plots.
    """

    def __init__(
        self,
        features: nn.Module,
        n_maps: int,
        n_vector: int,
        n_outputs: int,
        hidden: int = 64,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.features = features
        self.pool = GlobalAveragePool()
        self.joint = nn.Linear(n_maps + n_vector, hidden)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden, n_outputs)

    def forward(
        self,
        picture: Float[Tensor, "batch channels height width"],
        vector: Float[Tensor, "batch numbers"],
    ) -> Float[Tensor, "batch outputs"]:
        views = torch.cat([self.pool(self.features(picture)), vector], 1)
        answer: Tensor = self.classifier(self.dropout(self.joint(views).relu()))
        return answer
