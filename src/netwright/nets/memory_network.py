"""The end-to-end memory network: a question is answered from facts, which are looked at several times."""

from itertools import pairwise
from typing import cast, final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import masked_softmax


@final
class MemoryNetwork(nn.Module):
    """Answers a question from a list of facts, by looking at all of them several times over.

    Use it where the answer stands in facts that come with the question, such as a story, a dialogue or rows
    of a table, and may have to be put together from several: each hop can follow what the one before it
    found. Nothing but questions and answers is needed to train it.

        m_i = sum_j l_j * A_k x_ij + T_A(age_i),   c_i = the same with C_k and T_C,   u_1 = B q
        p_i = softmax_i(u_k m_i),   o_k = sum_i p_i c_i,   u_(k+1) = u_k + o_k
        answer = softmax(W u_(K+1))
        l_j = (1 - j / J) - (d / width) (1 - 2 j / J)   for feature d of word j of J

    What is written in one hop is read in the next: A_(k+1) = C_k, B = A_1 and W = C_K.

    Args:
        vocabulary: how many words there are; answers are words too. Number 0 fills up what is short.
        width: features of a fact.
        n_hops: looks at the facts.
        max_facts: age of the oldest fact that is told apart from older ones.

    Raises:
        InputError: when n_hops or max_facts is below 1; in forward, when there are more facts than max_facts.

    Example:
        >>> network = MemoryNetwork(vocabulary=20, width=8, n_hops=2)
        >>> facts, question = torch.randint(1, 20, (3, 5, 4)), torch.randint(1, 20, (3, 2))
        >>> network(facts, question).shape
        torch.Size([3, 20])

    Source:
        Sukhbaatar, Szlam, Weston and Fergus (2015), "End-To-End Memory Networks", arXiv:1503.08895.
        Differs: facts without words are not looked at.
    """

    def __init__(self, vocabulary: int, width: int = 20, n_hops: int = 3, max_facts: int = 50) -> None:
        super().__init__()
        if min(n_hops, max_facts) < 1:
            came = f"{n_hops} and {max_facts}"
            raise InputError("n_hops and max_facts must be at least 1", came, "3 and 50 are usual")
        self.n_hops, self.max_facts = n_hops, max_facts
        self.words = nn.ModuleList(nn.Embedding(vocabulary, width, 0) for _ in range(n_hops + 1))
        self.ages = nn.ModuleList(nn.Embedding(max_facts, width) for _ in range(n_hops + 1))
        for table in cast("list[nn.Embedding]", [*self.words, *self.ages]):
            nn.init.normal_(table.weight, std=0.1)
            if table.padding_idx is not None:
                nn.init.zeros_(table.weight[0])

    def forward(
        self,
        facts: Int[Tensor, "batch facts words"],
        question: Int[Tensor, "batch asked"],
        linear: bool = False,
    ) -> Float[Tensor, "batch vocabulary"]:
        """A logit for each word as the answer.

        Args:
            facts: numbers of words, the oldest fact first.
            question: numbers of words.
            linear: whether the softmax over facts is left out, which the paper does in the first epochs, so
                that hops do not all learn the same.
        """
        u, _ = self._hops(facts, question, linear)
        return F.linear(u, cast("nn.Embedding", self.words[-1]).weight)

    @torch.no_grad()
    def attention(
        self, facts: Int[Tensor, "batch facts words"], question: Int[Tensor, "batch asked"]
    ) -> Float[Tensor, "batch hops facts"]:
        """How much each hop looks at each fact.

        Args:
            facts: numbers of words, the oldest fact first.
            question: numbers of words.
        """
        return torch.stack(self._hops(facts, question, linear=False)[1], 1)

    def _hops(self, facts: Tensor, question: Tensor, linear: bool) -> tuple[Tensor, list[Tensor]]:
        if facts.shape[1] > self.max_facts:
            mend = "give the latest, or build the network with more"
            raise InputError(f"facts must be at most {self.max_facts}", str(facts.shape[1]), mend)
        real = (facts != 0).any(-1)
        age = (real.flip(1).long().cumsum(1).flip(1) - 1).clamp_min(0)
        read = [self._encode(facts, k) + self.ages[k](age) for k in range(self.n_hops + 1)]
        u = self._encode(question, 0)
        looks: list[Tensor] = []
        for memory, content in pairwise(read):
            scores = (memory @ u[..., None]).squeeze(-1)
            look = scores * real if linear else _softmax(scores, real)
            u = u + (look.to(content)[:, None] @ content).squeeze(1)
            looks.append(look)
        return u, looks

    def _encode(self, words: Tensor, k: int) -> Tensor:
        """Sums of the words' vectors, whose features are weighted by where each word stands."""
        vectors, real = self.words[k](words), words != 0
        along = torch.arange(1, words.shape[-1] + 1, device=words.device).to(vectors)
        part = along / real.sum(-1, keepdim=True).clamp_min(1).to(vectors)
        across = torch.arange(1, vectors.shape[-1] + 1, device=words.device).to(vectors) / vectors.shape[-1]
        weight = (1 - part)[..., None] - across * (1 - 2 * part)[..., None]
        total: Tensor = (vectors * weight * real[..., None]).sum(-2)
        return total


def _softmax(scores: Float[Tensor, "batch facts"], real: Bool[Tensor, "batch facts"]) -> Tensor:
    return masked_softmax(scores[:, None], real[:, None])[:, 0]
