import torch
from torch import nn


def conv_block(n_in, n_out, kernel, stride=1, groups=1):
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.ReLU6(inplace=True),
    )


class TinyMobileNet(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.conv1 = conv_block(3, 4, 3, stride=2)
        self.dw1 = conv_block(4, 4, 3, groups=4)
        self.pw1 = conv_block(4, 8, 1)
        self.predictions = nn.Linear(8, classes)

    def forward(self, x):
        x = self.pw1(self.dw1(self.conv1(x)))
        x = x.mean([2, 3])
        return self.predictions(x)


def build():
    model = TinyMobileNet()
    return model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1)
