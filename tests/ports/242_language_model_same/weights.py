import torch


def load(module, weights):
    w = [torch.tensor(v) for v in weights]
    block = module.block
    with torch.no_grad():
        module.wte.weight.copy_(w[0])
        module.wpe.weight.copy_(w[1])
        block.c_attn.weight.copy_(torch.cat([p.flatten(1).T for p in (w[4], w[6], w[8])]))
        block.c_attn.bias.copy_(torch.cat([p.flatten() for p in (w[5], w[7], w[9])]))
        for layer, weight, bias in ((block.ln_1, w[2], w[3]), (block.attn_proj, w[10].flatten(0, 1).T, w[11]),
                                    (block.ln_2, w[12], w[13]), (block.c_fc, w[14].T, w[15]),
                                    (block.c_proj, w[16].T, w[17]), (module.ln_f, w[18], w[19])):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
        module.lm_head.weight.copy_(w[20].T)
