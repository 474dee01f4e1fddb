"""A small causal transformer that draws digits as mosaics of 4x4 stones in five shades."""
import argparse
import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

SHADES, STONES, START = 5, 16, 5


class Mosaic(nn.Module):
    def __init__(self, dim=48, heads=4, layers=2):
        super().__init__()
        self.tokens = nn.Embedding(SHADES + 1, dim)
        self.places = nn.Embedding(STONES, dim)
        layer = nn.TransformerEncoderLayer(dim, heads, 2 * dim, dropout=0.0, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, SHADES)
        self.apply(self.init_weights)

    def init_weights(self, module):
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.3)

    def forward(self, ids):
        n = ids.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(n)
        h = self.tokens(ids) + self.places(torch.arange(n))
        return self.head(self.norm(self.blocks(h, mask=mask)))


def nll(model, stones):
    """Nats per stone, each foretold from those before it."""
    start = torch.full((len(stones), 1), START)
    inputs = torch.cat([start, stones[:, :-1]], dim=1)
    logits = model(inputs)
    return F.cross_entropy(logits.reshape(-1, SHADES), stones.reshape(-1))


def main(args):
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    images = torch.tensor(load_digits().images, dtype=torch.float32)
    shades = F.avg_pool2d(images.unsqueeze(1), 2).flatten(1) / 16
    stones = (shades * SHADES).long().clamp(max=SHADES - 1)
    stones = stones[torch.randperm(len(stones), generator=torch.Generator().manual_seed(8))]
    train, val = stones[:1450], stones[1450:]

    model = Mosaic()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.1)
    total = args.epochs * -(-len(train) // args.batch)
    warm = total // 10
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.02, 1 - step / total))
    )

    for epoch in range(args.epochs):
        model.train()
        for rows in torch.randperm(len(train)).split(args.batch):
            loss = nll(model, train[rows])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = nll(model, val).item()
        print(f"epoch {epoch:2d} train {loss.item():.3f} val {val_loss:.3f}")
    print("score", -val_loss)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=11)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=5e-3)
    main(parser.parse_args())
