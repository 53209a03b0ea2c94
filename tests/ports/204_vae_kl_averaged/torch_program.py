import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn


class Net(pl.LightningModule):
    def __init__(self, latent_dim=3, kl_weight=0.1):
        super().__init__()
        self.save_hyperparameters()
        self.encoder = nn.Sequential(nn.Linear(10, 8), nn.Softplus())
        self.fc_mu = nn.Linear(8, latent_dim)
        self.fc_var = nn.Linear(8, latent_dim)
        self.decoder = nn.Sequential(nn.Linear(latent_dim, 8), nn.Softplus(), nn.Linear(8, 10))

    def _run(self, x):
        h = self.encoder(x)
        mu, log_var = self.fc_mu(h), self.fc_var(h)
        z = mu + torch.randn_like(mu) * (log_var / 2).exp()
        return mu, log_var, self.decoder(z)

    def forward(self, x):
        return self._run(x)[-1]

    def training_step(self, batch, batch_idx):
        x, _ = batch
        mu, log_var, x_hat = self._run(x)
        recon = F.mse_loss(x_hat, x)
        kl = -0.5 * torch.mean(1 + log_var - mu ** 2 - log_var.exp())
        loss = recon + self.hparams.kl_weight * kl
        self.log_dict({"recon": recon, "kl": kl})
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)
