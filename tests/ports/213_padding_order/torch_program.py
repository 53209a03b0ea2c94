import torch
import torch.nn.functional as F
from torch import nn


class CNN(nn.Module):
    def __init__(self):
        super(CNN, self).__init__()
        self.conv = nn.Conv2d(2, 5, 3)
        self.classes = nn.Linear(5, 3)

    def forward(self, x):
        x = F.pad(x, (1, 0, 2, 1))
        x = F.relu(self.conv(x))
        x = x[:, :, :-1, 1:-1]
        x = x.mean(dim=(-2, -1))
        return self.classes(x)


def build():
    model = CNN()
    return model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1)
