import torch
from torch import nn


class MLP(nn.Module):
    def __init__(self, sizes=(8, 32, 32, 4)):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x)


def build():
    mlp = MLP()
    optimizer = torch.optim.AdamW(mlp.parameters(), lr=1e-3, eps=1e-7)
    return mlp, nn.CrossEntropyLoss(), optimizer
