"""Two towers, one for pictures and one for texts, whose codes lie in one space."""

import math
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, Num
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import GRUCell, Recurrent

SHARPEST = 100.0
"""What the learned factor on cosines may reach."""


@final
class DualEncoder(nn.Module):
    """Towers for pictures and for texts; the cosine of their codes says how well both fit.

    Use it to search pictures by words, or to give classes to pictures by nothing but the classes' names. Each
    side is encoded by itself, so that millions of pictures are encoded once, and a query costs one pass of
    the small tower and a product.

        score(x, w) = scale * cos(f(x), g(w)),   scale = min(exp(logit_scale), 100), learned

    Args:
        images: from pictures to codes.
        texts: from numbers of words, and the mask of those that are real, to codes as wide.
        temperature: 1 / scale at the beginning.

    Raises:
        InputError: when the temperature is below 1 / 100.

    Example:
        >>> from netwright.nets import ConvEncoder, DAN
        >>> network = DualEncoder(ConvEncoder((3, 8, 8), width=4), DAN(vocabulary=9, width=4))
        >>> words = torch.tensor([[1, 2, 0]])
        >>> network(torch.zeros(2, 3, 8, 8), words, words != 0).shape
        torch.Size([2, 1])

    Source:
        Radford et al. (2021), "Learning Transferable Visual Models From Natural Language Supervision",
        arXiv:2103.00020.
        Differs: whatever towers are given; the paper's are a ResNet or a vision transformer, and a
        transformer for texts.
    """

    def __init__(self, images: nn.Module, texts: nn.Module, temperature: float = 0.07) -> None:
        super().__init__()
        if not temperature >= 1 / SHARPEST:
            raise InputError(f"temperature must be {1 / SHARPEST} or more", str(temperature), "0.07 is usual")
        self.images, self.texts = images, texts
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / temperature)))

    def forward(
        self,
        x: Num[Tensor, "batch channels height width"],
        words: Int[Tensor, "others time"],
        mask: Bool[Tensor, "others time"],
    ) -> Float[Tensor, "batch others"]:
        return self.scale * self.encode_images(x) @ self.encode_texts(words, mask).mT

    @property
    def scale(self) -> Tensor:
        """What cosines are multiplied with."""
        return self.logit_scale.exp().clamp(max=SHARPEST)

    def encode_images(self, x: Num[Tensor, "batch channels height width"]) -> Float[Tensor, "batch features"]:
        """Return the codes of pictures, each of length 1.

        Args:
            x: pictures, as their tower takes them.
        """
        return F.normalize(self.images(x), dim=1)

    def encode_texts(
        self, words: Int[Tensor, "others time"], mask: Bool[Tensor, "others time"]
    ) -> Float[Tensor, "others features"]:
        """Return the codes of texts, each of length 1.

        Args:
            words: their numbers.
            mask: which of them are real.
        """
        return F.normalize(self.texts(words, mask), dim=1)


@final
class GRUReader(nn.Module):
    """A text read word by word by a GRU, whose last state becomes the code.

    Use it in place of `DAN` where the order of words counts: "a cat on a box" is no "box on a cat".

        h_t = GRU(E[w_t], h_(t-1)),   y = W h_T

    Args:
        vocabulary: words.
        width: features that come out.
        embedding: features of a word, and of the state.

    Example:
        >>> words = torch.tensor([[1, 2, 3], [3, 9, 0]])
        >>> GRUReader(vocabulary=10, width=6, embedding=4)(words, words != 0).shape
        torch.Size([2, 6])

    Source:
        Cho et al. (2014), "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine
        Translation", arXiv:1406.1078.
    """

    def __init__(self, vocabulary: int, width: int = 64, embedding: int = 64) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, embedding)
        self.reader = Recurrent(GRUCell(embedding, embedding), return_sequences=False, return_state=False)
        self.to_code = nn.Linear(embedding, width, bias=False)

    def forward(
        self, words: Int[Tensor, "batch time"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch width"]:
        code: Tensor = self.to_code(self.reader(self.words(words), mask=mask))
        return code
