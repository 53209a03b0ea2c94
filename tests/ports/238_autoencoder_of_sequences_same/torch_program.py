import torch
from torch import nn


class Autoencoder(nn.Module):
    def __init__(self, steps=5):
        super().__init__()
        self.steps = steps
        self.encoder_1 = nn.LSTM(3, 8, batch_first=True)
        self.encoder_2 = nn.LSTM(8, 4, batch_first=True)
        self.decoder_1 = nn.LSTM(4, 4, batch_first=True)
        self.decoder_2 = nn.LSTM(4, 8, batch_first=True)
        self.out = nn.Linear(8, 3)
        for name, parameter in self.named_parameters():
            if "bias_hh" in name:
                nn.init.zeros_(parameter)
                parameter.requires_grad = False

    def forward(self, x):
        x, _ = self.encoder_1(x)
        _, (code, _) = self.encoder_2(x)
        x = code[-1].unsqueeze(1).repeat(1, self.steps, 1)
        x, _ = self.decoder_1(x)
        x, _ = self.decoder_2(x)
        return self.out(x)


def build():
    net = Autoencoder()
    return net, nn.L1Loss(), torch.optim.SGD(filter(lambda p: p.requires_grad, net.parameters()), lr=0.1)
