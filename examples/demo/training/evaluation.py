"""How well patches find words in scenes that training has not seen."""

import numpy as np
import torch
import torch.nn.functional as F
from make_golden import imagenet_templates
from reference import DEVIATION, MEAN, Clip, stretch


def ensemble(clip, tokenizer, texts, templates):
    rows = []
    for text in texts:
        tokens = tokenizer([template.format(text).lower() for template in templates])
        mean = F.normalize(clip.encode_text(tokens), dim=-1).mean(dim=0)
        rows.append(F.normalize(mean, dim=0))
    return torch.stack(rows)


def mean_iou(confusion):
    """Over the classes that the masks hold; confusion [true, found]."""
    hits = np.diag(confusion)
    union = confusion.sum(0) + confusion.sum(1) - hits
    there = confusion.sum(1) > 0
    return hits[there] / union[there]


@torch.no_grad()
def evaluate(weights, tokenizer, words, composer, count=48, attentions=("naclip", "vanilla")):
    """Mean IoU over objects and over grounds on `count` scenes of 224 pixels, all of the objects'
    and grounds' words at once, without refinement, as one line of text."""
    clip = Clip(weights)
    texts = words.texts[: len(words.objects) + len(words.grounds)]
    queries = ensemble(clip, tokenizer, texts, imagenet_templates()[::10])
    confusions = {a: np.zeros((len(texts),) * 2, np.int64) for a in attentions}
    for _ in range(count):
        scene = composer.scene(224, 224, 50, 200)
        pixels = torch.from_numpy(scene.picture).permute(2, 0, 1)[None].float()
        for attention in attentions:
            tokens = clip.encode_image((pixels - MEAN) / DEVIATION, "reduced", attention, 5.0)
            patches = F.normalize(tokens[0, 1:], dim=-1) @ queries.t()
            found = stretch(patches.t().view(1, len(texts), 14, 14), 224, 224)[0].argmax(0).numpy()
            pairs = scene.mask.astype(np.int64) * len(texts) + found
            confusions[attention] += np.bincount(pairs.ravel(), minlength=len(texts) ** 2).reshape(
                len(texts), -1
            )
    parts = []
    for attention in attentions:
        confusion, n = confusions[attention], len(words.objects)
        there = confusion.sum(1) > 0
        iou = np.full(len(texts), np.nan)
        iou[there] = mean_iou(confusion)
        right = np.diag(confusion)[:n].sum() / max(confusion[:n].sum(), 1)
        parts.append(
            f"{attention}: mIoU objects {np.nanmean(iou[:n]):.3f}, grounds {np.nanmean(iou[n:]):.3f}, "
            f"object pixels right {right:.3f}"
        )
    return "; ".join(parts)
