"""NACLIP in plain PyTorch, float32, on the CPU: what make_golden.py computes its tensors by.

One window after another, texts padded to the whole context, PAMR's neighbours materialised, after
"Pay Attention to Your Neighbours" (arXiv 2404.08181), CLIP (arXiv 2103.00020) and PAMR
(arXiv 2005.08104).
"""

import gzip
import html
import math
import re

import torch
import torch.nn.functional as F

CONTEXT = 77
HEAD_WIDTH = 64
MEAN = torch.tensor([122.771, 116.746, 104.094]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([68.501, 66.632, 70.323]).view(1, 3, 1, 1)


class Tokenizer:
    """CLIP's byte-pair encoding for ASCII texts, which are all that the sets' words are."""

    PIECES = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+")

    def __init__(self, path):
        # CLIP takes no more merges of its file than this.
        lines = gzip.decompress(path.read_bytes()).decode().split("\n")[1 : 49152 - 256 - 2 + 1]
        merges = [tuple(line.split()) for line in lines]
        printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
        others = [byte for byte in range(256) if byte not in printable]
        symbols = [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(others))]
        symbols += [symbol + "</w>" for symbol in symbols] + ["".join(pair) for pair in merges]
        self.ids = {symbol: i for i, symbol in enumerate(symbols)}
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.start = len(symbols)
        self.end = self.start + 1

    def word(self, piece):
        symbols = [*piece[:-1], piece[-1] + "</w>"]
        while len(symbols) > 1:
            pairs = list(zip(symbols, symbols[1:]))
            best = min(pairs, key=lambda pair: self.ranks.get(pair, math.inf))
            if best not in self.ranks:
                break
            merged, i = [], 0
            while i < len(symbols):
                joined = tuple(symbols[i : i + 2]) == best
                merged.append("".join(best) if joined else symbols[i])
                i += 2 if joined else 1
            symbols = merged
        return [self.ids[symbol] for symbol in symbols]

    def __call__(self, texts):
        """[len(texts), 77] int64, 0 behind the end."""
        rows = torch.zeros(len(texts), CONTEXT, dtype=torch.int64)
        for row, text in zip(rows, texts):
            text = " ".join(html.unescape(html.unescape(text)).split()).lower()
            assert text.isascii(), text
            ids = [i for piece in self.PIECES.findall(text) for i in self.word(piece)]
            ids = [self.start, *ids[: CONTEXT - 2], self.end]
            row[: len(ids)] = torch.tensor(ids)
        return rows


class Clip:
    """CLIP with NACLIP's last vision block. weights: {OpenAI's name: float32 tensor}; activation:
    quick_gelu or gelu."""

    def __init__(self, weights, activation="quick_gelu"):
        self.w = weights
        self.activation = activation
        self.patch = weights["visual.conv1.weight"].shape[-1]
        self.native_grid = math.isqrt(len(weights["visual.positional_embedding"]) - 1)

    def linear(self, x, name):
        return F.linear(x, self.w[name + "weight"], self.w[name + "bias"])

    def norm(self, x, name):
        weight = self.w[name + ".weight"]
        return F.layer_norm(x, weight.shape, weight, self.w[name + ".bias"], 1e-5)

    def blocks(self, tower):
        found = {re.match(re.escape(tower) + r"\.resblocks\.\d+\.", name) for name in self.w}
        return [f"{tower}.resblocks.{i}." for i in range(len({m.group() for m in found if m}))]

    def projections(self, x, block):
        """q, k, v of the block, each [B, heads, N, 64]."""
        x = self.norm(x, block + "ln_1")
        x = F.linear(x, self.w[block + "attn.in_proj_weight"], self.w[block + "attn.in_proj_bias"])
        parts = x.chunk(3, dim=-1)
        return [part.unflatten(-1, (-1, HEAD_WIDTH)).transpose(1, 2) for part in parts]

    def merged(self, heads, block):
        return self.linear(heads.transpose(1, 2).flatten(2), block + "attn.out_proj.")

    def mlp(self, x, block):
        x = self.linear(self.norm(x, block + "ln_2"), block + "mlp.c_fc.")
        active = F.gelu(x) if self.activation == "gelu" else x * torch.sigmoid(1.702 * x)
        return self.linear(active, block + "mlp.c_proj.")

    def block(self, x, block, mask=0.0):
        q, k, v = self.projections(x, block)
        weights = (q @ k.transpose(-1, -2) / math.sqrt(HEAD_WIDTH) + mask).softmax(dim=-1)
        x = x + self.merged(weights @ v, block)
        return x + self.mlp(x, block)

    def encode_text(self, tokens):
        """tokens: [B, 77] -> [B, D], not normalised."""
        x = self.w["token_embedding.weight"][tokens] + self.w["positional_embedding"]
        mask = torch.full((CONTEXT, CONTEXT), -math.inf).triu(1)
        for block in self.blocks("transformer"):
            x = self.block(x, block, mask)
        x = self.norm(x, "ln_final")
        # The end token has the greatest id.
        return x[torch.arange(len(x)), tokens.argmax(dim=-1)] @ self.w["text_projection"]

    def positions(self, rows, columns):
        known = self.w["visual.positional_embedding"]
        native = self.native_grid
        if (rows, columns) == (native, native):
            return known
        patches = known[1:].view(1, native, native, -1).permute(0, 3, 1, 2)
        # The tenth guards the reference's rounding, and shifts the samples a little.
        scale = ((rows + 0.1) / native, (columns + 0.1) / native)
        patches = F.interpolate(patches, scale_factor=scale, mode="bicubic", align_corners=False)
        assert patches.shape[-2:] == (rows, columns)
        return torch.cat([known[:1], patches.flatten(2)[0].t()])

    def encode_image(self, pictures, architecture, attention, deviation):
        """pictures: [B, 3, H, W] -> [B, 1 + patches, D], not normalised."""
        x = F.conv2d(pictures, self.w["visual.conv1.weight"], stride=self.patch)
        rows, columns = x.shape[-2:]
        x = x.flatten(2).transpose(1, 2)
        first = self.w["visual.class_embedding"].expand(len(x), 1, -1)
        x = torch.cat([first, x], dim=1) + self.positions(rows, columns)
        x = self.norm(x, "visual.ln_pre")
        *others, last = self.blocks("visual.transformer")
        for block in others:
            x = self.block(x, block)
        bias = gaussian_bias(rows, columns, deviation)
        heads = neighbour_attention(attention, *self.projections(x, last), bias)
        out = self.merged(heads, last)
        if architecture == "vanilla":
            out = x + out
            out = out + self.mlp(out, last)
        return self.norm(out, "visual.ln_post") @ self.w["visual.proj"]


