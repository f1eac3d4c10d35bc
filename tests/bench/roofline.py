"""The least time that a stage's work needs on the machine: products beside what its processors multiply, bytes beside
what its memory carries ("Roofline", Williams et al., CACM 2009). roofs.cpp measures both roofs."""

from programs import PRECISIONS

LAYERS, CHANNELS, TEXT_CHANNELS, OUT_CHANNELS = 12, 768, 512, 512  # of ViT-B/16
PATCH, BIG_BUFFER = 16, 128_000_000


class Part:
    """products: {kind: how many}; bytes: read and written, in a buffer of `buffer` of them."""

    def __init__(self, products=None, bytes=0, buffer=BIG_BUFFER, threads=None):
        self.products, self.bytes = products or {}, bytes
        self.buffer, self.threads = buffer, threads


def vision(precision, height, width, windows=1):
    """The picture's network on windows of that size, the last block without what NACLIP leaves out of it."""
    tokens = height // PATCH * (width // PATCH) + 1
    square = CHANNELS * CHANNELS
    # The patches' embedding, 11 whole blocks, keys, values and out-projection of the last, the projection.
    linear = tokens * (square + 11 * 12 * square + 3 * square + CHANNELS * OUT_CHANNELS)
    attention = 2 * tokens * tokens * CHANNELS  # of one block
    products = dict.fromkeys(PRECISIONS, 0)
    products[precision] += windows * linear
    if precision == "float32":
        products["float32"] += windows * LAYERS * attention
    else:
        # Of 16-bit integers, one of which takes as long as two of 8 bits; the last block's are of float32.
        products["int8"] += windows * 2 * (LAYERS - 1) * attention
        products["float32"] += windows * attention
    return Part(products)


def text(precision, tokens):
    """Linear layers of these tokens; of the last block, the keys, queries and values alone."""
    square = TEXT_CHANNELS * TEXT_CHANNELS
    return Part({precision: tokens * (11 * 12 + 3) * square})


def refinement(words, height, width, steps):
    """PAMR, two steps at once: scores come and go, 16 neighbours' weights come, four bytes each."""
    pixels = height * width
    passes = steps // 2
    return Part(
        {"float32": steps * 16 * words * pixels}, passes * pixels * 4 * (2 * words + 16)
    )


def drawing(height, width):
    """Each byte of an I420 frame, read and written by one thread."""
    frame = height * width * 3 // 2
    return Part(bytes=2 * frame, buffer=frame, threads=1)


class Roofs:
    """Asks the engine's program for the machine's limits, each once."""

    def __init__(self, engine, threads):
        self.threads, self.bandwidths = threads, {}
        self.products = {kind: engine.ask("products", kind=kind)["rate"] for kind in PRECISIONS}
        self.engine = engine

    def bandwidth(self, part):
        key = part.buffer, part.threads or self.threads
        if key not in self.bandwidths:
            answer = self.engine.ask("bandwidth", kilobytes=part.buffer // 1000, threads=key[1])
            self.bandwidths[key] = answer["rate"]
        return self.bandwidths[key]

    def least(self, part):
        """(seconds, what they are spent on); (None, "") where a roof is not known."""
        wanted = {kind: count for kind, count in part.products.items() if count}
        if not all(self.products[kind] for kind in wanted):
            return None, ""
        compute = sum(count / self.products[kind] for kind, count in wanted.items())
        memory = part.bytes / self.bandwidth(part) if part.bytes else 0
        return max((compute, "products"), (memory, "memory"))

    def least_of(self, parts):
        """Of parts that follow one another."""
        found = [self.least(part) for part in parts]
        if any(seconds is None for seconds, _ in found):
            return None, ""
        return sum(seconds for seconds, _ in found), max(found)[1]

    def lines(self):
        """What was found, for the table's foot."""
        rates = [f"{rate / 1e9:.0f} of {kind}" for kind, rate in self.products.items() if rate]
        carried = [
            f"{rate / 1e9:.1f} GB/s by {threads} in {buffer / 1e6:.0f} MB"
            for (buffer, threads), rate in sorted(self.bandwidths.items())
        ]
        return [
            f"- Roofs, measured in this run: {', '.join(rates)}, thousand millions of products and sums a second on "
            f"{self.threads} threads, on registers alone; memory changed in place: {', '.join(carried)}."
        ]
