import torch
from torch import nn


class Churn(nn.Module):
    def __init__(self, features=4, units=8):
        super().__init__()
        self.lstm = nn.LSTM(features, units, dropout=0.3, batch_first=True)
        self.churn = nn.Linear(units, 1)
        nn.init.zeros_(self.lstm.bias_hh_l0).requires_grad_(False)  # Keras: one bias

    def forward(self, x):
        _, (h, _) = self.lstm(x)
        return self.churn(h[-1])


def build():
    model = Churn()
    weights = [p for p in model.parameters() if p.requires_grad]
    return model, nn.BCEWithLogitsLoss(), torch.optim.SGD(weights, lr=0.3)
