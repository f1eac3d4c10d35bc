#include "roofs.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "model/kernels/lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace naclip::bench {
namespace {

/// Enough sums that none waits for its last product; all of them fit the registers.
constexpr int kSums = 12;

/// The products of `turns` turns; their outcome goes to `out`, so that they are computed.
using Work = double (*)(std::int64_t turns, float *out);

double multiply_floats(std::int64_t turns, float *out) {
  return kernels::with_lanes([&]<class Lanes>(kernels::Form<Lanes>) NACLIP_INLINED {
    Lanes sums[kSums];
    for (Lanes &sum : sums) sum = Lanes{} + *out;
    const Lanes factor = Lanes{} + 0.999F, addend = Lanes{} + *out;
    for (std::int64_t turn = 0; turn < turns; ++turn)
#pragma GCC unroll 12
      for (int i = 0; i < kSums; ++i) sums[i] = sums[i] * factor + addend;
    for (const Lanes &sum : sums) *out += sum[0];
    return static_cast<double>(turns * kSums * kernels::kLanes<Lanes>);
  });
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512bf16"))) double multiply_bfloat16(std::int64_t turns,
                                                                       float *out) {
  __m512 sums[kSums];
  for (__m512 &sum : sums) sum = _mm512_set1_ps(*out);
  const __m512bh factor = _mm512_cvtne2ps_pbh(_mm512_set1_ps(*out), _mm512_set1_ps(1.0F));
  for (std::int64_t turn = 0; turn < turns; ++turn)
#pragma GCC unroll 12
    for (int i = 0; i < kSums; ++i) sums[i] = _mm512_dpbf16_ps(sums[i], factor, factor);
  for (const __m512 &sum : sums) *out += sum[0];
  return static_cast<double>(turns * kSums * 32);
}

__attribute__((target("avx512f,avx512vnni"))) double multiply_int8(std::int64_t turns, float *out) {
  __m512i sums[kSums];
  for (__m512i &sum : sums) sum = _mm512_set1_epi32(static_cast<int>(*out));
  const __m512i factor = _mm512_set1_epi8(static_cast<char>(*out));
  for (std::int64_t turn = 0; turn < turns; ++turn)
#pragma GCC unroll 12
    for (int i = 0; i < kSums; ++i) sums[i] = _mm512_dpbusd_epi32(sums[i], factor, factor);
  for (const __m512i &sum : sums) *out += static_cast<float>(sum[0]);
  return static_cast<double>(turns * kSums * 64);
}

__attribute__((target("avx2,avxvnni"))) double multiply_int8_avx(std::int64_t turns, float *out) {
  __m256i sums[kSums];
  for (__m256i &sum : sums) sum = _mm256_set1_epi32(static_cast<int>(*out));
  const __m256i factor = _mm256_set1_epi8(static_cast<char>(*out));
  for (std::int64_t turn = 0; turn < turns; ++turn)
#pragma GCC unroll 12
    for (int i = 0; i < kSums; ++i) sums[i] = _mm256_dpbusd_avx_epi32(sums[i], factor, factor);
  for (const __m256i &sum : sums) *out += static_cast<float>(sum[0]);
  return static_cast<double>(turns * kSums * 32);
}
#endif

/// The best that this processor has, as the kernels' own dispatch would take it; null where there is none.
Work work_of(const std::string &kind) {
  if (kind == "float32") return multiply_floats;
#if defined(__x86_64__)
  const bool wide = kernels::vector_bits() >= 512;
  if (kind == "bfloat16" && wide && __builtin_cpu_supports("avx512bf16")) return multiply_bfloat16;
  if (kind == "int8" && wide && __builtin_cpu_supports("avx512vnni")) return multiply_int8;
  if (kind == "int8" && __builtin_cpu_supports("avxvnni")) return multiply_int8_avx;
#endif
  return nullptr;
}

/// The most that several runs found: what else the machine does only lowers it.
template <class Run>
double best_of(int runs, const Run &run) {
  double best = 0.0;
  for (int i = 0; i < runs; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const double amount = run();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    best = std::max(best, amount / time.count());
  }
  return best;
}

}  // namespace

double products_a_second(const std::string &kind) {
  const Work work = work_of(kind);
  if (work == nullptr) return 0.0;
  constexpr std::int64_t kTurns = 1 << 22;
  const int threads = at::get_num_threads();
  std::vector<float> outcomes(static_cast<std::size_t>(threads) * 16, 1.0F);
  return best_of(40, [&] {
    double amount = 0.0;
    at::parallel_for(0, threads, 1, [&](std::int64_t i, std::int64_t end) {
      for (; i < end; ++i) {
        const double done = work(kTurns, &outcomes[static_cast<std::size_t>(i) * 16]);
        if (i == 0) amount = done * threads;
      }
    });
    return amount;
  });
}

double bytes_a_second(std::size_t bytes, int threads) {
  std::vector<std::uint64_t> buffer(bytes / sizeof(std::uint64_t), 1);
  const auto words = static_cast<std::int64_t>(buffer.size());
  const std::int64_t part = (words + threads - 1) / threads;
  return best_of(20, [&] {
    at::parallel_for(0, threads, 1, [&](std::int64_t i, std::int64_t end) {
      for (; i < end; ++i)
        for (std::int64_t at = i * part; at < std::min(words, (i + 1) * part); ++at)
          buffer[static_cast<std::size_t>(at)] += 3;
    });
    return 2.0 * static_cast<double>(bytes);
  });
}

}  // namespace naclip::bench
