import torch
from torch import nn


def without_second_bias(lstm):
    for name, bias in lstm.named_parameters():
        if name.startswith("bias_hh"):
            nn.init.zeros_(bias).requires_grad_(False)
    return lstm


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.ahead = without_second_bias(nn.LSTM(3, 4, batch_first=True))
        self.back = without_second_bias(nn.LSTM(3, 4, batch_first=True))
        self.out = nn.Linear(4, 3)

    def forward(self, x):
        ahead = self.ahead(x)[0]
        back = torch.flip(self.back(torch.flip(x, [1]))[0], [1])
        return self.out((ahead + back).max(dim=1).values)


def build():
    net = Net()
    return net, nn.CrossEntropyLoss(), torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.2)
