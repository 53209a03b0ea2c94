import torch
from torch import nn


class FM(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Embedding(10, 1)
        self.vectors = nn.Embedding(10, 4)

    def forward(self, fields):
        v = self.vectors(fields)
        pairs = 0.5 * (v.sum(1).pow(2) - v.pow(2).sum(1)).sum(1, keepdim=True)
        return self.linear(fields).sum(1) + pairs


def build():
    net = FM()
    return net, nn.BCEWithLogitsLoss(), torch.optim.SGD(net.parameters(), lr=0.5)
