import numpy as np
import pytest
import torch
import torch.nn.functional as F

from netwright.core.errors import InputError
from netwright.data import StepTargets, read_sequences
from netwright.estimators import load, save
from netwright.layers import GRUCell
from netwright.nets import SequenceNetwork
from netwright.sequence import LabellingObjective, SequenceLabeller
from netwright.sequence.over_sequences import OverSequences
from netwright.training import TensorSamples, Training

ONE = Training(epochs=1)


def delayed(n_rows=80, lag=2, seed=0, longest=30):
    """Bits, and as labels the bits some steps ago."""
    rng = np.random.default_rng(seed)
    X = [rng.integers(0, 2, rng.integers(10, longest)) for _ in range(n_rows)]
    return X, [np.where(np.concatenate([np.zeros(lag), x[:-lag]]) > 0, "on", "off") for x in X]


def model_of(**settings):
    recipe = Training(epochs=25, learning_rate=0.02, validation=0, batch_size=16)
    return SequenceLabeller(**{"width": 12, "training": recipe, "random_state": 0, **settings})


def batch_of(n_rows=5, seed=0):
    """Sequences of 3 to 11 steps with class numbers, and a network with dropout off."""
    rng = np.random.default_rng(seed)
    samples = read_sequences([rng.normal(size=(3 + 2 * row, 2)) for row in range(n_rows)])
    targets = StepTargets(torch.from_numpy(rng.integers(0, 3, len(samples.values))), samples.lengths)
    torch.manual_seed(0)
    network = OverSequences(SequenceNetwork(2, 3, GRUCell, 4, pooling="each")).train()
    weight = torch.arange(1.0, n_rows + 1)
    return network, TensorSamples(samples, targets, weight)[torch.arange(n_rows)]


def gradients(network, loss):
    network.zero_grad()
    loss.backward()
    return [p.grad.clone() for p in network.parameters()]


@pytest.mark.parametrize("piece", [None, 7])
def test_each_step_gets_its_label_in_sequences_of_any_length(piece):
    """The planted truth: the bit two steps ago, also where it lies in the piece before."""
    X, y = delayed()
    X_new, y_new = delayed(seed=1, longest=60)
    model = model_of(piece=piece).fit(X, y)
    answers = model.predict(X_new)
    assert [len(part) for part in answers] == [len(part) for part in y_new]
    assert model.score(X_new, y_new) > 0.99
    assert np.concatenate([a[8:] == b[8:] for a, b in zip(answers, y_new, strict=True)]).mean() > 0.99


def test_pieces_give_what_the_whole_gives_until_the_states_are_reset():
    """The reference: one pass over the whole, equal to 1e-6; after reset_states it begins anew."""
    X, y = delayed(6)
    X = [series.astype(float) for series in X]
    model = model_of(training=ONE, depth=2).fit(X, y)
    whole = model.predict_proba(X)
    first, rest = [x[:4] for x in X], [x[4:] for x in X]
    pieces = [
        np.concatenate(both)
        for both in zip(model.predict_proba_next(first), model.predict_proba_next(rest), strict=True)
    ]
    for one, other in zip(whole, pieces, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    model.reset_states()
    anew = model.predict_proba_next(rest)
    assert max(abs(a - b[4:]).max() for a, b in zip(anew, whole, strict=True)) > 1e-3
    model.reset_states()
    again = model.predict_next(first)
    assert [part.tolist() for part in again] == [part[:4].tolist() for part in model.predict(X)]


def test_the_loss_of_pieces_is_that_of_the_whole_and_one_piece_has_its_gradient():
    network, batch = batch_of()
    whole = LabellingObjective().loss(network, batch)
    pieces = LabellingObjective(piece=4).loss(network, batch)
    torch.testing.assert_close(pieces, whole, atol=1e-6, rtol=0)
    expected = gradients(network, whole)
    for one, other in zip(
        gradients(network, LabellingObjective(piece=11).loss(network, batch)), expected, strict=True
    ):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=0)
    short = gradients(network, pieces)
    assert any((one - other).abs().max() > 1e-4 for one, other in zip(short, expected, strict=True))


def test_gradients_do_not_pass_from_piece_to_piece_and_the_state_does():
    """By hand: the state is detached between the pieces."""
    network, batch = batch_of()
    expected = torch.zeros(())
    state, counts = None, batch.inputs.lengths * len(batch.target)
    for start in range(0, 11, 4):
        piece = slice(start, start + 4)
        outputs, state = network.network.proceed(
            batch.inputs.values[:, piece], state, batch.inputs.mask[:, piece]
        )
        state = tuple(tuple(part.detach() for part in one) for one in state)
        losses = F.cross_entropy(outputs.mT, batch.target[:, piece], reduction="none")
        expected = expected + (losses.sum(1) * batch.weight / counts).sum()
    by_hand = gradients(network, expected)
    ours = LabellingObjective(piece=4).loss(network, batch)
    torch.testing.assert_close(ours, expected)
    for one, other in zip(gradients(network, 1.0 * ours), by_hand, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=0)


def test_the_loss_is_the_mean_over_sequences_of_their_mean_over_steps():
    network, batch = batch_of()
    outputs = network(batch.inputs)
    rows = [
        F.cross_entropy(outputs[row, :length], batch.target[row, :length])
        for row, length in enumerate(batch.inputs.lengths.tolist())
    ]
    expected = (torch.stack(rows) * batch.weight).mean()
    loss, probability = LabellingObjective().judge(network, batch)
    torch.testing.assert_close(loss, expected)
    assert probability.shape == (int(batch.inputs.lengths.sum()), 3)
    assert len(LabellingObjective().truth(batch)) == len(probability)


def test_it_repeats_bit_by_bit_is_saved_and_validates(tmp_path):
    X, y = delayed(120)
    model = model_of(training=Training(epochs=3), bidirectional=True)
    model.fit(X, y)
    assert "validation_loss" in model.record_.epochs[0]
    again = model_of(training=Training(epochs=3), bidirectional=True).fit(X, y)
    save(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    for other in (again, loaded):
        for one, two in zip(model.predict_proba(X), other.predict_proba(X), strict=True):
            assert np.array_equal(one, two)
    with pytest.raises(InputError, match="bidirectional must be False"):
        loaded.predict_next(X)


def test_bad_input_is_told():
    X, y = delayed(10)
    with pytest.raises(InputError, match="y must have labels for each of 10 sequences, got 9"):
        model_of().fit(X, y[:-1])
    with pytest.raises(InputError, match=r"in row 3, got shape"):
        model_of().fit(X, [*y[:3], y[3][:-1], *y[4:]])
    with pytest.raises(InputError, match="two classes or more"):
        model_of().fit(X, [np.zeros(len(x)) for x in X])
    with pytest.raises(InputError, match="piece must be at least 1"):
        model_of(piece=0).fit(X, y)
    with pytest.raises(InputError, match="not with bidirectional"):
        model_of(piece=3, bidirectional=True).fit(X, y)
    model = model_of(training=ONE).fit(X, y)
    model.predict_next(X)
    with pytest.raises(InputError, match="call reset_states"):
        model.predict_next(X[:4])
