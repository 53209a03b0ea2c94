import torch
from torch import nn


class Embedder:
    def __init__(self, levels):
        self.freqs = 2.0 ** torch.arange(levels)

    def __call__(self, x):
        return torch.cat([x] + [f(x * w) for w in self.freqs for f in (torch.sin, torch.cos)], -1)


class NeRF(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.embed = Embedder(3)
        self.pts_linears = nn.ModuleList(
            [nn.Linear(14, width)] +
            [nn.Linear(width + 14, width) if i == 1 else nn.Linear(width, width) for i in range(3)])
        self.rgb = nn.Linear(width, 3)

    def forward(self, x):
        e = self.embed(x)
        h = e
        for i, layer in enumerate(self.pts_linears):
            h = torch.relu(layer(h))
            if i == 1:
                h = torch.cat([e, h], -1)
        return torch.sigmoid(self.rgb(h))


def build():
    net = NeRF()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.05)
