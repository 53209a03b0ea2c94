import torch
from torch import nn


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 6, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten())
        self.head = nn.Sequential(nn.Linear(96, 12), nn.ReLU(), nn.Linear(12, 4), nn.Softmax(dim=1))

    def forward(self, x):
        return self.head(self.features(x))


def build():
    net = Classifier()
    return net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.1)
