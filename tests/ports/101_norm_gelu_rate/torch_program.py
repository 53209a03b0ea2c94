import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, dim=8, hidden=16, classes=3):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.up = nn.Linear(dim, hidden)
        self.act = nn.GELU(approximate="tanh")
        self.down = nn.Linear(hidden, dim)
        self.logits = nn.Linear(dim, classes)

    def forward(self, x):
        x = x + self.down(self.act(self.up(self.norm(x))))
        return self.logits(x.mean(dim=1))


def build():
    block = Block()
    return block, nn.CrossEntropyLoss(), torch.optim.SGD(block.parameters(), lr=1e-3)
