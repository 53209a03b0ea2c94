import torch
from torch import nn


def block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, stride=2, padding=1), nn.InstanceNorm2d(o, affine=True),
                         nn.LeakyReLU(0.25, inplace=True))


def build():
    net = nn.Sequential(block(3, 4), nn.Conv2d(4, 2, 3, padding=1), nn.Tanh())
    return net, nn.L1Loss(), torch.optim.SGD(net.parameters(), lr=0.1)
