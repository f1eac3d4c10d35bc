#!/usr/bin/env python3
"""Trains the demo model: a small CLIP, from pictures and captions alone.

    examples/demo/training/train.py STAMPS FOLDER

STAMPS is /usr/share/tuxpaint/stamps of Debian's tuxpaint-stamps-default. Writes FOLDER/state.pt
after every round, from which the same command goes on after a break, and at the end
FOLDER/model.safetensors and FOLDER/model.bpe.txt.gz. Needs PyTorch >= 1.13, NumPy and OpenCV.

No loss sees a mask. A picture is compared with words in three ways, and only which words its caption
names is known:
- CLIP's own contrast (arXiv 2103.00020) between class tokens and whole captions;
- every patch chooses among all words, and the choices that the caption does not name are wrong;
- every named word must be the choice of some patches (patch-aligned contrast, arXiv 2212.04994): of
  the more, the bigger the caption calls the thing.
Things that are missed are shown more often.
Patches read either themselves or, by turns, those with like keys: without the latter the keys of so
small a network, which class tokens alone would train, say little of what a patch shows.
"""

import argparse
import math
import pathlib
import time

import captions
import numpy as np
import scenes
import torch
import torch.nn.functional as F
from evaluation import evaluate
from golden_files import read_safetensors, write_safetensors
from network import Network, fresh_weights
from reference import DEVIATION, MEAN, Tokenizer

HELD_OUT_SEED = 1_000_000


class Stage:
    """A part of the training: side of the pictures, their number a step, sizes of the objects."""

    def __init__(self, side, batch, smallest, largest):
        self.side, self.batch, self.smallest, self.largest = side, batch, smallest, largest


SMALL = Stage(112, 128, 34, 140)
LARGE = Stage(224, 32, 40, 320)  # windows over a frame show parts of what is larger than they
ANY_TURN = 0.15  # balls roll
# The part of the patches that must choose a word, by what the caption says of its size.
EXTENTS = {"small": 0.025, "": 0.05, "big": 0.09, "huge": 0.2}


class Batches(torch.utils.data.IterableDataset):
    """Endless batches of a stage: pictures uint8 [B, 3, H, W], the part of the patches
    that must choose each word float32 [B, words] (0: not named), words spared bool [B, words],
    captions. `frequency` float64 [objects] in shared memory, see scenes.Composer."""

    def __init__(self, stage, words, stamps, seed, frequency):
        self.stage, self.words, self.stamps, self.seed = stage, words, stamps, seed
        self.frequency = frequency

    def __iter__(self):
        stage, words = self.stage, self.words
        composer = scenes.Composer(
            words, self.stamps, self.seed, frequency=self.frequency.numpy(), any_turn=ANY_TURN
        )
        while True:
            pictures = np.empty((stage.batch, 3, stage.side, stage.side), np.uint8)
            extent = np.zeros((stage.batch, len(words.texts)), np.float32)
            spared, sentences = np.zeros_like(extent, bool), []
            for i in range(stage.batch):
                scene = composer.scene(stage.side, stage.side, stage.smallest, stage.largest)
                pictures[i] = scene.picture.transpose(2, 0, 1)
                chosen, others = captions.name(composer.random, words, scene.shown)
                shares = scene.shares.copy()
                for member, kind in words.kind_of.items():
                    shares[kind] += shares[member] if member in others else 0
                for word in chosen:
                    ground = words.is_ground(word)
                    extent[i, word] = EXTENTS["" if ground else captions.size_word(shares[word])]
                spared[i, others] = True
                sentences.append(captions.caption(composer.random, words, chosen, shares))
            yield pictures, extent, spared, sentences


def as_it_is(batch):
    return batch


