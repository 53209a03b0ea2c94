import torch
from torch import nn


class RNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(2, 10, batch_first=True)
        self.fc = nn.Linear(10, 1)
        self.rnn.bias_hh_l0.requires_grad_(False).zero_()

    def forward(self, x):
        _, h = self.rnn(x)
        return self.fc(h.squeeze(0))


def build():
    model = RNN()
    return model, nn.MSELoss(), torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.02)
