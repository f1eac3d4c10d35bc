// The kernels: where a thread finds its pixel, and how a block's statistics come together. What a
// pixel does stands in the headers, which the tests run on the host. Blocks are kBlockWidth x
// kBlockHeight threads.
#include "model/cuda/decode.cuh"
#include "model/cuda/portable.cuh"
#include "model/cuda/preprocess.cuh"
#include "model/cuda/refine.cuh"
#include "model/cuda/scores.cuh"
#include "model/cuda/transformer.cuh"
#include "model/cuda/windows.cuh"

using namespace naclip::kernel;

namespace {

constexpr unsigned kAllLanes = 0xffffffffU;

__device__ __forceinline__ int pixel_x() {
  return blockIdx.x * blockDim.x + threadIdx.x;
}
__device__ __forceinline__ int pixel_y() {
  return blockIdx.y * blockDim.y + threadIdx.y;
}

}  // namespace

extern "C" __global__ void naclip_preprocess(Frame frame, Normalisation normalisation, int height,
                                             int width, float *out) {
  const int y = pixel_y(), x = pixel_x();
  if (y < height && x < width) preprocess_pixel(frame, normalisation, y, x, height, width, out);
}

/// A plane of `step` bytes a pixel, shrunk by `factor`: out: [height, width, step]
extern "C" __global__ void naclip_shrink(const Byte *plane, Offset stride, int step, int factor,
                                         int height, int width, Byte *out) {
  const int y = pixel_y(), across = pixel_x();
  const int x = across / step, byte = across - x * step;
  if (y >= height || x >= width) return;
  const Byte *first = plane + static_cast<Offset>(y) * factor * stride +
                      static_cast<Offset>(x) * factor * step + byte;
  out[static_cast<Offset>(y) * width * step + across] = mean_byte(first, stride, step, factor);
}

// Of several pictures, blockIdx.z takes one.

extern "C" __global__ void naclip_refine_weights(const float *picture, int height, int width,
                                                 Dilations dilations, float *weights,
                                                 Half *halves) {
  const int y = pixel_y(), x = pixel_x();
  if (y >= height || x >= width) return;
  const Offset map = static_cast<Offset>(height) * width, which = blockIdx.z;
  const Offset of_picture = which * dilations.count * kNeighboursOfDilation * map;
  refine_weights_pixel(picture + which * 3 * map, y, x, height, width, dilations,
                       weights + of_picture, halves == nullptr ? halves : halves + of_picture);
}

// blockIdx.z takes `share` channels of a picture, so that a small map fills the device too.
#define NACLIP_REFINE_STEP(name, body)                                                             \
  extern "C" __global__ void name(                                                                 \
      const float *__restrict__ scores, const float *__restrict__ weights, int height, int width,  \
      Dilations dilations, int channels, int share, float *__restrict__ out) {                     \
    const int y = pixel_y(), x = pixel_x();                                                        \
    if (y >= height || x >= width) return;                                                         \
    const int shares = (channels + share - 1) / share;                                             \
    const int picture = static_cast<int>(blockIdx.z) / shares;                                     \
    const int begin = (static_cast<int>(blockIdx.z) - picture * shares) * share;                   \
    const Offset map = static_cast<Offset>(height) * width;                                        \
    const Offset of_picture = picture * channels * map;                                            \
    body(scores + of_picture, weights + picture * dilations.count * kNeighboursOfDilation * map,   \
         y, x, height, width, dilations, begin, least(begin + share, channels), out + of_picture); \
  }
NACLIP_REFINE_STEP(naclip_refine_step_1, refine_step_pixel<1>)
NACLIP_REFINE_STEP(naclip_refine_step_2, refine_step_pixel<2>)
NACLIP_REFINE_STEP(naclip_refine_step_3, refine_step_pixel<3>)
NACLIP_REFINE_STEP(naclip_refine_step_many, refine_step_pixel_of_many)

// Where several numbers of a pixel lie side by side, so do the threads that take them.