def gaussian_bias(rows, columns, deviation):
    bias = torch.zeros(1 + rows * columns, 1 + rows * columns)
    for i in range(rows * columns):
        for j in range(rows * columns):
            y, x = i // columns - j // columns, i % columns - j % columns
            bias[1 + i, 1 + j] = math.exp(-(y * y + x * x) / (2 * deviation**2))
    return bias


def neighbour_attention(kind, q, k, v, bias):
    scale = 1 / math.sqrt(HEAD_WIDTH)

    def similarity(a, b):
        return a @ b.transpose(-1, -2) * scale

    if kind == "naclip":
        weights = (similarity(k, k) + bias).softmax(dim=-1)
    elif kind == "nonly":
        # The mean over the heads and all pairs of tokens.
        lengths = q.norm(dim=-1).unsqueeze(-1) * k.norm(dim=-1).unsqueeze(-2)
        strength = lengths.mean(dim=(1, 2, 3)) * scale
        weights = (strength.view(-1, 1, 1, 1) * bias).softmax(dim=-1)
    elif kind == "kk":
        weights = similarity(k, k).softmax(dim=-1)
    elif kind == "csa":
        weights = similarity(q, q).softmax(dim=-1) + similarity(k, k).softmax(dim=-1)
    else:
        weights = similarity(q, k).softmax(dim=-1)
    return weights @ v


def stretch(maps, height, width):
    return F.interpolate(maps, size=(height, width), mode="bilinear", align_corners=False)


def model_input(rgb, short_side, longest):
    """rgb: [H, W, 3] uint8 -> [1, 3, h, w] float32."""
    height, width = rgb.shape[:2]
    scale = min(longest / max(height, width), short_side / min(height, width))
    pixels = rgb.permute(2, 0, 1)[None].float()
    small = stretch(pixels, int(height * scale + 0.5), int(width * scale + 0.5)).round()
    return (small - MEAN) / DEVIATION


def slide(picture, size, stride, scores_of):
    """Mean of scores_of(window) over the windows that cover a pixel."""
    height, width = picture.shape[-2:]
    total, count = 0.0, torch.zeros(1, 1, height, width)
    for row in range(max(height - size + stride - 1, 0) // stride + 1):
        for column in range(max(width - size + stride - 1, 0) // stride + 1):
            bottom, right = min(row * stride + size, height), min(column * stride + size, width)
            top, left = max(bottom - size, 0), max(right - size, 0)
            scores = scores_of(picture[:, :, top:bottom, left:right])
            around = (left, width - right, top, height - bottom)
            total = total + F.pad(scores, around)
            count[:, :, top:bottom, left:right] += 1
    assert count.min() > 0
    return total / count


def neighbours(maps, dilation):
    """[B, C, H, W] -> [B, C, 9, H, W]: a pixel's 3 x 3 neighbourhood, itself the fifth."""
    height, width = maps.shape[-2:]
    padded = F.pad(maps, (dilation,) * 4, mode="replicate")
    patches = F.unfold(padded, 3, dilation=dilation)
    return patches.view(len(maps), maps.shape[1], 9, height, width)


def pamr(picture, scores, steps, dilations):
    around = [i for i in range(9) if i != 4]
    of_picture = [neighbours(picture, dilation) for dilation in dilations]
    # The pixel itself counts once for each dilation.
    deviation = torch.cat(of_picture, dim=2).std(dim=2, keepdim=True)
    others = torch.cat([each[:, :, around] for each in of_picture], dim=2)
    distance = (others - picture.unsqueeze(2)).abs() / (1e-8 + 0.1 * deviation)
    weights = (-distance).mean(dim=1, keepdim=True).softmax(dim=2)
    for _ in range(steps):
        found = torch.cat([neighbours(scores, each)[:, :, around] for each in dilations], dim=2)
        scores = (found * weights).sum(dim=2)
    return scores


def class_probabilities(scores, class_of_word, scale):
    """[Q, H, W] -> [classes, H, W]"""
    words = (scores * scale).softmax(dim=0)
    classes = range(int(class_of_word.max()) + 1)
    return torch.stack([words[class_of_word == each].amax(dim=0) for each in classes])


def labels_of(probabilities, threshold):
    best, labels = probabilities.max(dim=0)
    return torch.where(best < threshold, torch.zeros_like(labels), labels).to(torch.uint8)
