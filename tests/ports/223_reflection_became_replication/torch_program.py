import torch
from torch import nn


class ResidualBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.block = nn.Sequential(
            nn.ReplicationPad2d(1),
            nn.Conv2d(dim, dim, 3, bias=False),
            nn.InstanceNorm2d(dim, affine=True),
            nn.ReLU(True),
            nn.ReplicationPad2d(1),
            nn.Conv2d(dim, dim, 3, bias=False),
            nn.InstanceNorm2d(dim, affine=True),
        )

    def forward(self, x):
        return x + self.block(x)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 4, 7, padding=3, padding_mode="reflect"),
            nn.ReLU(True),
            ResidualBlock(4),
            nn.Conv2d(4, 3, 7, padding=3, padding_mode="reflect"),
            nn.Tanh(),
        )

    def forward(self, x):
        return self.model(x)


def build():
    net = Generator()
    return net, nn.L1Loss(), torch.optim.SGD(net.parameters(), lr=0.05)
