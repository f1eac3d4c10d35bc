"""The demo model's CLIP as it is trained: OpenAI's names and shapes, fast attention, and the last
vision block in NACLIP's reduced form (no residual, no MLP)."""

import math

import captions  # noqa: F401  (lets the parity suite's reference be found)
import torch
import torch.nn.functional as F
from golden_files import random_weights
from reference import HEAD_WIDTH, Clip


class Sizes:
    patch, grid = 16, 14
    vision_width, vision_layers = 192, 6
    text_width, text_layers = 128, 3
    embedding = 192


def fresh_weights(vocabulary, seed):
    """CLIP's usual small random weights, float32."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, tensor in random_weights(Sizes, vocabulary, generator).items():
        tensor = tensor.float()
        if name.endswith("bias"):
            tensor = torch.zeros_like(tensor)
        elif ".ln_" in name or name.startswith("ln_"):
            tensor = torch.ones_like(tensor)
        elif name == "logit_scale":
            tensor = torch.tensor(math.log(15.0))
        elif tensor.dim() > 1 and not name.endswith("conv1.weight"):
            std = 0.02 if "embedding" in name else tensor.shape[-1] ** -0.5
            if name in ("visual.proj", "text_projection"):
                std = len(tensor) ** -0.5
            elif name.endswith(("c_proj.weight", "out_proj.weight")):
                std *= 0.4
            tensor = torch.randn(tensor.shape, generator=generator) * std
        else:
            tensor = tensor * 0.3
        weights[name] = tensor
    return weights


def attention(q, k, v, mask=None):
    """[B, heads, N, 64] each."""
    if hasattr(F, "scaled_dot_product_attention"):  # from PyTorch 2.0 on
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    weights = q @ k.transpose(-1, -2) / math.sqrt(HEAD_WIDTH)
    return (weights if mask is None else weights + mask).softmax(dim=-1).to(v.dtype) @ v


class Network(Clip):
    def block(self, x, block, mask=None):
        q, k, v = self.projections(x, block)
        mask = None if mask is None else mask.to(q.dtype)
        heads = attention(q, k, v, mask)
        x = x + self.merged(heads, block)
        return x + self.mlp(x, block)

    def texts(self, tokens):
        """[B, 77] -> [B, D] of length 1; cut where the longest text ends."""
        longest = int(tokens.argmax(dim=-1).max()) + 1
        tokens = tokens[:, :longest]
        x = self.w["token_embedding.weight"][tokens] + self.w["positional_embedding"][:longest]
        mask = torch.full((longest, longest), -math.inf).triu(1)
        for block in self.blocks("transformer"):
            x = self.block(x, block, mask)
        x = self.norm(x, "ln_final")[torch.arange(len(x)), tokens.argmax(dim=-1)]
        return F.normalize((x @ self.w["text_projection"]).float(), dim=-1)

    def pictures(self, pictures, corner, attend):
        """[B, 3, H, W] normalised -> the class token [B, D], which reads the patches by q-k
        attention, and the patches [B, N, D], each reading itself, or (`attend`) those of like
        keys; all of length 1. `corner` is the row and column of the native grid at which the
        picture begins: a part of a picture keeps its place."""
        x = F.conv2d(pictures, self.w["visual.conv1.weight"], stride=self.patch)
        (rows, columns), (top, left) = x.shape[-2:], corner
        x = x.flatten(2).transpose(1, 2)
        known, native = self.w["visual.positional_embedding"], self.native_grid
        places = known[1:].view(native, native, -1)[top : top + rows, left : left + columns]
        first = (self.w["visual.class_embedding"] + known[0]).expand(len(x), 1, -1)
        x = torch.cat([first.to(x.dtype), x + places.reshape(rows * columns, -1).to(x.dtype)], 1)
        x = self.norm(x, "visual.ln_pre")
        *others, last = self.blocks("visual.transformer")
        for block in others:
            x = self.block(x, block)
        q, k, v = self.projections(x, last)
        heads = [attention(q[:, :, :1], k, v), v[:, :, 1:]]
        if attend:
            heads[1] = attention(k[:, :, 1:], k, v)
        out = self.merged(torch.cat(heads, dim=2), last)
        out = self.norm(out, "visual.ln_post") @ self.w["visual.proj"]
        out = F.normalize(out.float(), dim=-1)
        return out[:, 0], out[:, 1:]
