import pytest
import torch
from torch import nn
from torch.nn import functional as F

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import CompressiveAttention, CompressiveState

CLOSE = {torch.float32: 1e-5, torch.float64: 1e-10}


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def made(n_memory=4, n_compressed=3, rate=2, compression="convolution"):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = CompressiveAttention(8, 2, n_memory, n_compressed, rate, compression).double()
    layer.content_bias.data = normal(2, 1, 4, seed=5)
    layer.distance_bias.data = normal(2, 1, 4, seed=6)
    return layer


def dense(layer, x, keys, there):
    """The formula, one query and key at a time, for the last places of the keys; there: (batch, key)."""
    answers = torch.zeros_like(x)
    rates = 10_000 ** (-torch.arange(0, 8, 2).double() / 8)
    for row in range(len(x)):
        for i, of_query in enumerate(x[row]):
            place, heads = keys.shape[1] - x.shape[1] + i, []
            seen = [j for j in range(place + 1) if there[row, j]]
            for h in range(2):
                own = slice(4 * h, 4 * h + 4)
                q = (layer.query.weight @ of_query)[own]
                scores = []
                for j in seen:
                    angle = (place - j) * rates
                    wave = torch.stack([angle.sin(), angle.cos()], 1).flatten().to(x)
                    by_content = (q + layer.content_bias[h, 0]) @ (layer.key.weight @ keys[row, j])[own]
                    by_distance = (q + layer.distance_bias[h, 0]) @ (layer.distance.weight @ wave)[own]
                    scores.append((by_content + by_distance) / 2)
                weights = torch.stack(scores).softmax(0)
                values = [(layer.value.weight @ keys[row, j])[own] for j in seen]
                heads.append(weights @ torch.stack(values))
            answers[row, i] = layer.out(torch.cat(heads)) if there[row, place] else 0.0
    return answers


