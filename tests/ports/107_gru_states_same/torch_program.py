import torch
from torch import nn


class Seq2Seq(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.GRU(3, 5, batch_first=True)
        self.decoder = nn.GRU(2, 5, batch_first=True)
        self.out = nn.Linear(5, 2)

    def forward(self, source, target):
        _, state = self.encoder(source)
        x, _ = self.decoder(target, state)
        return self.out(x)


def build():
    net = Seq2Seq()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
