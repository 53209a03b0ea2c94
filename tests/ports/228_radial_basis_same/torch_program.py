import torch
from torch import nn


class Time2Vec(nn.Module):
    def __init__(self, n_in, k):
        super().__init__()
        self.w0 = nn.Parameter(torch.rand(1))
        self.b0 = nn.Parameter(torch.rand(1))
        self.w = nn.Parameter(torch.rand(n_in, k))
        self.b = nn.Parameter(torch.rand(k))

    def forward(self, x):
        return torch.cat([torch.sin(x @ self.w + self.b), self.w0 * x + self.b0], dim=-1)


class RBF(nn.Module):
    def __init__(self, n_in, units, gamma=0.5):
        super().__init__()
        self.centres = nn.Parameter(torch.rand(n_in, units))
        self.gamma = gamma

    def forward(self, x):
        distance = (x[:, :, None] - self.centres[None]).pow(2).sum(dim=1)
        return torch.exp(-self.gamma * distance)


def build():
    net = nn.Sequential(Time2Vec(4, 3), RBF(7, 6), nn.Linear(6, 1))
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