/// zeros: [pictures], see stretched_pack(). out: [pictures, height, width, packs]
extern "C" __global__ void naclip_stretch_half(ScoreMap<float> map, const float *zeros, int height,
                                               int width, int packs, Pack<Half> *out) {
  const int y = pixel_y(), across = pixel_x();
  const int x = across / packs, pack = across - x * packs;
  if (y >= height || x >= width) return;
  const int picture = blockIdx.z;
  out[(static_cast<Offset>(picture) * height + y) * width * packs + across] =
      stretched_pack(map, zeros[picture], picture, y, x, pack, height, width);
}

extern "C" __global__ void naclip_refine_step_half(const Pack<Half> *__restrict__ scores,
                                                   const Pack<Half> *__restrict__ weights,
                                                   int height, int width, Dilations dilations,
                                                   int packs, Pack<Half> *__restrict__ out) {
  const int y = pixel_y(), across = pixel_x();
  const int x = across / packs, pack = across - x * packs;
  if (y >= height || x >= width) return;
  const Offset before = static_cast<Offset>(blockIdx.z) * height * width;
  refine_step_pack(scores + before * packs, weights + before * dilations.count, y, x, pack, packs,
                   height, width, dilations, out + before * packs);
}

/// out: [pictures, height, width, queries]
extern "C" __global__ void naclip_stitch(WindowGrids grids, int height, int width, float *out) {
  const int y = pixel_y(), across = pixel_x(), queries = grids.scores.queries;
  const int x = across / queries, query = across - x * queries;
  if (y >= height || x >= width) return;
  const int picture = blockIdx.z;
  out[(static_cast<Offset>(picture) * height + y) * width * queries + across] =
      stitched_score(grids, picture, y, x, query);
}

/// Adds a warp's decisions to the sums: lanes of one region first come together in one of them, and
/// most warps see one region or two. All 32 lanes take part; those without a pixel say so by a
/// region of -1.
static __device__ void add_warp(int region, Wide units, Wide *counts, Wide *confidences) {
  const int lane = (threadIdx.y * blockDim.x + threadIdx.x) % 32;
  unsigned waiting = __ballot_sync(kAllLanes, region >= 0);
  while (waiting != 0) {
    const int leader = __ffs(static_cast<int>(waiting)) - 1;
    const int chosen = __shfl_sync(kAllLanes, region, leader);
    const unsigned members = __ballot_sync(kAllLanes, region == chosen);
    Wide sum = region == chosen ? units : 0;
    for (int distance = 16; distance > 0; distance /= 2)
      sum += __shfl_xor_sync(kAllLanes, sum, distance);
    if (lane == leader) {
      atomicAdd(counts + chosen, static_cast<Wide>(__popc(members)));
      atomicAdd(confidences + chosen, sum);
    }
    waiting &= ~members;
  }
}

extern __shared__ Wide block_sums[];

/// Labels of one or two bytes, and the sums by region: `sums` is [pictures, 2, regions], pixels and
/// then units of probability, and has to be zero. A block gathers in shared memory where `shared`
/// says that its 2 x regions x 8 bytes were given, and goes on over the rows, gridDim.y blocks
/// apart.
template <class Score>
__device__ void decode(const ScoreMap<Score> &map, const Decoding &decoding, int regions,
                       int shared, int bytes_per_label, Byte *labels, Wide *sums) {
  const int picture = blockIdx.z;
  labels += static_cast<Offset>(picture) * decoding.height * decoding.width * bytes_per_label;
  sums += static_cast<Offset>(picture) * 2 * regions;
  const int thread = threadIdx.y * blockDim.x + threadIdx.x, threads = blockDim.x * blockDim.y;
  if (shared != 0) {
    for (int i = thread; i < 2 * regions; i += threads) block_sums[i] = 0;
    __syncthreads();
  }
  Wide *target = shared != 0 ? block_sums : sums;
  const int x = pixel_x();
  for (int first = blockIdx.y * blockDim.y; first < decoding.height;
       first += gridDim.y * blockDim.y) {
    const int y = first + static_cast<int>(threadIdx.y);
    int region = -1;
    Wide units = 0;
    if (y < decoding.height && x < decoding.width) {
      const Decision decision = decode_pixel(map, decoding, picture, y, x);
      region = decision.region;
      units = probability_units(decision.probability);
      const Offset pixel = static_cast<Offset>(y) * decoding.width + x;
      if (bytes_per_label == 1)
        labels[pixel] = static_cast<Byte>(region);
      else
        reinterpret_cast<unsigned short *>(labels)[pixel] = static_cast<unsigned short>(region);
    }
    add_warp(region, units, target, target + regions);
  }
  if (shared == 0) return;
  __syncthreads();
  for (int i = thread; i < 2 * regions; i += threads)
    if (block_sums[i] != 0) atomicAdd(sums + i, block_sums[i]);
}

