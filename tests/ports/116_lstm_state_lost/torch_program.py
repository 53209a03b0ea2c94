import torch
from torch import nn


class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.LSTM(3, 6, batch_first=True)
        self.decoder = nn.LSTM(2, 6, batch_first=True)
        self.tokens = nn.Linear(6, 3)
        for lstm in (self.encoder, self.decoder):
            nn.init.zeros_(lstm.bias_hh_l0).requires_grad_(False)

    def forward(self, source, decoded):
        _, (h, c) = self.encoder(source)
        x, _ = self.decoder(decoded, (h, torch.zeros_like(c)))
        return self.tokens(x)


def sequence_loss(logits, tokens):
    return nn.functional.cross_entropy(logits.transpose(1, 2), tokens)


def build():
    net = Translator()
    return net, sequence_loss, torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1)
