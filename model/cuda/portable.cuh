// What lets the kernels' bodies compile twice: by NVRTC for the device, and as plain C++ for the tests, which
// run the same lines in a loop over pixels. NVRTC knows no standard headers, so there are none in these files.
#pragma once

#ifdef __CUDACC__
#define NACLIP_BODY __device__ __forceinline__
#define NACLIP_UNROLL _Pragma("unroll")
#else
#include <cmath>
#define NACLIP_BODY inline
#define NACLIP_UNROLL
#endif

namespace naclip::kernel {

using Byte = unsigned char;
using Offset = long long;         // of elements or bytes; may be negative
using Wide = unsigned long long;  // what atomicAdd() knows of 64 bits

NACLIP_BODY float exponential(float x) {
#ifdef __CUDACC__
  return expf(x);
#else
  return std::exp(x);
#endif
}

NACLIP_BODY float square_root(float x) {
#ifdef __CUDACC__
  return sqrtf(x);
#else
  return std::sqrt(x);
#endif
}

/// a b + c with one rounding. Everything else is compiled without contraction, so that host and device round
/// alike.
NACLIP_BODY float multiply_add(float a, float b, float c) {
#ifdef __CUDACC__
  return fmaf(a, b, c);
#else
  return std::fma(a, b, c);
#endif
}

/// To the nearest whole number, half to even.
NACLIP_BODY float rounded(float x) {
#ifdef __CUDACC__
  return rintf(x);
#else
  return std::nearbyint(x);
#endif
}

NACLIP_BODY float absolute(float x) {
  return x < 0.0F ? -x : x;
}
NACLIP_BODY float least(float a, float b) {
  return a < b ? a : b;
}
NACLIP_BODY float greatest(float a, float b) {
  return a > b ? a : b;
}
NACLIP_BODY int least(int a, int b) {
  return a < b ? a : b;
}
NACLIP_BODY int greatest(int a, int b) {
  return a > b ? a : b;
}
NACLIP_BODY int clamped(int x, int size) {
  return least(greatest(x, 0), size - 1);
}

/// One output position of bilinear sampling along a side, as bilinear_taps() in model/kernels/bilinear.h gives it:
/// (1 - weight) x first + weight x second.
struct Tap {
  int first, second;
  float weight;
};

NACLIP_BODY Tap tap_of(int position, int from, int to) {
  const float ratio = static_cast<float>(from) / static_cast<float>(to);
  const float place = greatest((static_cast<float>(position) + 0.5F) * ratio - 0.5F, 0.0F);
  Tap tap;
  tap.first = least(static_cast<int>(place), from - 1);
  tap.second = least(tap.first + 1, from - 1);
  tap.weight = place - static_cast<float>(tap.first);
  return tap;
}

}  // namespace naclip::kernel
