// The kernels: where a thread finds its pixel, and how a block's statistics come together. What a
// pixel does stands in the headers, which the tests run on the host. Blocks are kBlockWidth x
// kBlockHeight threads.
#include "model/cuda/decode.cuh"
#include "model/cuda/portable.cuh"
#include "model/cuda/preprocess.cuh"
#include "model/cuda/refine.cuh"

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

extern "C" __global__ void naclip_refine_weights(const float *picture, int height, int width,
                                                 Dilations dilations, float *weights) {
  const int y = pixel_y(), x = pixel_x();
  if (y < height && x < width)
    refine_weights_pixel(picture, y, x, height, width, dilations, weights);
}

// blockIdx.z takes `share` channels, so that a small map fills the device too.
#define NACLIP_REFINE_STEP(name, body)                                                             \
  extern "C" __global__ void name(                                                                 \
      const float *__restrict__ scores, const float *__restrict__ weights, int height, int width,  \
      Dilations dilations, int channels, int share, float *__restrict__ out) {                     \
    const int y = pixel_y(), x = pixel_x();                                                        \
    const int begin = static_cast<int>(blockIdx.z) * share;                                        \
    if (y < height && x < width)                                                                   \
      body(scores, weights, y, x, height, width, dilations, begin, least(begin + share, channels), \
           out);                                                                                   \
  }
NACLIP_REFINE_STEP(naclip_refine_step_1, refine_step_pixel<1>)
NACLIP_REFINE_STEP(naclip_refine_step_2, refine_step_pixel<2>)
NACLIP_REFINE_STEP(naclip_refine_step_3, refine_step_pixel<3>)
NACLIP_REFINE_STEP(naclip_refine_step_many, refine_step_pixel_of_many)

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

/// Labels of one or two bytes, and the sums by region: `sums` is [2, regions], pixels and then
/// units of probability, and has to be zero. A block gathers in shared memory where `shared` says
/// that its 2 x regions x 8 bytes were given, and goes on over the rows, gridDim.y blocks apart.
extern "C" __global__ void naclip_decode(ScoreMap map, Decoding decoding, int regions, int shared,
                                         int bytes_per_label, Byte *labels, Wide *sums) {
  extern __shared__ Wide block_sums[];
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
      const Decision decision = decode_pixel(map, decoding, y, x);
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
