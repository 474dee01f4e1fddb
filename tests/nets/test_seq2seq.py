import itertools

import pytest
import torch
from torch import nn
from toy_sequences import digits, fit, held_out, quick, seeded

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import (
    AdditiveAttention,
    DotScore,
    GeneralScore,
    GlobalAttention,
    GRUCell,
    MonotonicLocalAttention,
    PredictiveLocalAttention,
)
from netwright.nets import Seq2Seq, search_beams

ATTENTIONS = [
    lambda: None,
    lambda: AdditiveAttention(6),
    lambda: GlobalAttention(DotScore()),
    lambda: GlobalAttention(GeneralScore(6)),
    lambda: MonotonicLocalAttention(DotScore(), half_width=1),
    lambda: PredictiveLocalAttention(DotScore(), 6, half_width=2),
]
NAMES = ["none", "additive", "dot", "general", "local-m", "local-p"]
SOURCE = torch.tensor([[3, 4, 5, 6, 2], [7, 3, 2, 0, 0]])
TARGET = torch.tensor([[4, 5, 6, 2], [3, 2, 0, 0]])


def small(attention=lambda: None, **options):
    return seeded(lambda: Seq2Seq(8, 7, width=5, hidden=6, attention=attention(), **options))


@pytest.mark.parametrize("attention", ATTENTIONS, ids=NAMES)
def test_it_keeps_the_layer_contract(attention):
    tools = quick(attention is ATTENTIONS[2])
    check_layer(small(attention), SOURCE, TARGET, shape=(2, 4, 7), **tools)


def test_without_attention_it_is_torchs_lstm_begun_with_the_state_of_torchs_lstm():
    network = small(bidirectional=False, depth=2)

    def theirs(layer):
        lstm = nn.LSTM(5, 6, num_layers=2, batch_first=True)
        for number, cell in enumerate(layer.cells):
            for name, value in cell.named_parameters():
                getattr(lstm, f"{name}_l{number}").data = value.data
        return lstm

    _, state = theirs(network.encoder)(network.source(SOURCE[:1]))
    states, _ = theirs(network.decoder)(network.target(torch.tensor([[1, 4, 5, 6]])), state)
    torch.testing.assert_close(network(SOURCE[:1], TARGET[:1]), network.out(states))


@pytest.mark.parametrize("attention", ATTENTIONS[1:], ids=NAMES[1:])
def test_with_attention_the_state_is_joined_with_what_the_attention_finds_by_it(attention):
    network = small(attention)
    mask = SOURCE != 0
    keys, ((forward, c), (backward, d)) = network.encoder(network.source(SOURCE), mask=mask)
    state = ((torch.cat([forward, backward], 1), torch.cat([c, d], 1)),)
    read = torch.tensor([[1, 4, 5, 6], [1, 3, 2, 0]])
    h, _ = network.decoder(network.target(read), state)
    context, weights = network.attention(h, keys, None, mask, return_weights=True)
    by_hand = network.out(torch.tanh(network.join.join(torch.cat([context, h], 2))))
    scores, looked = network(SOURCE, TARGET, return_weights=True)
    torch.testing.assert_close(scores, by_hand)
    torch.testing.assert_close(looked, weights)
    assert not looked[1, :, 3:].any()


@pytest.mark.parametrize("attention", ATTENTIONS, ids=NAMES)
def test_what_is_written_is_the_most_probable_symbol_each_time_and_weights_are_where_it_looked(attention):
    network = small(attention).eval()
    written = network.write(SOURCE, steps=6)
    symbols, score = [], torch.zeros(2)
    ended = torch.zeros(2).bool()
    for _ in range(6):
        so_far = torch.stack([*symbols, torch.zeros(2).long()], 1)
        logs = network(SOURCE, so_far)[:, -1].clone()
        logs = logs.log_softmax(1)
        best = logs[:, 2:].max(1)
        score += torch.where(ended, 0, best.values)
        symbols.append(torch.where(ended, 0, best.indices + 2))
        ended |= symbols[-1] == 2
    symbols = torch.stack(symbols, 1)
    assert torch.equal(written.symbols, symbols)
    torch.testing.assert_close(written.scores, score)
    if network.attention is None:
        assert written.weights is None
    else:
        weights = network(SOURCE, symbols, return_weights=True)[1]
        torch.testing.assert_close(written.weights, weights * (symbols != 0)[..., None])


