import torch
from torch import nn


class BiGRU(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(3, 4, batch_first=True, bidirectional=True)
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        _, h = self.gru(x)
        return self.out(h[0] + h[1])


def build():
    net = BiGRU()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
