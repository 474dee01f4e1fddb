"""Token masking: some tokens of a text are hidden, and become what is to be foretold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from netwright.core.errors import InputError


@final
@dataclass(frozen=True)
class TokenMasking:
    """Hides a random share of the tokens, as BERT does, and keeps as targets those alone.

    Use it to train an encoder on text without labels, with the tokens themselves as target and
    `MaskedLanguageModelLoss`: `Training(callbacks=[Augmentation(TokenMasking(...))])`, or in your own loop
    `inputs, target = masking(tokens, tokens)`. Some chosen tokens stay or become others, so that the network
    cannot rely on the mask, which it never meets later.

        P(token is chosen) = share
        P(chosen token becomes the mask) = 0.8,   a random token: 0.1,   stays: 0.1

    Args:
        mask: number of the mask token.
        n_tokens: in the vocabulary, numbered from 0.
        special: numbers of tokens that are never chosen and never put in, such as padding and separators.
        share: of the other tokens, between 0 and 1.
        continuing: numbers of tokens that go on with the word before them, such as ##ing; words are then
            chosen whole.
        ignore_index: target of all places that are not chosen.

    Raises:
        InputError: when share is not between 0 and 1, a number lies outside the vocabulary, or all tokens are
            special.

    Example:
        >>> masking = TokenMasking(mask=3, n_tokens=100, special=[0, 1, 2])
        >>> tokens = torch.tensor([[1, 57, 12, 88, 2, 0], [1, 31, 64, 90, 23, 2]])
        >>> inputs, target = masking(tokens, tokens, torch.Generator().manual_seed(5))
        >>> inputs
        tensor([[ 1,  3, 12, 88,  2,  0],
                [ 1, 31,  3, 90, 23,  2]])
        >>> target
        tensor([[-100,   57, -100, -100, -100, -100],
                [-100, -100,   64, -100, -100, -100]])

    Source:
        Devlin, Chang, Lee and Toutanova (2018), "BERT: Pre-training of Deep Bidirectional Transformers for
        Language Understanding", arXiv:1810.04805.
        Differs: each token or word is drawn for itself, so that a text has the share on average only; no
        special token is put in.
    """

    mask: int
    n_tokens: int
    special: Sequence[int] = ()
    share: float = 0.15
    continuing: Sequence[int] = ()
    ignore_index: int = -100

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise InputError("share must be between 0 and 1", f"{self.share}", "0.15 is usual")
        numbers = [self.mask, *self.special, *self.continuing]
        if outside := [number for number in numbers if not 0 <= number < self.n_tokens]:
            expected = f"tokens must be numbered from 0 to {self.n_tokens - 1}"
            raise InputError(expected, f"{outside[0]}", "give n_tokens their number")
        if len({self.mask, *self.special}) == self.n_tokens:
            raise InputError("some tokens must not be special", f"{self.n_tokens} that are", "name fewer")

    def __call__(
        self,
        inputs: Tensor,
        target: Tensor,
        generator: torch.Generator | None = None,
        words: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return the tokens with some hidden, and the target with `ignore_index` at all other places.

        Args:
            inputs: (batch, time) numbers of tokens.
            target: what is to be foretold at each place: usually the same tokens.
            generator: on the processor, for all draws; None for torch's own stream.
            words: (batch, time) number of the word that each token belongs to: neighbours of one number are
                chosen together; None to go by `continuing`.
        """
        ordinary = self._table([self.mask, *self.special], inputs.device).logical_not()
        chance, fate = torch.rand(2, *inputs.shape, generator=generator).to(inputs.device)
        if words is not None or self.continuing:  # a word's tokens share the chance of one place
            chance = chance.gather(1, self._starts(inputs, words).cumsum(1))
        chosen = (chance < self.share) & ordinary[inputs]
        others = ordinary.nonzero().squeeze(1).to(inputs.dtype)
        drawn = torch.randint(len(others), inputs.shape, generator=generator).to(inputs.device)
        hidden = torch.where(fate < 0.8, self.mask, torch.where(fate < 0.9, others[drawn], inputs))
        return torch.where(chosen, hidden, inputs), torch.where(chosen, target, self.ignore_index)

    def _starts(self, inputs: Tensor, words: Tensor | None) -> Tensor:
        """Where another word begins than the first one of a row."""
        starts = torch.zeros_like(inputs, dtype=torch.bool)
        if words is None:
            starts[:, 1:] = self._table(self.continuing, inputs.device).logical_not()[inputs[:, 1:]]
        else:
            starts[:, 1:] = words[:, 1:] != words[:, :-1]
        return starts

    def _table(self, numbers: Sequence[int], device: torch.device) -> Tensor:
        """Which tokens of the vocabulary are among those."""
        table = torch.zeros(self.n_tokens, dtype=torch.bool, device=device)
        table[list(numbers)] = True
        return table