@pytest.mark.parametrize("attention", [ATTENTIONS[0], ATTENTIONS[4]], ids=["none", "local-m"])
def test_as_many_beams_as_there_are_sequences_find_the_best_of_all(attention):
    network = small(attention).eval()
    network.out.weight.data *= 4  # so that the greedy sequence is not the best
    written = network.write(SOURCE, steps=3, beams=200)
    ends = [(2,), *((a, 2) for a in range(3, 7)), *((*ab, c) for ab in pairs() for c in range(2, 7))]
    every = torch.tensor([[*end, 0, 0][:3] for end in ends])
    with torch.no_grad():
        for row in range(2):
            logs = network(SOURCE[row : row + 1].expand(len(every), -1), every).log_softmax(-1)
            sums = (logs.gather(2, every[..., None])[..., 0] * (every != 0)).sum(1)
            assert torch.equal(every[sums.argmax()], written.symbols[row])
            torch.testing.assert_close(sums.max(), written.scores[row])
    greedy = network.write(SOURCE, steps=3)
    assert (greedy.scores <= written.scores + 1e-6).all()


def pairs():
    return itertools.product(range(3, 7), repeat=2)


def test_beams_find_what_the_greedy_way_misses():
    """The likelier first symbol leads to two that are unlikely."""
    table = torch.zeros(5, 5)
    table[1] = torch.tensor([0, 0, 0, 0.6, 0.4])
    table[3] = torch.tensor([0, 0, 0.3, 0.35, 0.35])
    table[4] = torch.tensor([0, 0, 0.9, 0.05, 0.05])

    def step(last, state, number):
        return (table + 1e-12).log()[last[:, 0]], state

    state = ((torch.zeros(1, 1),),)
    greedy, chance = search_beams(step, state, steps=2)
    assert greedy[0, 0].tolist()[0] == 3
    best, better = search_beams(step, state, steps=2, beams=2)
    assert best[0].tolist()[0] == [4, 2]
    torch.testing.assert_close(better[0, 0].exp(), torch.tensor(0.36))
    assert better[0, 0] > chance[0, 0]
    with pytest.raises(InputError, match="at least 1, got 2 and 0"):
        search_beams(step, state, steps=2, beams=0)


def test_without_teacher_forcing_it_learns_from_its_own_symbols_and_not_in_eval_mode():
    network = small(ATTENTIONS[4], teacher_forcing=0.0)
    own = network.train()(SOURCE, TARGET)
    said = torch.cat([own.argmax(-1), TARGET[:, :0]], 1)
    torch.testing.assert_close(own, network.eval()(SOURCE, said))
    mixed = small(ATTENTIONS[4], teacher_forcing=1.0)
    assert torch.equal(mixed.train()(SOURCE, TARGET), network(SOURCE, TARGET))


def test_what_stands_behind_the_source_changes_no_bit():
    network = small(ATTENTIONS[1], depth=2)
    longer = nn.functional.pad(SOURCE, (0, 3))
    assert torch.equal(network(longer, TARGET), network(SOURCE, TARGET))
    torch.testing.assert_close(network(SOURCE[1:, :3], TARGET[1:]), network(SOURCE, TARGET)[1:])


def spelt(scores, target):
    return nn.functional.cross_entropy(scores.flatten(0, 1), target.flatten(), ignore_index=0)


def ended(symbols):
    return nn.functional.pad(symbols, (0, 1), value=2)


def reversal(shortest, longest):
    """Strings of digits, and the same backwards; those of a batch are of one length."""

    def draw(n_rows, generator):
        steps = int(torch.randint(shortest, longest + 1, (1,), generator=generator))
        x = 3 + digits(n_rows, steps, 10, generator)
        return (x, ended(x.flip(1))), ended(x.flip(1))

    return draw


def exact(network, draw, n_rows=500):
    (source, target), _ = held_out(draw, n_rows)
    return (network.write(source, target.shape[1]).symbols == target).all(1).double().mean()


