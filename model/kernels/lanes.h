// Vectors of floats for the CPU kernels, each as wide as a register of the processor that runs them: 16 floats with
// AVX-512, 8 with AVX2, 4 with SSE or NEON. GCC keeps a vector that is wider than a register in memory, which costs
// eight times as much; so a kernel is a template on the vector, `Lanes`; with_lanes() compiles each form and calls one.
#pragma once

#include <cstdint>
#include <type_traits>

// What a kernel calls has to become part of each of its forms, and so has a lambda of one.
#define NACLIP_INLINE inline __attribute__((always_inline))
#define NACLIP_INLINED __attribute__((always_inline))

namespace naclip::kernels {

/// Floats of the widest vector. Lines of memory have room for whole ones, see padded().
inline constexpr std::int64_t kMostLanes = 16;

/// The next multiple of kMostLanes.
constexpr std::int64_t padded(std::int64_t count) {
  return (count + kMostLanes - 1) / kMostLanes * kMostLanes;
}

/// A bfloat16 as the kernels see it: the upper half of a float32.
enum class Bfloat16 : std::uint16_t {};

/// 1.5 * 2^23: adding it to a float rounds that to an integer, half to even.
inline constexpr float kRounding = 12582912.0F;

typedef float LanesOf512Bits __attribute__((vector_size(64)));
typedef float LanesOf256Bits __attribute__((vector_size(32)));
typedef float LanesOf128Bits __attribute__((vector_size(16)));

/// Says which vectors a form of a kernel works on.
template <class Lanes>
struct Form {};

/// Bits of the widest vectors that kernels take: the processor's registers, 512, 256 or 128. NACLIP_VECTOR_BITS in the
/// environment, when the first kernel runs, has it be fewer: what older processors run can be tested and timed so.
int vector_bits();

#if defined(__x86_64__)
template <class Work>
__attribute__((target("arch=x86-64-v4"))) auto with_512_bits(const Work &work) {
  return work(Form<LanesOf512Bits>{});
}

template <class Work>
__attribute__((target("arch=x86-64-v3"))) auto with_256_bits(const Work &work) {
  return work(Form<LanesOf256Bits>{});
}
#endif

/// Returns work(Form<Lanes>{}) with vectors of vector_bits(), compiled for the processors that have them. `work` is a
/// lambda with NACLIP_INLINED; what it calls is NACLIP_INLINE.
template <class Work>
auto with_lanes(const Work &work) {
#if defined(__x86_64__)
  const int bits = vector_bits();
  if (bits >= 512) return with_512_bits(work);
  if (bits >= 256) return with_256_bits(work);
#endif
  return work(Form<LanesOf128Bits>{});
}

/// How many floats a vector has.
template <class Lanes>
inline constexpr std::int64_t kLanes = sizeof(Lanes) / sizeof(float);

/// As many numbers of 32 bits; what comparisons give.
template <class Lanes>
using IntLanes = decltype(Lanes{} < Lanes{});

/// `count` of any type.
template <std::int64_t count, class Element = float>
struct VectorOf {
  typedef Element Type __attribute__((vector_size(count * sizeof(Element))));
};

/// As many of another type as a vector has floats.
template <class Lanes, class Element>
using OfType = typename VectorOf<kLanes<Lanes>, Element>::Type;

/// Reads a vector; no alignment is needed.
template <class Lanes>
NACLIP_INLINE Lanes load(const float *source) {
  Lanes result;
  __builtin_memcpy(&result, source, sizeof result);
  return result;
}

template <class Lanes>
NACLIP_INLINE IntLanes<Lanes> load(const std::int32_t *source) {
  IntLanes<Lanes> result;
  __builtin_memcpy(&result, source, sizeof result);
  return result;
}

template <class Lanes>
NACLIP_INLINE Lanes load(const Bfloat16 *source) {
  using Words = OfType<Lanes, std::uint32_t>;
  OfType<Lanes, std::uint16_t> bits;
  __builtin_memcpy(&bits, source, sizeof bits);
  return reinterpret_cast<Lanes>(__builtin_convertvector(bits, Words) << 16);
}

template <class Lanes>
NACLIP_INLINE void store(float *target, Lanes value) {
  __builtin_memcpy(target, &value, sizeof value);
}

template <class Ints>
NACLIP_INLINE void store(std::int32_t *target, Ints value) {
  static_assert(std::is_same_v<Ints, IntLanes<Ints>>);
  __builtin_memcpy(target, &value, sizeof value);
}

/// Rounds to nearest, ties to even.
template <class Lanes>
NACLIP_INLINE void store(Bfloat16 *target, Lanes value) {
  using Words = OfType<Lanes, std::uint32_t>;
  using Halves = OfType<Lanes, std::uint16_t>;
  const Words bits = reinterpret_cast<Words>(value);
  const Halves rounded =
      __builtin_convertvector((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16, Halves);
  __builtin_memcpy(target, &rounded, sizeof rounded);
}

/// Floats of a map of which, when it has been written, the beginning is no longer in a cache.
inline constexpr std::int64_t kMostCached = 8 << 20;

/// Writes a vector to memory without its line being read into the caches first: for what is read only after more than they
/// hold. `target` is aligned to the vector; reading it soon is slow. See finish_stores().
template <class Lanes>
NACLIP_INLINE void store_past_caches(float *target, Lanes value) {
#if defined(__x86_64__)
  if constexpr (sizeof(Lanes) == 64) {
    __builtin_ia32_movntps512(target, value);
  } else if constexpr (sizeof(Lanes) == 32) {
    __builtin_ia32_movntps256(target, value);
  } else {
    __builtin_ia32_movntps(target, value);
  }
#else
  store(target, value);
#endif
}

/// Has what store_past_caches() wrote be seen by other threads before what is written later.
NACLIP_INLINE void finish_stores() {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
}

template <class Lanes, typename Byte>
NACLIP_INLINE void store_bytes(Byte *target, Lanes value) {
  using Bytes = OfType<Lanes, Byte>;
  const Bytes bytes =
      __builtin_convertvector(__builtin_convertvector(value, IntLanes<Lanes>), Bytes);
  __builtin_memcpy(target, &bytes, sizeof bytes);
}

/// Values from 0 to below 256, without their fractions.
template <class Lanes>
NACLIP_INLINE void store(std::uint8_t *target, Lanes value) {
  store_bytes(target, value);
}

/// Values from -128 to 127, without their fractions.
template <class Lanes>
NACLIP_INLINE void store(std::int8_t *target, Lanes value) {
  store_bytes(target, value);
}

/// The first `count` of a vector, fewer than it has; the others are 0.
template <class Lanes, typename Element>
NACLIP_INLINE auto load_some(const Element *source, std::int64_t count) {
  Element elements[kLanes<Lanes>] = {};
  for (std::int64_t i = 0; i < count; ++i) elements[i] = source[i];
  return load<Lanes>(elements);
}

template <class Lanes, typename Element>
NACLIP_INLINE void store_some(Element *target, Lanes value, std::int64_t count) {
  Element elements[kLanes<Lanes>];
  store(elements, value);
  for (std::int64_t i = 0; i < count; ++i) target[i] = elements[i];
}

/// As many of a vector's numbers as there are, `count` >= 1, which may be more than it has; of fewer, the others are 0.
template <class Lanes, typename Element>
NACLIP_INLINE auto load_up_to(const Element *source, std::int64_t count) {
  return count >= kLanes<Lanes> ? load<Lanes>(source) : load_some<Lanes>(source, count);
}

template <class Lanes>
NACLIP_INLINE void store_up_to(float *target, Lanes value, std::int64_t count) {
  if (count >= kLanes<Lanes>)
    store(target, value);
  else
    store_some(target, value, count);
}

template <class Lanes>
NACLIP_INLINE Lanes splat(float value) {
  return Lanes{} + value;
}

/// -1 in the first `count` lanes, 0 in the others.
template <class Lanes>
NACLIP_INLINE IntLanes<Lanes> first_lanes(std::int64_t count) {
  static constexpr std::int32_t kPlaces[kMostLanes] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                       8, 9, 10, 11, 12, 13, 14, 15};
  const std::int64_t within = count < kMostLanes ? count : kMostLanes;
  return load<Lanes>(kPlaces) < static_cast<std::int32_t>(within);
}

template <class Lanes>
NACLIP_INLINE Lanes larger(Lanes a, Lanes b) {
  return a > b ? a : b;
}

template <class Lanes>
NACLIP_INLINE Lanes smaller(Lanes a, Lanes b) {
  return a < b ? a : b;
}

template <class Lanes>
NACLIP_INLINE Lanes magnitude(Lanes a) {
  return reinterpret_cast<Lanes>(reinterpret_cast<IntLanes<Lanes>>(a) & 0x7fffffff);
}

/// To the nearest integers, ties to even; |x| < 2^22.
template <class Lanes>
NACLIP_INLINE Lanes rounded(Lanes x) {
  return (x + kRounding) - kRounding;
}

/// e^x, relative error below 2e-7 for x >= -87, about 1e-38 below; x <= 88.
/// Range reduction by powers of two and a polynomial on [-ln 2 / 2, ln 2 / 2], as in Cephes' expf.
template <class Lanes>
NACLIP_INLINE Lanes exponential(Lanes x) {
  x = larger(x, splat<Lanes>(-87.0F));
  const Lanes shifted = x * 1.44269504F + kRounding, power = shifted - kRounding;
  const Lanes rest = (x - power * 0.693359375F) + power * 2.12194440e-4F;
  Lanes series = splat<Lanes>(1.9875691500e-4F);
  series = series * rest + 1.3981999507e-3F;
  series = series * rest + 8.3334519073e-3F;
  series = series * rest + 4.1665795894e-2F;
  series = series * rest + 1.6666665459e-1F;
  series = series * rest + 5.0000001201e-1F;
  series = series * rest * rest + rest + 1.0F;
  // The power is in the sum's last bits; added to the exponent of the series, which is within a factor of 1.5 of 1.
  return reinterpret_cast<Lanes>(reinterpret_cast<IntLanes<Lanes>>(series) +
                                 (reinterpret_cast<IntLanes<Lanes>>(shifted) << 23));
}

/// Halves of a vector, joined by `join` until one number is left.
template <class Lanes, typename Join>
NACLIP_INLINE float folded(Lanes x, Join join) {
  if constexpr (kLanes<Lanes> == 2) {
    return join(x[0], x[1]);
  } else {
    typename VectorOf<kLanes<Lanes> / 2>::Type halves[2];
    __builtin_memcpy(halves, &x, sizeof x);
    return folded(join(halves[0], halves[1]), join);
  }
}

/// The sum of a vector's numbers.
template <class Lanes>
NACLIP_INLINE float sum_of(Lanes x) {
  return folded(x, [](auto a, auto b) NACLIP_INLINED { return a + b; });
}

/// The greatest of them.
template <class Lanes>
NACLIP_INLINE float largest_of(Lanes x) {
  return folded(x, [](auto a, auto b) NACLIP_INLINED { return a > b ? a : b; });
}

}  // namespace naclip::kernels
