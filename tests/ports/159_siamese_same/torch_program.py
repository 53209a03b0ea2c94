import torch
from torch import nn


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.tower = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 4))
        self.same = nn.Linear(4, 1)

    def forward(self, a, b):
        return torch.sigmoid(self.same(torch.abs(self.tower(a) - self.tower(b))))


def build():
    net = Siamese()
    return net, nn.BCELoss(), torch.optim.SGD(net.parameters(), lr=0.2)