def test_one_state_is_enough_to_reverse_ten_digits():
    network = seeded(lambda: Seq2Seq(13, 13, 16, 128, bidirectional=False))
    fit(network, reversal(8, 10), spelt, 750, 0.015)
    assert exact(network, reversal(10, 10)) > 0.98


def test_longer_strings_are_told_worse_without_attention():
    def network(attention):
        made = seeded(lambda: Seq2Seq(13, 13, 16, 64, attention=attention, bidirectional=False))
        return fit(made, reversal(2, 20), spelt, 400, 0.01)

    blind = network(None)
    short, middle, long = (exact(blind, reversal(steps, steps)) for steps in (3, 8, 16))
    assert short > 0.9
    assert short > middle + 0.1
    assert middle > long + 0.1
    assert exact(network(GlobalAttention(GeneralScore(64))), reversal(16, 16)) > long + 0.5


def test_attention_aligns_a_planted_permutation():
    order = torch.tensor([4, 0, 2, 5, 1, 3])

    def draw(n_rows, generator):
        x = 3 + digits(n_rows, 6, 6, generator)
        target = ended(11 - x[:, order])  # in another order, and each symbol by another
        return (x, target), target

    network = seeded(lambda: Seq2Seq(9, 9, 16, 32, cell=GRUCell, attention=AdditiveAttention(32)))
    fit(network, draw, spelt, 300, 0.02)
    (source, target), _ = held_out(draw)
    written = network.write(source, 7)
    assert (written.symbols == target).all(1).double().mean() > 0.98
    looked = written.weights[:, :6].argmax(2)
    assert (looked == order).double().mean() > 0.99


CONSONANTS, VOWELS = 6, 4


def transliterations(n_rows, generator, syllables=6):
    """Words of syllables, in letters and in signs.

    A consonant and a vowel are one sign, and so is a vowel alone; a letter that makes the vowel long is a
    sign of its own. So the places of both scripts drift apart.
    """
    shape = (n_rows, syllables)
    consonant = torch.randint(CONSONANTS, shape, generator=generator)
    vowel = torch.randint(VOWELS, shape, generator=generator)
    alone, double = (torch.rand(2, *shape, generator=generator) < 0.3).unbind()
    letters = torch.stack(
        [
            torch.where(alone, 0, 3 + consonant),
            3 + CONSONANTS + vowel,
            torch.where(double, 3 + CONSONANTS + VOWELS, 0),
        ],
        2,
    )
    signs = torch.stack(
        [
            torch.where(alone, 3 + vowel, 3 + VOWELS + consonant * VOWELS + vowel),
            torch.where(double, 3 + VOWELS + CONSONANTS * VOWELS, 0),
        ],
        2,
    )
    source, target = together(letters.flatten(1)), together(signs.flatten(1))
    target = nn.functional.pad(target, (0, 1))
    target[torch.arange(n_rows), (target != 0).sum(1)] = 2
    return (source, target), target


def together(symbols):
    """The symbols without the zeros between them, which come behind."""
    return symbols.gather(1, torch.sort((symbols == 0).int(), dim=1, stable=True).indices)


def test_words_in_another_script_are_spelt_better_with_attention_which_goes_from_left_to_right():
    def network(attention):
        made = seeded(lambda: Seq2Seq(14, 32, 16, 48, cell=GRUCell, attention=attention))
        return fit(made, transliterations, spelt, 250, 0.015)

    looking, blind = network(GlobalAttention(GeneralScore(48))), network(None)
    accuracy = exact(looking, transliterations)
    assert accuracy > 0.9
    assert accuracy > exact(blind, transliterations) + 0.2
    (source, target), _ = held_out(transliterations)
    written = looking.write(source, target.shape[1])
    place = (written.weights * torch.arange(source.shape[1])).sum(2)
    both = (written.symbols[:, 1:] > 2) & (written.symbols[:, :-1] > 2)
    assert (place.diff(dim=1)[both] > -0.5).double().mean() > 0.95


def test_what_does_not_fit_is_named():
    with pytest.raises(InputError, match="from 0 to 1, got 2"):
        Seq2Seq(8, 7, teacher_forcing=2.0)
    with pytest.raises(InputError, match="even for two directions, got 7"):
        Seq2Seq(8, 7, hidden=7)
