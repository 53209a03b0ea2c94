import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(6, 6)
        angles = torch.arange(5)[:, None] / 10000 ** (torch.arange(3) / 3)
        self.pe = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
        self.ffn = nn.Linear(6, 4)
        self.out = nn.Linear(20, 1)

    def forward(self, x):
        x = self.project(x) + self.pe
        return self.out(self.ffn(x).relu().flatten(1))


def build():
    net = Encoder()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.05)
