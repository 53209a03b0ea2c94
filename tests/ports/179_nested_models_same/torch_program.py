import torch
from torch import nn


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))

    def forward(self, x):
        return self.f(x).add_(x)


def build():
    net = nn.Sequential(Residual(6), nn.Hardtanh(0.0, 6.0), Residual(6), nn.Linear(6, 1))
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.05)
