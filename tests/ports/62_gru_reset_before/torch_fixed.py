import torch
from torch import nn


class ResetBeforeGRU(nn.Module):
    """A GRU that resets the state before the matrix product, with the weights of nn.GRU; the second bias stays zero."""

    def __init__(self, features, units):
        super().__init__()
        weights = nn.GRU(features, units)
        self.weight_ih_l0, self.weight_hh_l0 = weights.weight_ih_l0, weights.weight_hh_l0
        self.bias_ih_l0 = weights.bias_ih_l0
        self.bias_hh_l0 = nn.Parameter(torch.zeros(3 * units), requires_grad=False)
        self.units = units

    def forward(self, x):
        h = x.new_zeros(len(x), self.units)
        reset_h, update_h, new_h = self.weight_hh_l0.chunk(3)
        for step in x.unbind(1):
            reset_x, update_x, new_x = (step @ self.weight_ih_l0.T + self.bias_ih_l0).chunk(3, dim=1)
            reset = torch.sigmoid(reset_x + h @ reset_h.T)
            update = torch.sigmoid(update_x + h @ update_h.T)
            new = torch.tanh(new_x + (reset * h) @ new_h.T)
            h = update * h + (1 - update) * new
        return h


class GRUModel(nn.Module):
    def __init__(self, features=3, units=5, outputs=2):
        super().__init__()
        self.gru = ResetBeforeGRU(features, units)
        self.out = nn.Linear(units, outputs)

    def forward(self, x):
        return self.out(self.gru(x))


def build():
    model = GRUModel()
    parameters = filter(lambda p: p.requires_grad, model.parameters())
    return model, nn.MSELoss(), torch.optim.SGD(parameters, lr=0.1)
