import torch
from torch import nn


def build():
    """Smallest part of a diffusion U-Net."""
    net = nn.Sequential()
    net.add_module("conv", nn.Conv2d(2, 8, 3, padding=1))
    net.add_module("gn", nn.GroupNorm(4, 8))
    net.add_module("silu", nn.SiLU())
    net.add_module("noise", nn.Conv2d(8, 1, 1))
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
