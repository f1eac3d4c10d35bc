// Vectors of 16 floats for the CPU kernels. GCC's vector extensions lower them to whatever the
// processor has: one register of AVX-512, two of AVX2, four of SSE or NEON.
#pragma once

#include <cstdint>

// A kernel with this mark is compiled three times; the loader takes the best that the processor
// runs.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define NACLIP_HAS_TARGETS
#ifdef NACLIP_NO_AVX512  // to time what older processors run: tests/bench/run.sh --avx2
#define NACLIP_TARGETS __attribute__((target_clones("default", "arch=x86-64-v3")))
#else
#define NACLIP_HAS_512_BITS
#define NACLIP_TARGETS __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#endif
#else
#define NACLIP_TARGETS  // sanitizers start before the resolver's processor check does
#endif

// What a kernel calls has to become part of each of its compilations.
#define NACLIP_INLINE inline __attribute__((always_inline))

namespace naclip::kernels {

inline constexpr std::int64_t kLanes = 16;

typedef float Lanes __attribute__((vector_size(64)));
typedef std::int32_t IntLanes __attribute__((vector_size(64)));

/// The next multiple of kLanes.
constexpr std::int64_t padded(std::int64_t count) {
  return (count + kLanes - 1) / kLanes * kLanes;
}

/// A bfloat16 as the kernels see it: the upper half of a float32.
enum class Bfloat16 : std::uint16_t {};

/// Reads 16 floats; no alignment is needed.
NACLIP_INLINE Lanes load(const float *source) {
  Lanes result;
  __builtin_memcpy(&result, source, sizeof result);
  return result;
}

NACLIP_INLINE IntLanes load(const std::int32_t *source) {
  IntLanes result;
  __builtin_memcpy(&result, source, sizeof result);
  return result;
}

NACLIP_INLINE void store(float *target, Lanes value) {
  __builtin_memcpy(target, &value, sizeof value);
}

NACLIP_INLINE void store(std::int32_t *target, IntLanes value) {
  __builtin_memcpy(target, &value, sizeof value);
}

NACLIP_INLINE Lanes load(const Bfloat16 *source) {
  typedef std::uint16_t Halves __attribute__((vector_size(32)));
  typedef std::uint32_t Words __attribute__((vector_size(64)));
  Halves bits;
  __builtin_memcpy(&bits, source, sizeof bits);
  return reinterpret_cast<Lanes>(__builtin_convertvector(bits, Words) << 16);
}

/// Rounds to nearest, ties to even.
NACLIP_INLINE void store(Bfloat16 *target, Lanes value) {
  typedef std::uint16_t Halves __attribute__((vector_size(32)));
  typedef std::uint32_t Words __attribute__((vector_size(64)));
  const Words bits = reinterpret_cast<Words>(value);
  const Halves rounded =
      __builtin_convertvector((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16, Halves);
  __builtin_memcpy(target, &rounded, sizeof rounded);
}

/// Values from 0 to below 256, without their fractions.
NACLIP_INLINE void store(std::uint8_t *target, Lanes value) {
  typedef std::uint8_t Bytes __attribute__((vector_size(16)));
  const Bytes bytes = __builtin_convertvector(__builtin_convertvector(value, IntLanes), Bytes);
  __builtin_memcpy(target, &bytes, sizeof bytes);
}

/// The first `count` of 16, 0..15; the others are 0.
template <typename Element>
NACLIP_INLINE Lanes load_some(const Element *source, std::int64_t count) {
  Element elements[kLanes] = {};
  for (std::int64_t i = 0; i < count; ++i) elements[i] = source[i];
  return load(elements);
}

template <typename Element>
NACLIP_INLINE void store_some(Element *target, Lanes value, std::int64_t count) {
  Element elements[kLanes];
  store(elements, value);
  for (std::int64_t i = 0; i < count; ++i) target[i] = elements[i];
}

NACLIP_INLINE Lanes splat(float value) {
  return Lanes{} + value;
}

NACLIP_INLINE Lanes larger(Lanes a, Lanes b) {
  return a > b ? a : b;
}

NACLIP_INLINE Lanes smaller(Lanes a, Lanes b) {
  return a < b ? a : b;
}

NACLIP_INLINE Lanes magnitude(Lanes a) {
  return a < 0.0F ? -a : a;
}

/// e^x, relative error below 2e-7 for x >= -87, about 1e-38 below; x <= 88.
/// Range reduction by powers of two and a polynomial on [-ln 2 / 2, ln 2 / 2], as in Cephes' expf.
NACLIP_INLINE Lanes exponential(Lanes x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
  x = larger(x, splat(-87.0F));
  const Lanes power = (x * 1.44269504F + kRound) - kRound;
  const Lanes rest = (x - power * 0.693359375F) + power * 2.12194440e-4F;
  Lanes series = splat(1.9875691500e-4F);
  series = series * rest + 1.3981999507e-3F;
  series = series * rest + 8.3334519073e-3F;
  series = series * rest + 4.1665795894e-2F;
  series = series * rest + 1.6666665459e-1F;
  series = series * rest + 5.0000001201e-1F;
  series = series * rest * rest + rest + 1.0F;
  const IntLanes exponent = (__builtin_convertvector(power, IntLanes) + 127) << 23;
  return series * reinterpret_cast<Lanes>(exponent);
}

/// Sum, and greatest, of the 16.
NACLIP_INLINE float sum_of(Lanes x) {
  float total = 0.0F;
  for (int lane = 0; lane < kLanes; ++lane) total += x[lane];
  return total;
}

NACLIP_INLINE float largest_of(Lanes x) {
  float best = x[0];
  for (int lane = 1; lane < kLanes; ++lane) best = x[lane] > best ? x[lane] : best;
  return best;
}

}  // namespace naclip::kernels
