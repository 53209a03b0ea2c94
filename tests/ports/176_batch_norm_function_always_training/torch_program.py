import torch
import torch.nn.functional as F
from torch import nn


class Norm(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(features))
        self.beta = nn.Parameter(torch.zeros(features))
        self.register_buffer("moving_mean", torch.zeros(features))
        self.register_buffer("moving_variance", torch.ones(features))

    def forward(self, x):
        return F.batch_norm(x, self.moving_mean, self.moving_variance, self.gamma, self.beta, training=True)


def build():
    net = nn.Sequential(nn.Linear(6, 7, bias=False), Norm(7), nn.ReLU(), nn.Linear(7, 1))
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
