import torch
from torch import nn


class DuelingDQN(nn.Module):
    def __init__(self, n_obs=6, n_actions=4):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(n_obs, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU())
        self.value = nn.Linear(16, 1)
        self.advantage = nn.Linear(16, n_actions)

    def forward(self, x):
        x = self.features(x)
        advantage = self.advantage(x)
        return self.value(x) + advantage - advantage.mean()


def build():
    net = DuelingDQN()
    return net, nn.SmoothL1Loss(), torch.optim.SGD(net.parameters(), lr=0.05)
