import torch
from torch import nn


class WNLinear(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.v = nn.Parameter(torch.randn(n_out, n_in) * 0.05)
        self.g = nn.Parameter(torch.ones(n_out))
        self.b = nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        w = self.v / self.v.norm(dim=0, keepdim=True)
        return nn.functional.linear(x, self.g[:, None] * w, self.b)


def build():
    net = nn.Sequential(WNLinear(7, 9), nn.Tanh(), WNLinear(9, 2))
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
