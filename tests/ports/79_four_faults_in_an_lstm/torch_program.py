import torch
from torch import nn


class HAR(nn.Module):
    def __init__(self, features=3, hidden=6, classes=4):
        super().__init__()
        self.lstm1 = nn.LSTM(features, hidden, batch_first=True)
        self.norm = nn.LayerNorm(hidden)
        self.lstm2 = nn.LSTM(hidden, hidden)
        self.activity = nn.Linear(hidden, classes)
        for lstm in (self.lstm1, self.lstm2):  # Keras has one bias
            nn.init.zeros_(lstm.bias_hh_l0)
            lstm.bias_hh_l0.requires_grad = False

    def forward(self, window):
        x, _ = self.lstm1(window)
        x, _ = self.lstm2(self.norm(x))
        return torch.softmax(self.activity(x[:, -1]), dim=1)


def build():
    model = HAR()
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad])
    return model, loss_function, optimizer
