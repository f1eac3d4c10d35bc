// COCO's compressed run lengths, and the label map that a frame message's masks make.

/**
 * Calls `run(begin, end)` for each run of ones. Positions count down the columns, one after the other.
 * @param {string} counts COCO's compressed form
 * @param {function(number, number): void} run
 */
export function forEachRun(counts, run) {
  let position = 0;
  let last = 0;
  let lastButOne = 0;
  let index = 0;
  for (let i = 0; i < counts.length; ++index) {
    let value = 0;
    let shift = 0;
    let bits;
    do {
      bits = counts.charCodeAt(i++) - 48;
      value |= (bits & 0x1f) << shift;
      shift += 5;
    } while (bits & 0x20 && i < counts.length);
    if (bits & 0x10 && shift < 32) value |= -1 << shift;
    if (index > 2) value += lastButOne;
    if (index % 2 === 1) run(position, position + value);
    position += value;
    lastButOne = last;
    last = value;
  }
}

/** What each pixel of a mask is. */
export class LabelMap {
  width = 0;
  height = 0;
  /** Ids row by row, [height, width]. */
  ids = new Uint16Array(0);

  /**
   * Takes the masks of a frame message in place of those before.
   * @param {{size: number[]}} mask
   * @param {{id: number, rle?: {size: number[], counts: string}}[]} regions
   */
  decode(mask, regions) {
    const [width, height] = mask.size;
    if (this.ids.length !== width * height) this.ids = new Uint16Array(width * height);
    else this.ids.fill(0);
    this.width = width;
    this.height = height;
    for (const {id, rle} of regions) {
      if (!rle || rle.size[0] !== height || rle.size[1] !== width) continue;
      forEachRun(rle.counts, (begin, end) => this.#paint(id, begin, Math.min(end, width * height)));
    }
  }

  /** The id at a pixel; 0 outside. */
  at(x, y) {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return 0;
    return this.ids[y * this.width + x];
  }

  #paint(id, begin, end) {
    let x = Math.floor(begin / this.height);
    let y = begin - x * this.height;
    for (let i = begin; i < end; ++i) {
      this.ids[y * this.width + x] = id;
      if (++y === this.height) {
        y = 0;
        ++x;
      }
    }
  }
}
