import torch
from torch import nn

STEPS = CHANNELS = 6


class SequenceNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(3, CHANNELS)
        self.bn = nn.BatchNorm1d(CHANNELS)
        self.out = nn.Linear(STEPS * CHANNELS, 1)

    def forward(self, x):
        x = self.project(x)
        x = torch.relu(self.bn(x))
        return self.out(x.flatten(1))


def build():
    net = SequenceNet()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.02)
