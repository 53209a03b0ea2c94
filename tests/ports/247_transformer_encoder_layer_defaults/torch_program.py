import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(8, 4, 16, dropout=0, batch_first=True)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.encoder(x).mean(1))


def build():
    net = Net()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
