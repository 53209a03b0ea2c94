import torch
import torch.nn.functional as F
from torch import nn


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.out = nn.Linear(4, 1)

    def forward(self, x):
        x = F.interpolate(x, size=(6, 6))
        x = F.relu(self.conv(x))
        return self.out(F.adaptive_max_pool2d(x, 1).flatten(1))


def build():
    net = Small()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