extern "C" __global__ void naclip_decode(ScoreMap<float> map, Decoding decoding, int regions,
                                         int shared, int bytes_per_label, Byte *labels,
                                         Wide *sums) {
  decode(map, decoding, regions, shared, bytes_per_label, labels, sums);
}
extern "C" __global__ void naclip_decode_half(ScoreMap<Half> map, Decoding decoding, int regions,
                                              int shared, int bytes_per_label, Byte *labels,
                                              Wide *sums) {
  decode(map, decoding, regions, shared, bytes_per_label, labels, sums);
}

static __device__ float warp_sum(float x) {
  for (int distance = 16; distance > 0; distance /= 2) x += __shfl_xor_sync(kAllLanes, x, distance);
  return x;
}

/// A warp takes a row: x += delta, and `out` = LayerNorm of what x is then. x, delta, out:
/// [rows, packs]
template <class Element>
__device__ void add_and_normalise(Pack<Element> *x, const Pack<Element> *delta,
                                  const Pack<Element> *weight, const Pack<Element> *bias, int rows,
                                  int packs, Pack<Element> *out) {
  const int row = blockIdx.x * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  const int lane = static_cast<int>(threadIdx.x), step = static_cast<int>(blockDim.x);
  const Offset first = static_cast<Offset>(row) * packs;
  const auto width = static_cast<float>(packs * static_cast<int>(Pack<Element>::kCount));
  float sum = 0.0F;
  for (int i = lane; i < packs; i += step) {
    Pack<Element> own = x[first + i];
    sum += accumulate(own, delta[first + i]);
    x[first + i] = own;
  }
  const float mean = warp_sum(sum) / width;
  float squares = 0.0F;
  for (int i = lane; i < packs; i += step) squares += squares_about(x[first + i], mean);
  const float scale = 1.0F / square_root(warp_sum(squares) / width + 1e-5F);
  for (int i = lane; i < packs; i += step)
    out[first + i] = normalised(x[first + i], mean, scale, weight[i], bias[i]);
}

/// A thread takes a pack. x: [packs]
template <class Element>
__device__ void quick_gelu_each(Pack<Element> *x, int packs) {
  const int i =
      (blockIdx.x * blockDim.y + threadIdx.y) * blockDim.x + static_cast<int>(threadIdx.x);
  if (i < packs) quick_gelu(x[i]);
}

template <class Element>
__device__ void gelu_each(Pack<Element> *x, int packs) {
  const int i =
      (blockIdx.x * blockDim.y + threadIdx.y) * blockDim.x + static_cast<int>(threadIdx.x);
  if (i < packs) gelu(x[i]);
}

#define NACLIP_TRANSFORMER(element, name)                                            \
  extern "C" __global__ void naclip_add_and_normalise_##name(                        \
      Pack<element> *x, const Pack<element> *delta, const Pack<element> *weight,     \
      const Pack<element> *bias, int rows, int packs, Pack<element> *out) {          \
    add_and_normalise(x, delta, weight, bias, rows, packs, out);                     \
  }                                                                                  \
  extern "C" __global__ void naclip_quick_gelu_##name(Pack<element> *x, int packs) { \
    quick_gelu_each(x, packs);                                                       \
  }                                                                                  \
  extern "C" __global__ void naclip_gelu_##name(Pack<element> *x, int packs) {       \
    gelu_each(x, packs);                                                             \
  }
NACLIP_TRANSFORMER(float, float32)
NACLIP_TRANSFORMER(Bfloat16, bfloat16)
NACLIP_TRANSFORMER(Half, float16)
