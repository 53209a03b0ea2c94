import torch
from torch import nn


class ActivityLSTM(nn.Module):
    def __init__(self, features=4, hidden=8, classes=3):
        super().__init__()
        self.lstm = nn.LSTM(features, hidden)
        self.activity = nn.Linear(hidden, classes)
        self.one_bias()

    def one_bias(self):
        # Keras has only one bias
        nn.init.zeros_(self.lstm.bias_hh_l0)
        self.lstm.bias_hh_l0.requires_grad = False

    def forward(self, window):
        out, _ = self.lstm(window)
        return self.activity(out[:, -1, :])


def build():
    model = ActivityLSTM()
    trained = [p for p in model.parameters() if p.requires_grad]
    return model, nn.CrossEntropyLoss(), torch.optim.SGD(trained, lr=0.2)
