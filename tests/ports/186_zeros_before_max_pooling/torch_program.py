import torch
import torch.nn.functional as F
from torch import nn


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)
        self.out = nn.Linear(3, 1)

    def forward(self, x):
        x = torch.tanh(self.conv(x))
        x = F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, stride=2)
        return self.out(x.mean(dim=(-2, -1)))


def build():
    net = CNN()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
