"""Small tasks with sequences, drawn anew for every step of training, and the training."""

import torch
from torch import nn


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def seeded(make, *args, seed=0, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make(*args, **settings)


def quick(all_tools):
    """For `check_layer`: whether PyTorch's compilers are asked, too, which takes seconds."""
    return {} if all_tools else {"compiles": False, "exports": False}


def fit(network, draw, loss, steps, learning_rate, batch=64, clip=1.0):
    """Trains on fresh batches, `draw(batch, generator)` -> (inputs, target), in one cycle of the rate."""
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps)
    with torch.random.fork_rng():
        torch.manual_seed(0)  # of dropout and teacher forcing
        network.train()
        for _ in range(steps):
            inputs, target = draw(batch, generator)
            optimizer.zero_grad()
            loss(network(*inputs), target).backward()
            nn.utils.clip_grad_norm_(network.parameters(), clip)
            optimizer.step()
            cycle.step()
    return network.eval()


def held_out(draw, n_rows=500):
    return draw(n_rows, torch.Generator().manual_seed(1))


def each_step(answers, target):
    """Cross-entropy of every step: (batch, time, classes) and (batch, time); -1 is not asked for."""
    return nn.functional.cross_entropy(answers.flatten(0, 1), target.flatten(), ignore_index=-1)


def digits(n_rows, steps, n_digits, generator):
    return torch.randint(n_digits, (n_rows, steps), generator=generator)


def one_hot(symbols, n_symbols):
    return nn.functional.one_hot(symbols, n_symbols).float()
