import torch
from torch import nn


class Double(nn.Sequential):
    def __init__(self, i, o):
        super().__init__(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(inplace=True),
                         nn.Conv2d(o, o, 3, padding=1), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = Double(1, 3)
        self.pool = nn.MaxPool2d(2)
        self.bottom = Double(3, 4)
        self.up = nn.ConvTranspose2d(4, 3, 2, stride=2)
        self.merge = Double(6, 3)
        self.mask = nn.Conv2d(3, 1, 1)

    def forward(self, x):
        skip = self.down(x)
        x = self.up(self.bottom(self.pool(skip)))
        x = self.merge(torch.cat([skip, x], 1))
        return self.mask(x)


def build():
    net = UNet()
    return net, nn.BCEWithLogitsLoss(), torch.optim.SGD(net.parameters(), lr=0.5)
