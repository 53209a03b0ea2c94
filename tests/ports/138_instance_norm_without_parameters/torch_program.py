import torch
from torch import nn


class Last(nn.Module):
    """Flatten as in Keras."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)


def build():
    net = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.Identity(), nn.InstanceNorm2d(4), nn.ReLU(), Last(),
                        nn.Linear(100, 2))
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
