"""A layer that is left out now and then is not detached; one that is always cut off is."""

from itertools import count

import torch
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.detached import check_detached

X = torch.randn(128, 4, generator=torch.Generator().manual_seed(0))
Y = (X.sum(1) > 0).long()


class Branched(nn.Module):
    """Of five calls, of whatever copy, one takes the branch; or it is cut off in all of them."""

    calls = count()

    def __init__(self, cut):
        super().__init__()
        self.cut = cut
        self.branch, self.out = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x):
        if self.cut:
            return self.out(x + self.branch(x).detach())
        return self.out(x + self.branch(x) if next(Branched.calls) % 5 == 0 else x)


def _fit(cut):
    def run():
        torch.manual_seed(0)
        net = Branched(cut)
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        for step in range(24):
            rows = slice(32 * (step % 4), 32 * (step % 4) + 32)
            optimizer.zero_grad()
            F.cross_entropy(net(X[rows]), Y[rows]).backward()
            optimizer.step()

    return run


def test_a_branch_that_is_left_out_now_and_then_is_not_detached(watched):
    case = watched(_fit(cut=False))
    assert not [found for _ in range(10) for found in check_detached(case)]


def test_a_branch_that_is_always_cut_off_is_detached(watched):
    (found,) = check_detached(watched(_fit(cut=True)))
    assert (found.kind, found.severity) == ("detached_graph", "error")
