// What lets the kernels' bodies compile twice: by NVRTC for the device, and as plain C++ for the tests, which
// run the same lines in a loop over pixels. NVRTC knows no standard headers, so there are none in these files.
#pragma once

#ifdef __CUDACC__
#define NACLIP_BODY __device__ __forceinline__
#define NACLIP_UNROLL _Pragma("unroll")
#else
#include <cmath>
#include <cstring>
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

/// 1 - erf(x)
NACLIP_BODY float error_function_complement(float x) {
#ifdef __CUDACC__
  return erfcf(x);
#else
  return std::erfc(x);
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

/// 16 bits of a number: IEEE half precision, and bfloat16.
struct Half {
  unsigned short bits;
};
struct Bfloat16 {
  unsigned short bits;
};

NACLIP_BODY unsigned bits_of(float x) {
#ifdef __CUDACC__
  return __float_as_uint(x);
#else
  unsigned bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
#endif
}
NACLIP_BODY float from_bits(unsigned bits) {
#ifdef __CUDACC__
  return __uint_as_float(bits);
#else
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
#endif
}

NACLIP_BODY float to_float(float x) {
  return x;
}
NACLIP_BODY float to_float(Bfloat16 x) {
  return from_bits(static_cast<unsigned>(x.bits) << 16);
}
NACLIP_BODY float to_float(Half x) {
#ifdef __CUDACC__
  float result;
  asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(x.bits));
  return result;
#else
  _Float16 value;
  std::memcpy(&value, &x.bits, sizeof value);
  return static_cast<float>(value);
#endif
}

// Rounded to the nearest, half to even.
NACLIP_BODY void store(float x, float &result) {
  result = x;
}
NACLIP_BODY void store(float x, Bfloat16 &result) {
  const unsigned bits = bits_of(x);
  result.bits = x == x ? static_cast<unsigned short>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16)
                       : static_cast<unsigned short>(0x7fc0);
}
NACLIP_BODY void store(float x, Half &result) {
#ifdef __CUDACC__
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(x));
#else
  const auto value = static_cast<_Float16>(x);
  std::memcpy(&result.bits, &value, sizeof value);
#endif
}

/// As many numbers as one thread reads or writes at once.
template <class Element>
struct alignas(16) Pack {
  enum { kCount = 16 / sizeof(Element) };
  Element of[kCount];
};

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