def contrast(network, queries, batch, tokenizer, corner, attend):
    """The three losses of a batch, see above, and the second one's parts, [B, words]."""
    pictures, extent, spared, sentences = batch
    pictures = (torch.from_numpy(pictures).float() - MEAN) / DEVIATION
    extent, spared = torch.from_numpy(extent), torch.from_numpy(spared)
    named = extent > 0
    classes, patches = network.pictures(pictures, corner, attend)
    scale = network.w["logit_scale"].exp().clamp(max=50.0)
    scores = (scale * patches @ queries.t()).masked_fill(spared.unsqueeze(1), -1e4)
    chosen = scores.log_softmax(dim=-1)
    unnamed = ~named.unsqueeze(1)
    any_named = -chosen.masked_fill(unnamed, -1e4).logsumexp(dim=-1).mean()
    count = (extent * patches.shape[1]).long().clamp(min=2)
    best = chosen.exp().topk(int(count.max()), dim=1).values.cumsum(dim=1)
    best = best.gather(1, count.unsqueeze(1) - 1).squeeze(1) / count
    missed = -(best + 1e-6).log()
    whole = scale * classes @ network.texts(tokenizer(sentences)).t()
    pairs = torch.arange(len(whole))
    of_captions = (F.cross_entropy(whole, pairs) + F.cross_entropy(whole.t(), pairs)) / 2
    return any_named, missed[named].mean(), of_captions, missed


