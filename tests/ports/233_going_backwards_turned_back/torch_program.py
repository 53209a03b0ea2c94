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
        self.backwards = without_second_bias(nn.LSTM(3, 5, batch_first=True))
        self.conv = nn.Conv1d(5, 4, 3)
        self.out = nn.Linear(16, 1)

    def forward(self, x):
        x, _ = self.backwards(x.flip(1))
        x = x.flip(1)
        x = torch.relu(self.conv(x.transpose(1, 2)))
        return self.out(x.transpose(1, 2).flatten(1))


def build():
    net = Net()
    return net, nn.MSELoss(), torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.05)
