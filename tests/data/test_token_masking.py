"""Token masking: the shares of BERT, what is never chosen, and words that are chosen whole."""

import pytest
import torch

from netwright.contracts import check_augmentation
from netwright.core.errors import InputError
from netwright.data import TokenMasking

PAD, BEGIN, END, MASK = range(4)
SPECIAL = [PAD, BEGIN, END]


def texts(rows=400, time=100, n_tokens=200, seed=0):
    """Ordinary tokens between a beginning and an end, with padding behind."""
    tokens = torch.randint(4, n_tokens, (rows, time), generator=torch.Generator().manual_seed(seed))
    tokens[:, 0], tokens[:, -10], tokens[:, -9:] = BEGIN, END, PAD
    return tokens


def masked(tokens, *, seed=0, words=None, **settings):
    masking = TokenMasking(MASK, n_tokens=200, special=SPECIAL, **settings)
    return masking(tokens, tokens, torch.Generator().manual_seed(seed), words)


def near(count, n, chance):
    """Whether a count of n tries is within four standard deviations of what a chance gives."""
    return abs(int(count) - n * chance) < 4 * (n * chance * (1 - chance)) ** 0.5


@pytest.mark.parametrize("settings", [{}, {"continuing": range(100, 200)}])
def test_token_masking_keeps_the_augmentation_contract(settings):
    tokens = texts(rows=6, time=40)
    check_augmentation(TokenMasking(MASK, n_tokens=200, special=SPECIAL, **settings), tokens, tokens)


def test_a_share_is_chosen_of_which_most_are_hidden_some_replaced_and_some_kept():
    tokens = texts()
    inputs, target = masked(tokens)
    chosen, ordinary = target != -100, tokens > MASK
    n = int(chosen.sum())
    assert near(n, int(ordinary.sum()), 0.15)
    hidden, kept = chosen & (inputs == MASK), chosen & (inputs == tokens)
    replaced = chosen & ~hidden & ~kept
    assert near(hidden.sum(), n, 0.8)
    assert near(kept.sum(), n, 0.1 + 0.1 / 196)  # a random token may be the same
    assert near(replaced.sum(), n, 0.1 * 195 / 196)
    assert torch.equal(target[chosen], tokens[chosen])
    assert torch.equal(inputs[~chosen], tokens[~chosen])


def test_special_tokens_are_never_chosen_and_never_put_in():
    tokens = texts()
    tokens[:, 5] = MASK  # a mask that was there before is no word to foretell
    inputs, target = masked(tokens, share=1.0)
    special = tokens <= MASK
    assert (target[special] == -100).all()
    assert torch.equal(inputs[special], tokens[special])
    assert (target[~special] == tokens[~special]).all()
    put_in = inputs[~special & (inputs != tokens) & (inputs != MASK)]
    assert set(put_in.tolist()) == set(range(4, 200))  # each ordinary token comes at times


def whole(target, words):
    """Whether the chosen places of each row are whole words."""
    return all(
        len(set((row[numbers == word] != -100).tolist())) == 1
        for row, numbers in zip(target, words, strict=True)
        for word in numbers.unique()
    )


def test_words_of_several_tokens_are_chosen_whole_by_their_numbers_and_each_token_meets_its_own_fate():
    tokens = texts(rows=200)[:, 1:-10]  # ordinary ones alone
    words = (torch.rand(tokens.shape, generator=torch.Generator().manual_seed(1)) < 0.5).cumsum(1)
    inputs, target = masked(tokens, words=words)
    assert whole(target, words)
    assert not whole(masked(tokens)[1], words)
    chosen = target != -100
    assert abs(float(chosen.float().mean()) - 0.15) < 0.01
    hidden = (inputs == MASK).float()
    assert not whole(torch.where(chosen, hidden * 100 - 100, hidden), words)
    assert near(hidden.sum(), int(chosen.sum()), 0.8)


def test_words_may_begin_at_any_number_and_number_anew_in_a_second_text():
    tokens = texts(rows=50)[:, 1:-10][:, :80]
    words = torch.arange(80).expand(50, 80) // 2
    numbered_anew = torch.where(words < 20, words - 1, words - 20)  # -1, as tokenizers give where no word is
    first, second = (masked(tokens, words=numbers)[1] for numbers in (words, numbered_anew))
    assert torch.equal(first, second)


def test_tokens_that_go_on_with_a_word_are_chosen_with_it():
    tokens = texts(rows=200)
    words = (tokens < 100).cumsum(1)
    _, target = masked(tokens, continuing=range(100, 200))
    assert torch.equal(target, masked(tokens, words=words)[1])
    assert whole(target[:, 1:-10], words[:, 1:-10])
    assert abs(float((target != -100)[tokens > MASK].float().mean()) - 0.15) < 0.01


def test_without_a_generator_it_draws_from_the_stream_of_torch_and_keeps_a_target_of_its_own():
    tokens, other = texts(rows=4), torch.arange(400).view(4, 100)
    torch.manual_seed(3)
    inputs, target = TokenMasking(MASK, 200, SPECIAL, ignore_index=-1)(tokens, other)
    torch.manual_seed(3)
    again = TokenMasking(MASK, 200, SPECIAL, ignore_index=-1)(tokens, other)
    assert torch.equal(inputs, again[0])
    chosen = target != -1
    assert chosen.any()
    assert torch.equal(target[chosen], other[chosen])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"share": 1.5}, "share must be between 0 and 1, got 1.5"),
        ({"special": [7]}, "numbered from 0 to 4, got 7"),
        ({"continuing": [-1]}, "numbered from 0 to 4, got -1"),
        ({"mask": 9}, "numbered from 0 to 4, got 9"),
        ({"special": [0, 1, 2, 4]}, "some tokens must not be special, got 5 that are"),
    ],
)
def test_senseless_settings_are_refused(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        TokenMasking(**{"mask": 3, "n_tokens": 5, **settings})
