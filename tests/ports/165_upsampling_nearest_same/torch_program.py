import torch
from torch import nn


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(10, 36)
        self.decode = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(4, 3, 3, padding=1), nn.ReLU(),
                                    nn.Conv2d(3, 1, 3, padding=1))

    def forward(self, z):
        x = self.dense(z).relu().view(-1, 3, 3, 4).permute(0, 3, 1, 2)
        return self.decode(x)


def build():
    net = Decoder()
    return net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1)
