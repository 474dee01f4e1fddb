"""Pictures with their captions, as batches, and the loss over the pairs of a batch."""

from typing import Any, NamedTuple, final

import numpy as np
import torch
from jaxtyping import Bool, Int64
from numpy.typing import NDArray
from torch import Tensor, nn

from netwright.data import Tokenizer, Vocabulary
from netwright.embeddings.context.learning import TextObjective
from netwright.embeddings.context.reading import padded, read_tokens, starts_of
from netwright.losses import CLIPLoss

UNKNOWN = 0
"""Stands for words that are not known; the known ones follow."""


@final
class Captions(NamedTuple):
    """Texts one behind the other.

    Args:
        ids: numbers of words, 0 for unknown ones.
        lengths: of each text, in words.

    Example:
        >>> words, mask = Captions(np.array([5, 6, 7]), np.array([2, 1])).rows(np.array([1, 0]))
        >>> words.tolist(), mask.tolist()
        ([[7, 0], [5, 6]], [[True, False], [True, True]])
    """

    ids: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def rows(self, some: NDArray[np.int64]) -> tuple[Int64[Tensor, "batch time"], Bool[Tensor, "batch time"]]:
        """Return some texts as rows, and which of their numbers are words.

        Args:
            some: numbers of texts.
        """
        lengths = self.lengths[some]
        words = padded(self.ids, starts_of(self.lengths)[some], lengths)
        mask = np.arange(words.shape[1]) < lengths[:, None]
        return torch.from_numpy(words), torch.from_numpy(mask)


def encode_captions(texts: Any, vocabulary: Vocabulary, tokenizer: Tokenizer | None) -> Captions:
    """Return texts as numbers of words.

    Args:
        texts: or lists of tokens.
        vocabulary: the known words.
        tokenizer: how texts are cut into words.

    Raises:
        CorpusError: when they are neither.

    Example:
        >>> encode_captions(["b what"], Vocabulary(["a", "b"]), None).ids.tolist()
        [2, 0]
    """
    tokens = read_tokens(texts, tokenizer)
    numbers = {word: number + 1 for number, word in enumerate(vocabulary.words)}
    ids = [numbers.get(word, UNKNOWN) for text in tokens for word in text]
    return Captions(np.array(ids, np.int64), np.array([len(text) for text in tokens], np.int64))


class PairBatch(NamedTuple):
    """Some pictures with their captions.

    Args:
        pictures: (batch, channels, height, width).
        words: (batch, time), the captions.
        mask: (batch, time), which of them are real.
    """

    pictures: Tensor
    words: Tensor
    mask: Tensor


@final
class CaptionSamples:
    """Pictures with a caption each.

    Args:
        pictures: (rows, channels, height, width).
        captions: as many.

    Example:
        >>> captions = Captions(np.array([5, 6, 7]), np.array([2, 1]))
        >>> CaptionSamples(torch.zeros(2, 1, 4, 4), captions)[torch.tensor([1])].words.tolist()
        [[7]]
    """

    def __init__(self, pictures: Tensor, captions: Captions) -> None:
        self.pictures, self.captions = pictures, captions

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, rows: Tensor) -> PairBatch:
        words, mask = self.captions.rows(rows.numpy())
        return PairBatch(self.pictures[rows], words, mask)


@final
class FindingPartners(TextObjective):
    """The loss of CLIP over the pairs of a batch, with the network's learned scale.

    Example:
        >>> FindingPartners().n_rows((torch.zeros(3, 2),))
        3
    """

    def __init__(self) -> None:
        self.measure = CLIPLoss()

    def loss(self, network: nn.Module, batch: PairBatch) -> Tensor:
        """Return the mean over the pairs of the batch."""
        towers: Any = network
        images = towers.encode_images(batch.pictures)
        loss: Tensor = self.measure(images, towers.encode_texts(batch.words, batch.mask), towers.scale)
        return loss
