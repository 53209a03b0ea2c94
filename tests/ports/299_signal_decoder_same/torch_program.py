import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.depth = nn.Conv1d(4, 8, 3, padding=1, groups=4, bias=False)
        self.point = nn.Conv1d(8, 8, 1)
        self.ln = nn.LayerNorm(8, eps=1e-6)
        self.up = nn.ConvTranspose1d(8, 6, 4, stride=2, padding=1)
        self.fc = nn.Linear(37, 5)
        self.out = nn.Linear(30, 2)

    def forward(self, x):
        h = self.point(self.depth(x.transpose(1, 2))).transpose(1, 2)
        h = F.mish(self.ln(h))
        h = self.up(h.transpose(1, 2))[..., 1:-2]
        h = F.hardswish(self.fc(h))
        return self.out(h.flatten(1))


def build():
    net = Net()
    return net, nn.L1Loss(), torch.optim.SGD(net.parameters(), lr=0.05)
