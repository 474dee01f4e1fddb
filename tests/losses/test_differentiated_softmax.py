"""Differentiated softmax: a softmax whose matrix of weights is block-diagonal."""

import pytest
import torch
import torch.nn.functional as F

from netwright.contracts import check_loss
from netwright.core.errors import InputError
from netwright.losses import DifferentiatedSoftmaxLoss

SEED = torch.Generator().manual_seed(0)
FEATURES = torch.randn(6, 7, generator=SEED, dtype=torch.float64)
TARGET = torch.tensor([0, 2, 4, 8, 5, 1])


def blocks(n_features=(4, 2, 1), n_words=(2, 3, 4), reduction="mean"):
    torch.manual_seed(0)
    return DifferentiatedSoftmaxLoss(n_features, n_words, reduction)


def dense(loss):
    """One matrix and one bias for all words, with zeros where a word does not see a feature."""
    weight = torch.block_diag(*[block.weight for block in loss.blocks])
    return weight, torch.cat([block.bias for block in loss.blocks])


def test_differentiated_softmax_keeps_the_loss_contract():
    check_loss(blocks(), FEATURES.float(), TARGET)


@pytest.mark.parametrize(("dtype", "close"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
@pytest.mark.parametrize("n_words", [(2, 3, 4), (1, 1, 7)])
def test_it_equals_a_softmax_over_a_block_diagonal_matrix_with_its_gradient(n_words, dtype, close):
    loss, features = blocks(n_words=n_words).to(dtype), FEATURES.to(dtype).requires_grad_()
    weight, bias = dense(loss)
    assert weight.shape == (9, 7)
    scores = features @ weight.T + bias
    wanted = (scores.exp().sum(1).log() - scores[torch.arange(6), TARGET]).mean()
    torch.testing.assert_close(loss(features, TARGET), wanted, rtol=close, atol=close)
    torch.testing.assert_close(
        loss.log_probabilities(features), scores.log_softmax(1), rtol=close, atol=close
    )
    learned = (features, *loss.parameters())
    got, wanted = (torch.autograd.grad(one, learned) for one in (loss(features, TARGET), wanted))
    for a, b in zip(got, wanted, strict=True):
        torch.testing.assert_close(a, b, rtol=close, atol=close)


def test_with_one_block_it_is_the_softmax():
    loss = blocks([7], [9], reduction="none").double()
    scores = F.linear(FEATURES, loss.blocks[0].weight, loss.blocks[0].bias)
    torch.testing.assert_close(loss(FEATURES, TARGET), F.cross_entropy(scores, TARGET, reduction="none"))


def test_a_word_feels_its_own_slice_alone_against_the_words_of_its_block():
    loss, moved = blocks().double(), FEATURES.clone()
    moved[:, :4] += 1
    before, after = (loss.log_probabilities(x) for x in (FEATURES, moved))
    change = after - before
    torch.testing.assert_close(change[:, 2:], change[:, 2:3].expand(6, 7))  # the others are shifted alike
    assert (change[:, 0] - change[:, 1]).abs().min() > 1e-3


def test_narrow_slices_for_rare_words_spare_weights():
    loss = DifferentiatedSoftmaxLoss([48, 16], [1000, 9000])
    assert sum(block.weight.numel() for block in loss.blocks) == 48 * 1000 + 16 * 9000
    assert dense(loss)[0].numel() == 64 * 10_000


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: blocks([4, 2], [3]), r"as many of both, got \[4, 2\] and \[3\]"),
        (lambda: blocks([], []), r"1 or more for each block, as many of both, got \[\] and \[\]"),
        (lambda: blocks([4, 0], [3, 2]), r"1 or more for each block.* got \[4, 0\]"),
        (lambda: blocks([4, 1], [3, 0]), r"1 or more for each block.* and \[3, 0\]"),
        (lambda: blocks(reduction="all"), "reduction must be one of"),
        (lambda: blocks()(torch.zeros(2, 6), TARGET[:2]), "rows must have 7 features, got 6"),
    ],
    ids=["lengths", "nothing", "features", "words", "reduction", "rows"],
)
def test_what_does_not_fit_is_refused(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
