// The kernel that lays a drawing over one plane of a frame: a thread for each byte of the
// rectangle. What it does to the byte stands in blend.cuh.
#include "elements/overlay/blend.cuh"

using namespace naclip::kernel;

extern "C" __global__ void naclip_blend(Blend blend) {
  const int y = blockIdx.y * blockDim.y + threadIdx.y, x = blockIdx.x * blockDim.x + threadIdx.x;
  if (y < blend.height && x < blend.width) blend_byte(blend, y, x);
}
