import torch
from torch import nn


class FSRCNN(nn.Module):
    """Fast super-resolution, after the Keras version."""

    def __init__(self):
        super().__init__()
        self.feature = nn.Conv2d(1, 6, 3, padding=1)
        self.prelu1 = nn.PReLU()
        self.shrink = nn.Conv2d(6, 3, 1)
        self.prelu2 = nn.PReLU()
        self.upscale = nn.ConvTranspose2d(3, 1, 2, stride=2)

    def forward(self, x):
        x = self.prelu1(self.feature(x))
        x = self.prelu2(self.shrink(x))
        return self.upscale(x)


def build():
    net = FSRCNN()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
