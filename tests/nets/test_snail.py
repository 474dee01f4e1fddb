import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.embeddings import SiameseEmbedder
from netwright.nets import SNAIL, FewShotSNAIL
from netwright.optim import OneCycle
from netwright.training import Training


def seeded(build, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build()


def small():
    return seeded(lambda: SNAIL(features=3, n_outputs=2, length=8, filters=4, keys=(4, 5), values=(3, 2)))


def test_snail_keeps_the_layer_contract():
    draw = torch.Generator().manual_seed(0)
    check_layer(small(), torch.randn(2, 9, 3, generator=draw), shape=(2, 9, 2))
    build = lambda: FewShotSNAIL(nn.Linear(4, 6), 6, 3, 3, filters=4, keys=(4, 5), values=(3, 2))  # noqa: E731
    labels = torch.tensor([[0, 2, 1], [1, 0, 2]])
    things = torch.rand(2, 3, 4, generator=draw), labels, torch.rand(2, 4, generator=draw)
    check_layer(seeded(build), *things, shape=(2, 3))


def test_each_step_hangs_on_all_steps_before_it_and_on_none_behind_it():
    network, x = small().double(), torch.randn(1, 12, 3, generator=torch.Generator().manual_seed(0)).double()
    whole = network(x)
    for t in range(12):
        torch.testing.assert_close(network(x[:, : t + 1])[:, -1], whole[:, t], rtol=1e-12, atol=1e-12)
        (slope,) = torch.autograd.grad(network(leaf := x.clone().requires_grad_())[0, t].sum(), leaf)
        assert (slope[0, t + 1 :] == 0).all()
        assert (slope[0, : t + 1].abs().sum(1) > 0).all()


def test_a_block_is_the_papers_formula():
    network, x = small().double(), torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0)).double()
    first, dense = network.blocks[0], network.blocks[2]
    seen = first(x)
    q, k, v = first.query(x), first.key(x), first.value(x)
    scores = (q @ k.mT / 4**0.5).masked_fill(torch.ones(5, 5).triu(1).bool(), -torch.inf)
    torch.testing.assert_close(seen, torch.cat([x, scores.softmax(-1) @ v], -1))
    seen = network.blocks[1](seen)
    w, b = dense.both.weight, dense.both.bias
    before = F.pad(seen, (0, 0, 2, 0))[:, :5]  # the second dense block looks two steps back
    both = before @ w[..., 0].T + seen @ w[..., 1].T + b
    content, gate = both[..., :4], both[..., 4:]
    torch.testing.assert_close(dense(seen), torch.cat([seen, content.tanh() * gate.sigmoid()], -1))


def test_widths_and_numbers_of_examples_that_do_not_fit_are_named():
    with pytest.raises(InputError, match="one number for each attention"):
        SNAIL(3, 2, 8, keys=(4,), values=(4, 4))
    network = seeded(lambda: FewShotSNAIL(nn.Linear(4, 6), 6, 3, 3, filters=4))
    with pytest.raises(InputError, match="examples must be 3, got 4"):
        network(torch.rand(2, 4, 4), torch.zeros(2, 4, dtype=torch.int64), torch.rand(2, 4))


def digits():
    """Digits 0 to 6, turned and mirrored, which makes classes of their own; and digits 7 to 9 as they are."""
    X, y = load_digits(return_X_y=True)
    X, y = torch.from_numpy(X).float().reshape(-1, 8, 8) / 16, torch.from_numpy(y)
    old, kinds = X[y < 7], y[y < 7]
    turned = [old.rot90(k, (1, 2)) for k in range(4)]
    turned += [one.flip(2) for one in turned]
    classes = torch.cat([kinds + 7 * number for number in range(8)])
    return torch.cat(turned).flatten(1), classes, X[y >= 7].flatten(1), y[y >= 7]


def episodes(X, y, n_rows, draw, n_classes=3):
    """Tasks of one example of each of some classes and one thing to be named, with its number in the task."""
    kinds = y.unique()
    chosen = torch.rand(n_rows, len(kinds), generator=draw).argsort(1)[:, :n_classes]
    rows = [torch.nonzero(y == kind).flatten() for kind in kinds]
    counts = torch.tensor([len(one) for one in rows])
    table = torch.stack([F.pad(one, (0, int(counts.max()) - len(one))) for one in rows])
    answer = torch.randint(0, n_classes, (n_rows,), generator=draw)
    asked = chosen.gather(1, answer[:, None])
    picks = (torch.rand(n_rows, n_classes, generator=draw) * counts[chosen]).long()
    other = (torch.rand(n_rows, 1, generator=draw) * (counts[asked] - 1)).long()
    other = other + (other >= picks.gather(1, answer[:, None]))  # another picture than the example
    order = torch.rand(n_rows, n_classes, generator=draw).argsort(1)  # examples in any order
    labels = order
    examples = X[table[chosen, picks].gather(1, order)]
    return examples, labels, X[table[asked, other][:, 0]], answer


def learner():
    return FewShotSNAIL(nn.Identity(), 64, 3, 3, filters=16, keys=(32, 32), values=(16, 16))


def train(network, X, y, n_steps=400, rate=5e-3, noise=0.2):
    draw = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(network.parameters(), rate, fused=True)
    schedule = OneCycle()(optimizer, n_steps)
    for _ in range(n_steps):
        examples, labels, query, answer = episodes(X, y, 128, draw)
        examples, query = (x + noise * torch.randn(x.shape, generator=draw) for x in (examples, query))
        loss = F.cross_entropy(network(examples, labels, query), answer)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def test_digits_never_seen_are_recognised_by_one_example_more_often_than_by_a_siamese_network():
    X, y, new, truth = digits()
    network = seeded(learner)
    train(network, X, y)
    examples, labels, query, answer = episodes(new, truth, 2000, torch.Generator().manual_seed(1))
    with torch.no_grad():
        ours = (network.eval()(examples, labels, query).argmax(1) == answer).float().mean()
    model = SiameseEmbedder(training=Training(epochs=4), random_state=0).fit(X.numpy(), y.numpy())
    shown, asked = (
        torch.from_numpy(model.transform(part.numpy())) for part in (examples.flatten(0, 1), query)
    )
    distances = (shown.unflatten(0, (2000, 3)) - asked[:, None]).norm(dim=2)
    nearest = labels.gather(1, distances.argmin(1, keepdim=True))[:, 0]
    assert ours > (nearest == answer).float().mean() > 1 / 3
