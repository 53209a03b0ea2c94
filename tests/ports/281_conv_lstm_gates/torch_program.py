import torch
from torch import nn


class ConvLSTMCell(nn.Module):
    def __init__(self, input_dim, hidden_dim, kernel_size=3):
        super().__init__()
        self.hidden_dim = hidden_dim
        self.conv_x = nn.Conv2d(input_dim, 4 * hidden_dim, kernel_size, padding=kernel_size // 2)
        self.conv_h = nn.Conv2d(hidden_dim, 4 * hidden_dim, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x, state):
        h, c = state
        i, f, o, g = torch.chunk(self.conv_x(x) + self.conv_h(h), 4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.relu(g)
        h = torch.sigmoid(o) * torch.relu(c)
        return h, c


class ConvLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = ConvLSTMCell(2, 5)
        self.head = nn.Conv2d(5, 1, 1)

    def forward(self, video):
        b, t, _, height, width = video.shape
        state = (video.new_zeros(b, 5, height, width),) * 2
        for k in range(t):
            state = self.cell(video[:, k], state)
        return torch.sigmoid(self.head(state[0]))


def build():
    net = ConvLSTM()
    return net, nn.BCELoss(), torch.optim.SGD(net.parameters(), lr=1e-2)