class Memory(dict):
    """Token ids of sentences that come again and again."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def __call__(self, texts):
        for text in texts:
            if text not in self:
                self[text] = self.tokenizer([text])[0]
        tokens = torch.stack([self[text] for text in texts])
        if len(self) > 200_000:
            self.clear()
        return tokens


class Trainer:
    ROUND = 100  # steps between two reports
    AVERAGE = 0.998  # the published weights are a moving average

    def __init__(self, arguments):
        self.folder, self.words = arguments.folder, scenes.Words()
        self.arguments = arguments
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stamps = scenes.Stamps(self.words, arguments.stamps)
        merges = self.folder / "model.bpe.txt.gz"
        if not merges.exists():
            captions.write_merges(merges, self.words)
        tokenizer = Tokenizer(merges)
        self.tokenizer = Memory(tokenizer)
        if arguments.begin_with:
            weights = {n: t.float() for n, t in read_safetensors(arguments.begin_with).items()}
        else:
            weights = fresh_weights(tokenizer.end + 1, arguments.seed)
        self.network = Network({n: torch.nn.Parameter(t) for n, t in weights.items()})
        self.average = {n: t.clone() for n, t in weights.items()}
        decayed = [p for p in self.network.w.values() if p.dim() > 1]
        others = [p for p in self.network.w.values() if p.dim() <= 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}],
            lr=arguments.rate,
            betas=(0.9, 0.98),
        )
        # What is missed more is shown more often: the running mean of each_named by object.
        self.missed = torch.ones(len(self.words.objects), dtype=torch.float64)
        self.frequency = torch.ones_like(self.missed).share_memory_()
        self.steps = self.seen = 0
        self.random = np.random.default_rng(arguments.seed)
        self.templates = captions.templates()
        if (self.folder / "state.pt").exists():
            self.resume()

    def save(self):
        state = {"weights": {n: p.detach() for n, p in self.network.w.items()}}
        state.update(average=self.average, optimiser=self.optimiser.state_dict())
        state.update(steps=self.steps, seen=self.seen, missed=self.missed)
        torch.save(state, self.folder / "state.new")
        (self.folder / "state.new").replace(self.folder / "state.pt")

    def resume(self):
        state = torch.load(self.folder / "state.pt")
        for name, parameter in self.network.w.items():
            parameter.data.copy_(state["weights"][name])
        self.average = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.steps, self.seen, self.missed = state["steps"], state["seen"], state["missed"]
        self.random = np.random.default_rng([self.arguments.seed, self.steps])

    def learning_rate(self):
        """Warm up, stay, and fall to nothing over the pictures of full size."""
        small, large = self.arguments.small, self.arguments.large
        left = (small + large - self.seen) / max(large, 1)
        return self.arguments.rate * min(1.0, (self.steps + 1) / 400, max(left, 0.02))

    def queries(self):
        """All words, each in a sentence of its own choice: [words, D]."""
        chosen = self.random.integers(len(self.templates), size=len(self.words.texts))
        pairs = zip(self.words.texts, chosen)
        return self.network.texts(self.tokenizer([self.templates[i].format(w) for w, i in pairs]))

    def step(self, stage, batch):
        free = self.network.native_grid - stage.side // self.network.patch + 1
        corner = self.random.integers(free, size=2)
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.arguments.bfloat16):
            queries = self.queries()
            *losses, missed = contrast(
                self.network, queries, batch, self.tokenizer, corner, self.steps % 2 == 1
            )
            loss = losses[0] + losses[1] + 0.3 * losses[2]
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.w.values(), 1.0)
        self.optimiser.step()
        self.steps += 1
        self.seen += stage.batch
        keep = min(self.AVERAGE, self.steps / (self.steps + 50))
        with torch.no_grad():
            for name, parameter in self.network.w.items():
                self.average[name].lerp_(parameter, 1 - keep)
        self.note_missed(missed.detach(), torch.from_numpy(batch[1]) > 0)
        return torch.stack([each.detach().float() for each in losses])

    def note_missed(self, missed, named):
        """How much of each word was missed in a batch's pictures, and where it was named: [B, words]."""
        objects = len(self.missed)
        missed, named = missed[:, :objects].double(), named[:, :objects].double()
        times = named.sum(dim=0)
        mean = (missed * named).sum(dim=0) / times.clamp(min=1)
        weight = 1 - 0.98**times
        self.missed += weight * (mean - self.missed)
        self.frequency.copy_((self.missed / self.missed.mean()).clamp(0.5, 4.0))

    def run(self, stage, until):
        if self.seen >= until:
            return
        seed = [self.arguments.seed, self.seen]
        batches = Batches(stage, self.words, self.stamps, seed, self.frequency)
        # Spawned, since a forked child of a program with threads may wait for ever.
        loader = torch.utils.data.DataLoader(
            batches, None, num_workers=1, collate_fn=as_it_is, multiprocessing_context="spawn"
        )
        total, counted, began, first = torch.zeros(3), 0, time.time(), self.seen
        for batch in loader:
            total += self.step(stage, batch)
            counted += 1
            done = self.seen >= until
            if self.steps % self.ROUND == 0 or done:
                rate = (self.seen - first) / (time.time() - began)
                parts = " ".join(f"{x:.3f}" for x in total / counted)
                print(f"{self.seen} pictures, {rate:.0f}/s, losses {parts}", flush=True)
                total.zero_()
                counted = 0
            if self.steps % (5 * self.ROUND) == 0 or done:
                self.save()
                print(f"  {self.evaluate()}", flush=True)
            if done:
                return

    def evaluate(self):
        composer = scenes.Composer(self.words, self.stamps, HELD_OUT_SEED, per_ground=3)
        return evaluate(self.average, self.tokenizer, self.words, composer)

    def export(self):
        weights = {name: tensor.half() for name, tensor in self.average.items()}
        metadata = {"activation": "quick_gelu"}
        write_safetensors(self.folder / "model.safetensors", weights, metadata)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("stamps", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--small", type=int, default=576_000, help="pictures of 112 pixels")
    parser.add_argument("--large", type=int, default=24_000, help="pictures of 224 pixels")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--begin-with", type=pathlib.Path, help="model.safetensors of an earlier training"
    )
    parser.add_argument("--no-bfloat16", dest="bfloat16", action="store_false")
    arguments = parser.parse_args()
    trainer = Trainer(arguments)
    torch.manual_seed(arguments.seed)
    trainer.run(SMALL, arguments.small)
    trainer.run(LARGE, arguments.small + arguments.large)
    trainer.export()


if __name__ == "__main__":
    main()
