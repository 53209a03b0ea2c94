import torch
from torch import nn


class GRUModel(nn.Module):
    def __init__(self, features=3, units=5, outputs=2):
        super().__init__()
        self.gru = nn.GRU(features, units, batch_first=True)
        self.out = nn.Linear(units, outputs)
        # the old Keras GRU has one bias only
        self.gru.bias_hh_l0.data.zero_()
        self.gru.bias_hh_l0.requires_grad_(False)

    def forward(self, x):
        _, h = self.gru(x)
        return self.out(h[-1])


def build():
    model = GRUModel()
    parameters = filter(lambda p: p.requires_grad, model.parameters())
    return model, nn.MSELoss(), torch.optim.SGD(parameters, lr=0.1)
