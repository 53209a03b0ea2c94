import torch
import torch.nn.functional as F
from torch import nn


class LeNet(nn.Module):
    """All by hand, as in the tutorial."""

    def __init__(self):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(4, 1, 5, 5) * 0.1)
        self.b1 = nn.Parameter(torch.zeros(4))
        self.w2 = nn.Parameter(torch.randn(8, 4, 3, 3) * 0.1)
        self.b2 = nn.Parameter(torch.zeros(8))
        self.w3 = nn.Parameter(torch.randn(10, 8 * 3 * 3) * 0.1)
        self.b3 = nn.Parameter(torch.zeros(10))

    def forward(self, x):
        x = F.relu(F.conv2d(x, self.w1, self.b1, stride=2))
        x = F.relu(F.conv2d(x, self.w2, self.b2))
        x = x.permute(0, 2, 3, 1).reshape(-1, 72)
        return F.linear(x, self.w3, self.b3)


def build():
    net = LeNet()
    return net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.05)
