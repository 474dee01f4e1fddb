import pytest
import torch
from torch.func import functional_call

from netwright.layers import QRNN, SRU
from netwright.layers.recurrent import quasi_recurrent, row_blocks, simple_recurrent_unit
from netwright.layers.recurrent.window_of_two import WindowOfTwo

ROWS, TIME, FEATURES = 5, 6, 4
LAYERS = {
    "SRU": lambda: SRU(FEATURES, 4),
    "SRU of other sizes": lambda: SRU(FEATURES, 3),
    "SRU with tanh and dropout": lambda: SRU(FEATURES, 4, tanh=True, dropout=0.4),
    "SRU in both directions": lambda: SRU(FEATURES, 2, bidirectional=True, highway_bias=-1.0),
    "SRU of everything": lambda: SRU(FEATURES, 3, bidirectional=True, tanh=True, dropout=0.4),
    "QRNN": lambda: QRNN(FEATURES, 3),
    "QRNN f": lambda: QRNN(FEATURES, 3, pooling="f"),
    "QRNN ifo": lambda: QRNN(FEATURES, 3, pooling="ifo"),
}


@pytest.fixture(params=LAYERS)
def layer(request):
    torch.manual_seed(0)
    layer = LAYERS[request.param]().double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return layer


@pytest.fixture(params=[13, 2048])
def steps_at_once(request, monkeypatch):
    """Blocks of one row, or two and a rest, and one of all."""
    monkeypatch.setattr(row_blocks, "STEPS_AT_ONCE", request.param)


def given(layer, time=TIME, rows=ROWS):
    """Input, state and mask; the mask has holes and padding."""
    torch.manual_seed(1)
    x = torch.randn(rows, time, FEATURES, dtype=torch.float64, requires_grad=True)
    width = layer.hidden_size * getattr(layer, "directions", 1)
    state = [torch.randn(rows, width, dtype=torch.float64, requires_grad=True)]
    if isinstance(layer, QRNN):
        state.append(torch.randn(rows, 1, FEATURES, dtype=torch.float64, requires_grad=True))
    return x, state, torch.rand(rows, time) < 0.7


def answers(layer, x, state, mask):
    """Outputs, states and the gradients of everything; dropout is drawn alike."""
    torch.manual_seed(2)
    outputs, left = layer(x, tuple(state), mask)
    weights = [torch.randn(one.shape, dtype=one.dtype) for one in (outputs, *left)]
    loss = sum((one * weight).sum() for one, weight in zip((outputs, *left), weights, strict=True))
    return [outputs, *left, *torch.autograd.grad(loss, [x, *state, *layer.parameters()])]


def without_blocks(monkeypatch):
    for module in (simple_recurrent_unit, quasi_recurrent):
        monkeypatch.setattr(module, "blocks_serve", lambda *_: False)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("time", [1, TIME, 7])
@pytest.mark.usefixtures("steps_at_once")
def test_blocks_give_the_answers_and_gradients_of_the_plain_formulas(layer, time, masked, monkeypatch):
    x, state, mask = given(layer, time)
    in_blocks = answers(layer, x, state, mask if masked else None)
    without_blocks(monkeypatch)
    plain = answers(layer, x, state, mask if masked else None)
    torch.testing.assert_close(in_blocks, plain, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("time", [4, 3])
@pytest.mark.parametrize("masked", [False, True])
def test_first_and_second_derivatives_are_right(layer, time, masked, monkeypatch):
    monkeypatch.setattr(row_blocks, "STEPS_AT_ONCE", 1)
    x, state, mask = given(layer, time, rows=2)
    names = [name for name, _ in layer.named_parameters()]

    def solve(x, *others):
        torch.manual_seed(2)
        parameters = dict(zip(names, others[len(state) :], strict=True))
        outputs, (last, *_) = functional_call(
            layer, parameters, (x, others[: len(state)], mask if masked else None)
        )
        return outputs, last

    inputs = [x, *state, *layer.parameters()]
    assert torch.autograd.gradcheck(solve, inputs)
    assert torch.autograd.gradgradcheck(solve, inputs, fast_mode=True)


@pytest.mark.usefixtures("steps_at_once")
def test_what_does_not_learn_gives_the_same_outputs(layer):
    x, state, mask = given(layer)
    torch.manual_seed(2)
    outputs, left = layer(x, tuple(state), mask)
    with torch.no_grad():
        torch.manual_seed(2)
        again, others = layer(x, tuple(state), mask)
    assert torch.equal(outputs, again)
    assert all(torch.equal(one, other) for one, other in zip(left, others, strict=True))


def test_the_way_back_can_be_gone_twice_and_for_the_weights_alone(layer):
    x, state, _ = given(layer)
    outputs, _ = layer.eval()(x, tuple(state))
    everything = [x, *layer.parameters()]
    first = torch.autograd.grad(outputs.sin().sum(), everything, retain_graph=True)
    assert all(map(torch.equal, first, torch.autograd.grad(outputs.sin().sum(), everything)))
    alone, _ = layer(x.detach(), tuple(one.detach() for one in state))
    weights = torch.autograd.grad(alone.sin().sum(), [*layer.parameters()])
    assert all(map(torch.equal, first[1:], weights))


def test_rows_may_be_missing_or_lie_across_in_memory(layer):
    x, _, _ = given(layer)
    assert layer(x[:0])[0].shape[:2] == (0, TIME)
    across = x.detach().transpose(0, 1).contiguous().transpose(0, 1)
    layer.eval()
    torch.testing.assert_close(layer(across)[0], layer(x)[0])


def test_who_watches_the_convolution_or_takes_its_place_is_called():
    layer, x = QRNN(FEATURES, 3), torch.randn(2, TIME, FEATURES)
    expected, seen = layer(x)[0], []
    layer.convolution.register_forward_hook(lambda module, given, answer: seen.append(answer.shape))
    torch.testing.assert_close(layer(x)[0], expected)
    assert seen == [(2, TIME, 9)]
    layer.convolution = torch.nn.Sequential(layer.convolution, torch.nn.Dropout(1.0))
    assert not layer(x)[0].any()


@pytest.mark.parametrize("size", [1.0, 1000.0])
def test_three_products_are_as_close_as_four(size):
    generator = torch.Generator().manual_seed(0)
    weight, bias = (0.1 * torch.randn(shape, generator=generator) for shape in ((96, 128), (96,)))
    x, past = (size * torch.randn(4, time, 64, generator=generator) for time in (256, 1))
    window = torch.cat([torch.cat([past, x[:, :-1]], 1), x], -1)
    exact = window.double() @ weight.double().T + bias
    sums = torch.empty(4, 256, 96)
    WindowOfTwo(weight).ahead(x, past, bias, sums)
    far, directly = ((one - exact).abs().max() / size for one in (sums, window @ weight.T + bias))
    assert far < 1e-5
    assert far < 4 * directly


def test_no_product_sees_a_step_outside_its_window():
    x = torch.zeros(1, 6, 2)
    x[:, 3] = 1e30
    sums = torch.empty(1, 6, 3)
    WindowOfTwo(torch.ones(3, 4)).ahead(x, torch.zeros(1, 1, 2), torch.zeros(3), sums)
    assert not sums[:, [0, 1, 2, 5]].any()
    assert (sums[:, 3:5] > 1e30).all()
