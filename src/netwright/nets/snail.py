"""SNAIL: temporal convolutions and causal attention in turns, which learn from what a sequence has shown."""

import math
from collections.abc import Sequence
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import SequenceConvolution


@final
class SNAIL(nn.Module):
    """Attentive meta-learner: each step is answered from all the steps before it, and none behind it.

    Use it where a task is told within the sequence: examples with their labels, then one without
    (`FewShotSNAIL` does that), or observations, actions and rewards. Convolutions bring together what is
    near, attention picks out what is far, however long ago it was.

        attention:  y = [x, softmax(q k^T / sqrt(d)) v]   over this step and those before
        dense:      y = [x, tanh(W_f * x) sigmoid(W_g * x)]   kernels of two taps, 1, 2, 4, ... steps apart
        network:    attention; dense of all dilations up to the length, attention, in turns; W y + b

    Args:
        features: of each step.
        n_outputs: numbers at each step.
        length: steps that the convolutions look back; longer sequences are read too.
        filters: features that each dense block adds.
        keys: features of queries and keys, one number for each attention.
        values: features that each attention adds.

    Raises:
        InputError: when keys and values are not as many, or there is none.

    Example:
        >>> SNAIL(features=6, n_outputs=3, length=8, filters=4, keys=(4, 4), values=(4, 4))(
        ...     torch.zeros(2, 10, 6)
        ... ).shape
        torch.Size([2, 10, 3])

    Source:
        Mishra, Rohaninejad, Chen and Abbeel (2017), "A Simple Neural Attentive Meta-Learner",
        arXiv:1707.03141.
        Differs: dilations begin at 1 instead of 2, so that no step is passed over.
    """

    def __init__(
        self,
        features: int,
        n_outputs: int,
        length: int,
        filters: int = 128,
        keys: Sequence[int] = (64, 256, 512),
        values: Sequence[int] = (32, 128, 256),
    ) -> None:
        super().__init__()
        if len(keys) != len(values) or not keys:
            came = f"{len(keys)} and {len(values)}"
            raise InputError("keys and values must have one number for each attention", came, "pair them")
        dilations = [2**i for i in range(max(1, math.ceil(math.log2(length))))]
        blocks: list[nn.Module] = []
        for number, (key, value) in enumerate(zip(keys, values, strict=True)):
            for dilation in dilations if number else []:
                blocks.append(_Dense(features, filters, dilation))
                features += filters
            blocks.append(_Attention(features, key, value))
            features += value
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(features, n_outputs)

    def forward(self, x: Float[Tensor, "batch time features"]) -> Float[Tensor, "batch time outputs"]:
        y: Tensor = self.fc(self.blocks(x))
        return y


@final
class FewShotSNAIL(nn.Module):
    """Names a new thing after a few labelled examples of classes that it has perhaps never seen.

    Use it for one-shot and few-shot recognition: it is trained on many small tasks, each with classes drawn
    anew and numbered anew, until it has learned to compare. A siamese network compares two things at a time;
    this one sees all examples together and learns how.

        s_i = [encoder(example_i), one-hot of label_i],   s_last = [encoder(query), zeros]
        logits = SNAIL(s_1 ... s_last) at the last step

    Args:
        encoder: any module that makes one vector of each thing.
        width: features of that vector.
        n_classes: of one task.
        n_examples: of one task, all classes together.
        filters: features that each dense block of the SNAIL adds.
        keys: features of its queries and keys, one number for each attention.
        values: features that each attention adds.

    Raises:
        InputError: in forward, when there are other numbers of examples than it was built for.

    Example:
        >>> network = FewShotSNAIL(nn.Linear(4, 8), width=8, n_classes=3, n_examples=3, filters=8)
        >>> labels = torch.tensor([[0, 2, 1], [1, 0, 2]])
        >>> network(torch.rand(2, 3, 4), labels, torch.rand(2, 4)).shape
        torch.Size([2, 3])

    Source:
        Mishra, Rohaninejad, Chen and Abbeel (2017), "A Simple Neural Attentive Meta-Learner",
        arXiv:1707.03141.
    """

    def __init__(
        self,
        encoder: nn.Module,
        width: int,
        n_classes: int,
        n_examples: int,
        filters: int = 128,
        keys: Sequence[int] = (64, 256, 512),
        values: Sequence[int] = (32, 128, 256),
    ) -> None:
        super().__init__()
        self.n_classes, self.n_examples = n_classes, n_examples
        self.encoder = encoder
        self.snail = SNAIL(width + n_classes, n_classes, n_examples + 1, filters, keys, values)

    def forward(
        self,
        examples: Float[Tensor, "batch examples *thing"],
        labels: Int[Tensor, "batch examples"],
        query: Float[Tensor, "batch *thing"],
    ) -> Float[Tensor, "batch classes"]:
        """A logit for each class of the task.

        Args:
            examples: things of which the class is told.
            labels: from 0 to n_classes - 1, as the task numbers them.
            query: the thing to be named.
        """
        if examples.shape[1] != self.n_examples:
            mend = "build the network for as many"
            raise InputError(f"examples must be {self.n_examples}", str(examples.shape[1]), mend)
        things = torch.cat([examples, query[:, None]], 1)
        codes = self.encoder(things.flatten(0, 1)).unflatten(0, things.shape[:2])
        told = labels[..., None] == torch.arange(self.n_classes, device=labels.device)
        told = F.pad(told.to(codes), (0, 0, 0, 1))
        answer: Tensor = self.snail(torch.cat([codes, told], -1))
        return answer[:, -1]


@final
class _Dense(nn.Module):
    """A gated causal convolution whose answer stands beside its input."""

    def __init__(self, features: int, filters: int, dilation: int) -> None:
        super().__init__()
        self.both = SequenceConvolution(features, 2 * filters, 2, padding="causal", dilation=dilation)

    def forward(self, x: Float[Tensor, "batch time features"]) -> Float[Tensor, "batch time more"]:
        content, gate = self.both(x).chunk(2, -1)
        return torch.cat([x, content.tanh() * gate.sigmoid()], -1)


@final
class _Attention(nn.Module):
    """One causal attention whose answer stands beside its input."""

    def __init__(self, features: int, keys: int, values: int) -> None:
        super().__init__()
        self.query = nn.Linear(features, keys)
        self.key = nn.Linear(features, keys)
        self.value = nn.Linear(features, values)

    def forward(self, x: Float[Tensor, "batch time features"]) -> Float[Tensor, "batch time more"]:
        read = F.scaled_dot_product_attention(self.query(x), self.key(x), self.value(x), is_causal=True)
        return torch.cat([x, read.to(x.dtype)], -1)
