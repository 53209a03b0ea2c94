import torch
from torch import nn


class PolicyNetwork(nn.Module):
    def __init__(self, n_state=6, actions=3):
        super().__init__()
        self.hidden = nn.Linear(n_state, 20)
        self.logits = nn.Linear(20, actions)

    def forward(self, state):
        return self.logits(torch.relu(self.hidden(state)))


def build():
    policy = PolicyNetwork()
    optimizer = torch.optim.RMSprop(policy.parameters(), lr=0.002, eps=1e-7)
    return policy, nn.CrossEntropyLoss(), optimizer
