import pytorch_lightning as pl
import torch
from torch import nn


class FeedForward(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.ffn1 = nn.Linear(dim, 4 * dim)
        self.ffn2 = nn.Linear(4 * dim, dim)

    def forward(self, x):
        return x + self.ffn2(nn.functional.gelu(self.ffn1(self.norm(x))))


class Net(pl.LightningModule):
    def __init__(self, dim=8):
        super().__init__()
        self.block = FeedForward(dim)
        self.head = nn.Linear(dim, 2)

    def forward(self, tokens):
        return self.head(self.block(tokens).mean(1))

    def training_step(self, batch, batch_idx):
        tokens, labels = batch
        return nn.functional.cross_entropy(self(tokens), labels)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
