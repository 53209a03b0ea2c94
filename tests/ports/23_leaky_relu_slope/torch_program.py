import torch
from torch import nn


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1),
            nn.LeakyReLU(),
            nn.Conv2d(4, 8, 3),
            nn.LeakyReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, 1),
            nn.Sigmoid(),
        )

    def forward(self, image):
        return self.net(image)


def build():
    net_d = Discriminator()
    return net_d, nn.BCELoss(), torch.optim.SGD(net_d.parameters(), lr=0.1, momentum=0.5)
