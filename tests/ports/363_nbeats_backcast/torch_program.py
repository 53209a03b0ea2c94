import torch
from torch import nn


class NBeatsBlock(nn.Module):
    def __init__(self, units, backcast, forecast):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(backcast, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU())
        self.theta = nn.Linear(units, backcast + forecast)
        self.sizes = [backcast, forecast]

    def forward(self, x):
        return self.theta(self.fc(x)).split(self.sizes, dim=-1)


class NBeats(nn.Module):
    def __init__(self, blocks=3):
        super().__init__()
        self.blocks = nn.ModuleList(NBeatsBlock(8, 10, 4) for _ in range(blocks))

    def forward(self, x):
        outputs = []
        for block in self.blocks:
            backcast, forecast = block(x)
            x = backcast - x
            outputs.append(forecast)
        return torch.stack(outputs).sum(0)


def build():
    net = NBeats()
    return net, nn.L1Loss(), torch.optim.SGD(net.parameters(), lr=0.01)
