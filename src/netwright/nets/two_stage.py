"""Two networks in a row: one says what each pixel is, the other decides by that map alone."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import one_hot


@final
class TwoStageNetwork(nn.Module):
    """A classifier that sees a picture only through the map that a segmenter makes of it.

    Use it where a decision must be understood, as in medicine: the map can be looked at and corrected, and a
    new device with another style of pictures needs a new segmenter alone, taught with masks; the classifier
    stays as it is.

        map = one-hot arg-max of segmenter(x),  y = classifier(map)

    No other way leads from the picture to the answer. In training the arg-max passes the gradient of the
    softmax, so that both stages can also learn together.

    Args:
        segmenter: pictures -> (batch, tissues, height, width) logits, such as a `UNet`.
        classifier: (batch, tissues, height, width) maps -> answers.
        hard: whether each pixel is of one tissue; else the classifier sees the probabilities.

    Example:
        >>> from netwright.nets import UNet
        >>> classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
        >>> network = TwoStageNetwork(UNet(1, 3, width=4, depth=1), classifier)
        >>> network(torch.zeros(5, 1, 8, 8)).shape
        torch.Size([5, 2])

    Source:
        De Fauw et al. (2018), "Clinically applicable deep learning for diagnosis and referral in retinal
        disease", doi:10.1038/s41591-018-0107-6.
        Differs: one segmenter and one classifier of the user's choice for two-dimensional pictures; the paper
        has ensembles of both, for volumes.
    """

    def __init__(self, segmenter: nn.Module, classifier: nn.Module, hard: bool = True) -> None:
        super().__init__()
        self.segmenter, self.classifier, self.hard = segmenter, classifier, hard

    def tissue_map(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch tissues rows columns"]:
        """Return what the classifier sees.

        Args:
            x: pictures.
        """
        logits: Tensor = self.segmenter(x)
        soft = logits.softmax(1)
        if not self.hard:
            return soft
        sure = one_hot(logits.argmax(1), logits.shape[1]).movedim(-1, 1).to(soft.dtype)
        return sure + (soft - soft.detach()) if self.training and torch.is_grad_enabled() else sure

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch *answers"]:
        answer: Tensor = self.classifier(self.tissue_map(x))
        return answer