class Trained(nn.Module):
    """All that the layer gives for two segments, the loss of its compression among it."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x, mask):
        _, state = self.layer(x, mask=mask)
        return self.layer(x, state, mask), self.layer.reconstruction_loss(x, state, mask)


@pytest.mark.parametrize("compression", ["convolution", "mean", "max"])
def test_compressive_attention_keeps_the_layer_contract(compression):
    mask = torch.tensor([[True] * 5, [True] * 3 + [False] * 2, [False] * 5])
    layer = made(compression=compression).float()
    assert isinstance(layer, CompressiveAttention)
    check_layer(Trained(layer), normal(3, 5, 8).float(), mask, shape=(3, 5, 8))
    if compression != "convolution":
        check_layer(layer, normal(3, 5, 8).float(), None, mask, shape=(3, 5, 8))


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize(
    "settings", [(12, 0, 3, "convolution"), (3, 9, 1, "mean"), (0, 12, 1, "max"), (2, 9, 1, "convolution")]
)
@pytest.mark.parametrize("lengths", [(3, 3, 3, 3), (5, 1, 4, 2)])
def test_segment_by_segment_equals_dense_causal_attention_where_nothing_is_lost(settings, lengths, dtype):
    layer, x = made(*settings), normal(2, 12, 8)
    if layer.convolution is not None:
        nn.init.dirac_(layer.convolution.weight)
        nn.init.zeros_(layer.convolution.bias)
    layer, x = layer.to(dtype), x.to(dtype)
    mask = torch.tensor([[True] * 12, [True, False, True] * 4])
    state, parts = None, []
    for segment, real in zip(x.split(lengths, 1), mask.split(lengths, 1), strict=True):
        y, state = layer(segment, state, real)
        parts.append(y)
    expected = dense(layer, x, x, mask)
    torch.testing.assert_close(torch.cat(parts, 1), expected, rtol=CLOSE[dtype], atol=CLOSE[dtype])


def test_it_attends_to_compressed_memory_memory_and_segment():
    layer, x = made(), normal(2, 3, 8)
    there = torch.tensor([[True, True, True], [False, True, True]])
    state = CompressiveState(normal(2, 4, 8, seed=1), normal(2, 3, 8, seed=2), torch.ones(2, 4).bool(), there)
    keys = torch.cat([state.compressed, state.memory, x], 1)
    seen = torch.cat([there, torch.ones(2, 7).bool()], 1)
    torch.testing.assert_close(layer(x, state)[0], dense(layer, x, keys, seen), rtol=1e-10, atol=1e-10)


def test_compression_is_its_formula():
    old, mask = normal(2, 5, 8), torch.tensor([[True] * 5, [True, False, False, False, True]])
    by_hand = {
        "mean": [(old[0, 0] + old[0, 1]) / 2, (old[0, 2] + old[0, 3]) / 2, old[0, 4]],
        "max": [torch.maximum(old[0, 0], old[0, 1]), torch.maximum(old[0, 2], old[0, 3]), old[0, 4]],
    }
    for compression, rows in by_hand.items():
        new, there = made(compression=compression).compress(old, mask)
        expected = torch.stack([torch.stack(rows), torch.stack([old[1, 0], 0 * rows[1], old[1, 4]])])
        torch.testing.assert_close(new, expected, rtol=0, atol=1e-12)
        assert there.tolist() == [[True] * 3, [True, False, True]]
    layer = made()
    new, there = layer.compress(old, mask)
    zeroed = F.pad(old * mask[..., None], (0, 0, 0, 1))
    taps, bias = layer.convolution.weight.unbind(-1), layer.convolution.bias
    expected = zeroed[:, ::2] @ taps[0].T + zeroed[:, 1::2] @ taps[1].T + bias
    torch.testing.assert_close(new, expected * there[..., None], rtol=0, atol=1e-12)
    assert there.tolist() == [[True] * 3, [True, False, True]]


def test_the_oldest_are_compressed_and_pushed_through_memories_of_fixed_size():
    """Places numbered 1, 2, 3...: the means say which went where."""
    layer, state = made(compression="mean"), None
    x = torch.arange(1.0, 19.0).double()[None, :, None].expand(1, 18, 8)
    for segment in x.split(6, 1):
        state = layer(segment, state)[1]
        assert state.memory.shape == (1, 4, 8)
        assert state.compressed.shape == (1, 3, 8)
    assert state.memory[0, :, 0].tolist() == [15, 16, 17, 18]
    assert state.compressed[0, :, 3].tolist() == [9.5, 11.5, 13.5]
    assert state.memory_mask.all()
    assert state.compressed_mask.all()
    first = layer(x[:, :6])[1]
    assert first.memory[0, :, 0].tolist() == [3, 4, 5, 6]
    assert first.compressed[0, :, 0].tolist() == [0, 0, 1.5]
    assert first.compressed_mask.tolist() == [[False, False, True]]
    assert layer(x[:, :3])[1].memory_mask.tolist() == [[False, True, True, True]]


def test_no_gradient_flows_into_the_state():
    layer, x = made(), normal(2, 6, 8).requires_grad_()
    _, state = layer(x)
    assert not any(part.requires_grad for part in state)
    state = state._replace(memory=state.memory.requires_grad_(), compressed=state.compressed.requires_grad_())
    layer(x.detach(), state)[0].sum().backward()
    assert state.memory.grad is None
    assert state.compressed.grad is None
    assert layer.convolution.weight.grad is None


def test_the_reconstruction_loss_is_its_formula():
    layer, x, state = made(), normal(3, 4, 8), made()(normal(3, 4, 8, seed=1))[1]
    mask = torch.tensor([[True] * 4, [True, False, True, False], [True] * 4])
    state.memory_mask[2] = False
    state.memory_mask[1, 3] = False
    errors = []
    for row, n_old in ((0, 4), (1, 3)):
        places = state.memory[row] * state.memory_mask[row][:, None]
        for i in range(4):
            for h in range(2 * int(mask[row, i])):
                own, reads = slice(4 * h, 4 * h + 4), []
                q = (layer.query.weight @ x[row, i])[own]
                for seen in (
                    places[:n_old],
                    layer.compress(places[None], state.memory_mask[row : row + 1])[0][0],
                ):
                    k, v = ((seen @ w.weight.T)[:, own] for w in (layer.key, layer.value))
                    reads.append((k @ q / 2).softmax(0) @ v)
                errors.append((reads[0] - reads[1]) ** 2)
    loss = layer.reconstruction_loss(x, state, mask)
    torch.testing.assert_close(loss, torch.stack(errors).mean(), rtol=1e-10, atol=0)


def test_the_reconstruction_loss_is_0_where_nothing_is_lost():
    x, old = normal(2, 4, 8), normal(2, 4, 8, seed=1)
    twins = old[:, :2].repeat_interleave(2, 1)
    for compression in ("mean", "max"):
        layer, single = made(compression=compression), made(rate=1, compression=compression)
        assert layer.reconstruction_loss(x, layer(twins)[1]) < 1e-25
        assert single.reconstruction_loss(x, single(old)[1]) < 1e-25
        assert layer.reconstruction_loss(x, layer(old)[1]) > 1e-4
    layer = made()
    assert layer.reconstruction_loss(x) == 0, "nothing leaves an empty memory"
    assert layer.reconstruction_loss(x, layer(old)[1]) > 1e-4


def test_the_reconstruction_loss_teaches_the_compression_alone():
    layer, x = made(), normal(8, 4, 8).requires_grad_()
    state = layer(normal(8, 4, 8, seed=1))[1]
    state = state._replace(memory=state.memory.requires_grad_())
    first = layer.reconstruction_loss(x, state)
    first.backward()
    learning = {name for name, p in layer.named_parameters() if p.grad is not None and p.grad.any()}
    assert learning == {"convolution.weight", "convolution.bias"}
    assert x.grad is None
    assert state.memory.grad is None
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.02)
    for _ in range(100):
        optimizer.zero_grad()
        loss = layer.reconstruction_loss(x, state)
        loss.backward()
        optimizer.step()
    assert loss < first / 3


def test_padding_has_no_influence_and_gets_zeros():
    layer, answers = made(), []
    mask = torch.tensor([[True] * 6 + [False] * 4, [False, True] + [True] * 8, [False] * 10])
    for content in (0.0, 1e3, torch.nan):
        x = torch.where(mask[..., None], normal(3, 10, 8), content).requires_grad_()
        layer.zero_grad()
        state, given, total = None, [], 0
        for segment, real in zip(x.split(5, 1), mask.split(5, 1), strict=True):
            loss = layer.reconstruction_loss(segment, state, real)
            y, state = layer(segment, state, real)
            state = CompressiveState(
                torch.where(state.memory_mask[..., None], state.memory, content),
                torch.where(state.compressed_mask[..., None], state.compressed, content),
                *state[2:],
            )
            total = total + (y * normal(3, 5, 8, seed=1)).sum() + loss
            given += [y.detach(), loss.detach()]
            assert not y[~real].any()
        total.backward()
        answers.append([*given, x.grad, *(p.grad.clone() for p in layer.parameters())])
    for others in answers[1:]:
        assert all(torch.equal(one, other) for one, other in zip(answers[0], others, strict=True))


def test_memory_does_not_grow_with_the_number_of_segments(largest_tensor):
    layer, sizes = made(n_memory=16, n_compressed=16), []
    for n_segments in (3, 24):
        state = None
        with largest_tensor() as largest:
            for seed in range(n_segments):
                x = normal(1, 16, 8, seed=seed)
                loss = layer.reconstruction_loss(x, state)
                y, state = layer(x, state)
                (y.sum() + loss).backward()
        sizes.append(largest.numbers)
    assert sizes[0] == sizes[1]


def test_what_does_not_fit_is_named():
    for sizes in ((-1, 2, 3), (2, -1, 3), (2, 2, 0)):
        with pytest.raises(InputError, match=f"got {sizes[0]}, {sizes[1]} and {sizes[2]}"):
            CompressiveAttention(8, 2, *sizes)
    with pytest.raises(InputError, match="n_heads 3"):
        CompressiveAttention(8, 3, 2, 2)
    state = made()(normal(2, 6, 8))[1]
    with pytest.raises(InputError, match="must hold 5 and 3 places, got 4 and 3"):
        made(n_memory=5)(normal(2, 6, 8), state)
    wanted = "n_heads=2, n_memory=4, n_compressed=3, rate=3, compression=convolution"
    assert wanted in repr(CompressiveAttention(8, 2, 4, 3))
