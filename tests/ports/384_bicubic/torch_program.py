import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.out = nn.Conv2d(4, 2, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.conv(x))
        x = F.interpolate(x, size=(18, 18), mode="bicubic", align_corners=False)
        return self.out(x)


def build():
    net = Net()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
