#include "model/kernels/attention_int16.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "model/kernels/attention_lanes.h"

namespace naclip::kernels {

namespace {

// kMostInt16Width products of the former, and kKeysPerSum of former and latter, stay below 2^31.
constexpr float kSteps = 4095.0F;        // of queries, keys and values, from 0 to the greatest
constexpr float kWeightSteps = 8191.0F;  // of weights
constexpr std::int64_t kKeysPerSum = 64;
constexpr float kLeast = -std::numeric_limits<float>::infinity();

constexpr std::int64_t pairs_of(std::int64_t count) {
  return (count + 1) / 2;
}

#if defined(__x86_64__)
// GCC knows these processors' instructions from here on.
template <class Work>
__attribute__((target("arch=x86-64-v4,avx512vnni"))) void with_512_bits_of_pairs(const Work &work) {
  work(Form<LanesOf512Bits>{});
}

template <class Work>
__attribute__((target("arch=x86-64-v3,avxvnni"))) void with_256_bits_of_pairs(const Work &work) {
  work(Form<LanesOf256Bits>{});
}
#endif

/// sum + a.low x b.low + a.high x b.high, halves of 16 bits.
template <class Ints>
NACLIP_INLINE Ints add_products(Ints sum, Ints a, Ints b) {
#if defined(__x86_64__)
  if constexpr (sizeof(Ints) == 64)
    return __builtin_ia32_vpdpwssd_v16si(sum, a, b);
  else
    return __builtin_ia32_vpdpwssd_v8si(sum, a, b);
#else
  return sum + (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#endif
}

/// Sums of a tile of products.
template <class Lanes>
using TileSums = IntLanes<Lanes>[kTileRows<Lanes>][2];

/// sums[r] += for each of two vectors of columns, over k < depth, a[r][k] b[k], pairs of both.
template <class Lanes>
NACLIP_INLINE void multiply_pairs(const std::int32_t *a, std::int64_t a_pitch,
                                  const std::int32_t *b, std::int64_t b_pitch, std::int64_t depth,
                                  TileSums<Lanes> &sums) {
  for (std::int64_t k = 0; k < depth; ++k) {
    const IntLanes<Lanes> left = load<Lanes>(b + k * b_pitch);
    const IntLanes<Lanes> right = load<Lanes>(b + k * b_pitch + kLanes<Lanes>);
    for (std::int64_t row = 0; row < kTileRows<Lanes>; ++row) {
      const IntLanes<Lanes> factor = IntLanes<Lanes>{} + a[row * a_pitch + k];
      sums[row][0] = add_products(sums[row][0], factor, left);
      sums[row][1] = add_products(sums[row][1], factor, right);
    }
  }
}

/// The larger of magnitudes so far and those of a row.
template <class Lanes, typename Element>
NACLIP_INLINE Lanes larger_of(Lanes greatest, const Element *row, std::int64_t width) {
  for (std::int64_t i = 0; i < width; i += kLanes<Lanes>)
    greatest = larger(greatest, magnitude(load_up_to<Lanes>(row + i, width - i)));
  return greatest;
}

NACLIP_INLINE float steps_of(float greatest) {
  return greatest > 0.0F ? kSteps / greatest : 0.0F;
}

/// Numbers with kRounding added, whose lowest bits are integers then.
template <class Lanes>
NACLIP_INLINE void store_integers(std::int16_t *target, Lanes shifted) {
  const auto shorts = __builtin_convertvector(reinterpret_cast<IntLanes<Lanes>>(shifted),
                                              OfType<Lanes, std::int16_t>);
  std::memcpy(target, &shorts, sizeof shorts);
}

/// A row of numbers as pairs of integers; those behind, up to whole vectors, are 0. Returns what an integer of 1 stands for.
template <class Lanes, typename Element>
NACLIP_INLINE float round_row(const Element *row, std::int64_t width, std::int32_t *pairs) {
  const float greatest = largest_of(larger_of(Lanes{}, row, width)), steps = steps_of(greatest);
  auto *integers = reinterpret_cast<std::int16_t *>(pairs);
  for (std::int64_t i = 0; i < width; i += kLanes<Lanes>)
    store_integers(integers + i, load_up_to<Lanes>(row + i, width - i) * steps + kRounding);
  return greatest / kSteps;
}

/// Keys as columns, a tile's columns after the other's, [tiles, pairs of width, tile's columns], and what an integer of 1
/// stands for in each; what lies beyond is 0. lines: [tile's columns, padded(width) / 2]
template <class Lanes, typename Element>
NACLIP_INLINE void pack_keys(const AttentionHead<Element> &head, std::int32_t *keys, float *scales,
                             std::int32_t *lines) {
  constexpr std::int64_t kColumns = kTileColumns<Lanes>;
  const std::int64_t pairs = pairs_of(head.width), pitch = padded(head.width) / 2;
  for (std::int64_t begin = 0; begin < head.tokens; begin += kColumns) {
    const std::int64_t count = std::min(kColumns, head.tokens - begin);
    for (std::int64_t i = 0; i < count; ++i)
      scales[begin + i] = round_row<Lanes>(head.key.data + (begin + i) * head.key.pitch, head.width,
                                           lines + i * pitch);
    std::fill(scales + begin + count, scales + begin + kColumns, 0.0F);
    std::fill(lines + count * pitch, lines + kColumns * pitch, 0);
    std::int32_t *tile = keys + begin * pairs;
    for (std::int64_t pair = 0; pair < pairs; ++pair)
      for (std::int64_t i = 0; i < kColumns; ++i)
        tile[pair * kColumns + i] = lines[i * pitch + pair];
  }
}

/// Values of pairs of tokens, [pairs of N, tiled value_width]; what lies beyond is 0. Returns what an integer of 1 stands for.
template <class Lanes, typename Element>
NACLIP_INLINE float pack_values(const AttentionHead<Element> &head, std::int32_t *values) {
  const std::int64_t width = tiled(head.value_width);
  const auto row = [&](std::int64_t token)
                       NACLIP_INLINED { return head.value.data + token * head.value.pitch; };
  Lanes magnitudes{};
  for (std::int64_t token = 0; token < head.tokens; ++token)
    magnitudes = larger_of(magnitudes, row(token), head.value_width);
  const float greatest = largest_of(magnitudes), steps = steps_of(greatest);
  const auto integers = [&](std::int64_t token, std::int64_t i) NACLIP_INLINED {
    if (token >= head.tokens || i >= head.value_width) return IntLanes<Lanes>{};
    return __builtin_convertvector(
        rounded(load_up_to<Lanes>(row(token) + i, head.value_width - i) * steps), IntLanes<Lanes>);
  };
  for (std::int64_t token = 0; token < head.tokens; token += 2)
    for (std::int64_t i = 0; i < width; i += kLanes<Lanes>)
      store(values + token / 2 * width + i, (integers(token, i) & 0xffff) | integers(token + 1, i)
                                                                                << 16);
  return greatest / kSteps;
}

/// What a tile of products is multiplied by, and what is added.
template <class Lanes>
struct Logits {
  float scales[kTileRows<Lanes>];
  const float *key_scales;
  const float *biases[kTileRows<Lanes>];  // null for none
  std::int64_t tokens;
  float *lines;  // [rows, pitch]
  std::int64_t pitch;
  Lanes greatest[kTileRows<Lanes>];  // so far

  /// Keeps the products of the keys from x on. Beyond the last there is nothing to attend to.
  NACLIP_INLINE void keep(const TileSums<Lanes> &sums, std::int64_t x) {
    for (std::int64_t row = 0; row < kTileRows<Lanes>; ++row)
      for (int i = 0; i < 2; ++i) {
        const std::int64_t key = x + i * kLanes<Lanes>, left = tokens - key;
        Lanes value = __builtin_convertvector(sums[row][i], Lanes) *
                      (load<Lanes>(key_scales + key) * scales[row]);
        if (biases[row] != nullptr && left > 0) value += load_up_to<Lanes>(biases[row] + key, left);
        if (left < kLanes<Lanes>) value = first_lanes<Lanes>(left) ? value : splat<Lanes>(kLeast);
        store(lines + row * pitch + key, value);
        greatest[row] = larger(greatest[row], value);
      }
  }
};

/// The softmax of `count` numbers, a multiple of a vector's, as 16-bit weights but for a factor, which it returns.
template <class Lanes>
NACLIP_INLINE float weigh_line(const float *line, std::int64_t count, Lanes greatest,
                               std::int32_t *pairs) {
  auto *weights = reinterpret_cast<std::int16_t *>(pairs);
  const float offset = largest_of(greatest);
  Lanes total{};
  for (std::int64_t x = 0; x < count; x += kLanes<Lanes>) {
    const Lanes shifted = exponential(load<Lanes>(line + x) - offset) * kWeightSteps + kRounding;
    total += shifted - kRounding;
    store_integers(weights + x, shifted);
  }
  return 1.0F / sum_of(total);
}

/// Sums of values by weights, of a tile's rows and columns: fewer keys at a time than could overflow.
template <class Lanes>
NACLIP_INLINE void sum_values(const std::int32_t *weights, std::int64_t weight_pitch,
                              const std::int32_t *values, std::int64_t value_pitch,
                              std::int64_t pairs, float *out) {
  constexpr std::int64_t kPairs = kKeysPerSum / 2;
  Lanes totals[kTileRows<Lanes>][2] = {};
  for (std::int64_t pair = 0; pair < pairs; pair += kPairs) {
    TileSums<Lanes> sums = {};
    multiply_pairs<Lanes>(weights + pair, weight_pitch, values + pair * value_pitch, value_pitch,
                          std::min(kPairs, pairs - pair), sums);
    for (std::int64_t row = 0; row < kTileRows<Lanes>; ++row)
      for (int i = 0; i < 2; ++i) totals[row][i] += __builtin_convertvector(sums[row][i], Lanes);
  }
  for (std::int64_t row = 0; row < kTileRows<Lanes>; ++row)
    for (int i = 0; i < 2; ++i)
      store(out + row * kTileColumns<Lanes> + i * kLanes<Lanes>, totals[row][i]);
}

template <class Lanes, typename Element>
NACLIP_INLINE void attend_to(const AttentionHead<Element> &head, std::int64_t first,
                             std::int64_t last, std::int32_t *scratch) {
  constexpr std::int64_t kRows = kTileRows<Lanes>, kColumns = kTileColumns<Lanes>;
  const std::int64_t columns = tiled(head.tokens), width = tiled(head.value_width);
  const std::int64_t pairs = pairs_of(head.width), query_pitch = padded(head.width) / 2;
  const std::int64_t weight_pitch = columns / 2;
  std::int32_t *keys = aligned(scratch);
  std::int32_t *values = keys + pairs * columns;
  std::int32_t *queries = values + pairs_of(head.tokens) * width;
  std::int32_t *weights = queries + kMostColumns * query_pitch;
  auto *products = reinterpret_cast<float *>(weights + kMostRows * weight_pitch);
  float *key_scales = products + kMostRows * columns;
  pack_keys<Lanes>(head, keys, key_scales, queries);
  const float value_scale = pack_values<Lanes>(head, values);
  Logits<Lanes> logits{{}, key_scales, {}, head.tokens, products, columns, {}};
  for (std::int64_t begin = first; begin < last; begin += kRows) {
    const std::int64_t rows = std::min(kRows, last - begin);
    // The last query stands in for those missing.
    for (std::int64_t row = 0; row < kRows; ++row) {
      const std::int64_t query = begin + std::min(row, rows - 1);
      logits.scales[row] = head.scale * round_row<Lanes>(head.query.data + query * head.query.pitch,
                                                         head.width, queries + row * query_pitch);
      if (head.bias != nullptr) logits.biases[row] = head.bias + query * head.tokens;
      logits.greatest[row] = splat<Lanes>(kLeast);
    }
    std::int64_t done = 0;
    for (; done < head.tokens; done += kColumns) {
      TileSums<Lanes> sums = {};
      multiply_pairs<Lanes>(queries, query_pitch, keys + done * pairs, kColumns, pairs, sums);
      logits.keep(sums, done);
    }
    float factors[kRows];
    for (std::int64_t row = 0; row < kRows; ++row)
      factors[row] = value_scale * weigh_line(products + row * columns, done, logits.greatest[row],
                                              weights + row * weight_pitch);
    for (std::int64_t x = 0; x < width; x += kColumns) {
      sum_values<Lanes>(weights, weight_pitch, values + x, width, pairs_of(head.tokens), products);
      const std::int64_t count = std::min(kColumns, head.value_width - x);
      for (std::int64_t row = 0; row < rows && count > 0; ++row)
        copy_row<Lanes>(products + row * kColumns, count,
                        head.out.data + (begin + row) * head.out.pitch + x, factors[row]);
    }
  }
}

bool has_512_bits_of_pairs() {
#if defined(__x86_64__)
  return vector_bits() >= 512 && __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

template <typename Element>
void attend_in_lanes(const AttentionHead<Element> &head, std::int64_t first, std::int64_t last,
                     std::int32_t *scratch) {
  const auto work = [&]<class Lanes>(Form<Lanes>)
                        NACLIP_INLINED { attend_to<Lanes>(head, first, last, scratch); };
#if defined(__x86_64__)
  return has_512_bits_of_pairs() ? with_512_bits_of_pairs(work) : with_256_bits_of_pairs(work);
#else
  work(Form<LanesOf128Bits>{});
#endif
}

}  // namespace

bool has_int16_products() {
#if defined(__x86_64__)
  return has_512_bits_of_pairs() || (vector_bits() >= 256 && __builtin_cpu_supports("avxvnni"));
#else
  return false;
#endif
}

std::int64_t int16_attention_scratch(std::int64_t tokens, std::int64_t width,
                                     std::int64_t value_width) {
  const std::int64_t columns = tiled(tokens), keys = pairs_of(width) * columns,
                     values = pairs_of(tokens) * tiled(value_width);
  return kMostLanes + keys + values + kMostColumns * (padded(width) / 2) +
         kMostRows * (columns / 2 + columns) + columns;
}

void attend_int16(const AttentionHead<float> &head, std::int64_t first, std::int64_t last,
                  std::int32_t *scratch) {
  attend_in_lanes(head, first, last, scratch);
}

void attend_int16(const AttentionHead<Bfloat16> &head, std::int64_t first, std::int64_t last,
                  std::int32_t *scratch) {
  attend_in_lanes(head, first, last, scratch);
}

}  // namespace naclip::kernels
