import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.ahead = nn.GRU(3, 4, batch_first=True)
        self.back = nn.GRU(3, 4, batch_first=True)
        self.features = nn.Linear(8, 5)
        self.out = nn.Linear(30, 2)

    def forward(self, x):
        ahead, _ = self.ahead(x)
        back, _ = self.back(x.flip([1]))
        x = torch.cat([ahead, back], dim=2)
        x = self.features(x).tanh()
        return self.out(x.flatten(1))


def build():
    net = Net()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
