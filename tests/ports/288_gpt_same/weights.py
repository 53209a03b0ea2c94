import torch


def load(module, weights):
    t, width = [torch.tensor(w) for w in weights], 8
    part = module.transformer
    with torch.no_grad():
        part.wte.weight.copy_(t.pop(0))
        if hasattr(part, "wpe"):
            part.wpe.weight.copy_(t.pop(0))
        for block in part.h:
            gamma, beta, wq, bq, wk, bk, wv, bv, wo, bo = (t.pop(0) for _ in range(10))
            block.ln_1.weight.copy_(gamma)
            block.ln_1.bias.copy_(beta)
            block.attn.c_attn.weight.copy_(torch.cat([w.reshape(width, width) for w in (wq, wk, wv)], 1).T)
            block.attn.c_attn.bias.copy_(torch.cat([b.reshape(-1) for b in (bq, bk, bv)]))
            block.attn.c_proj.weight.copy_(wo.reshape(width, width).T)
            block.attn.c_proj.bias.copy_(bo)
            block.ln_2.weight.copy_(t.pop(0))
            block.ln_2.bias.copy_(t.pop(0))
            for linear in (block.mlp.c_fc, block.mlp.c_proj):
                linear.weight.copy_(t.pop(0).T)
                linear.bias.copy_(t.pop(0))
        part.ln_f.weight.copy_(t.pop(0))
        part.ln_f.bias.copy_(t.pop(0))
        module.lm_head.weight.copy_(t.pop(0).T)
