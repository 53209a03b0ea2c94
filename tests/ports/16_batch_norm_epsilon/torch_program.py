import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(20, 16, bias=False)
        self.bn = nn.BatchNorm1d(16, momentum=0.01)  # Keras' momentum 0.99 is 0.01 here
        self.probs = nn.Linear(16, 3)

    def forward(self, x):
        x = self.dense(x)
        x = self.bn(x)
        x = torch.relu(x)
        return self.probs(x)


def build():
    net = Net()
    return net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.05)
