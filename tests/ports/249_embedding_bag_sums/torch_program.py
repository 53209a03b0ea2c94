import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.bag = nn.EmbeddingBag(30, 4, mode="sum")
        self.net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))

    def forward(self, words):
        return self.net(self.bag(words))


def build():
    net = Net()
    return net, nn.BCEWithLogitsLoss(), torch.optim.SGD(net.parameters(), lr=0.5)
