import torch
from torch import nn


class LayerNorm(nn.Module):
    def __init__(self, features, eps=1e-6):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(features))
        self.beta = nn.Parameter(torch.zeros(features))
        self.eps = eps

    def forward(self, x):
        mean = x.mean(-1, keepdim=True)
        std = x.std(-1, keepdim=True)
        return self.gamma * (x - mean) / (std + self.eps) + self.beta


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = LayerNorm(6)
        self.feed = nn.Linear(6, 6)
        self.out = nn.Linear(24, 1)

    def forward(self, x):
        x = x + torch.relu(self.feed(self.norm(x)))
        return self.out(x.flatten(1))


def build():
    net = Net()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.05)
