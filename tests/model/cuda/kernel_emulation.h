// A block of CUDA threads on the host, so that the kernels themselves can be run where there is no
// GPU: every thread of a block is one of the host's, and what a warp or a block does together meets
// at barriers. It says nothing of the device's memory model or speed; it does find wrong indices,
// wrong grids and wrong reductions.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <bit>
#include <cstdint>
#include <thread>
#include <vector>

namespace naclip::emulation {

struct Index {
  unsigned x = 0, y = 0, z = 0;
};

constexpr unsigned kWarp = 32;

/// What the lanes of a warp tell each other.
struct Warp {
  std::barrier<> meet{kWarp};
  std::array<unsigned long long, kWarp> told{};
};

/// One block: its barrier and its warps.
struct Block {
  explicit Block(unsigned threads) : meet(threads), warps(threads / kWarp) {}
  std::barrier<> meet;
  std::vector<Warp> warps;
};

inline thread_local Index thread_index, block_index, block_size, grid_size;
inline thread_local Block *block = nullptr;

inline unsigned linear_thread() {
  return thread_index.y * block_size.x + thread_index.x;
}

/// What every lane of the warp told, once all have.
inline std::array<unsigned long long, kWarp> exchange(unsigned long long value) {
  Warp &warp = block->warps[linear_thread() / kWarp];
  warp.told[linear_thread() % kWarp] = value;
  warp.meet.arrive_and_wait();
  const auto told = warp.told;
  warp.meet.arrive_and_wait();  // nobody tells the next before all have read this
  return told;
}

/// Runs a kernel over a grid, block by block, each with all its threads at once. The block's sides
/// are multiples of a warp together.
template <class Kernel>
void launch(Index grid, Index size, const Kernel &kernel) {
  for (unsigned z = 0; z < grid.z; ++z)
    for (unsigned y = 0; y < grid.y; ++y)
      for (unsigned x = 0; x < grid.x; ++x) {
        Block shared(size.x * size.y);
        std::vector<std::jthread> threads;
        for (unsigned ty = 0; ty < size.y; ++ty)
          for (unsigned tx = 0; tx < size.x; ++tx)
            threads.emplace_back([&, tx, ty] {
              thread_index = {tx, ty, 0};
              block_index = {x, y, z};
              block_size = size;
              grid_size = grid;
              block = &shared;
              kernel();
            });
      }
}

}  // namespace naclip::emulation

// CUDA's words, for kernels.cu.
#define __global__
#define __device__
#define __forceinline__ inline
#define __shared__
#define threadIdx ::naclip::emulation::thread_index
#define blockIdx ::naclip::emulation::block_index
#define blockDim ::naclip::emulation::block_size
#define gridDim ::naclip::emulation::grid_size

inline void __syncthreads() {
  naclip::emulation::block->meet.arrive_and_wait();
}

inline unsigned __ballot_sync(unsigned, bool vote) {
  const auto told = naclip::emulation::exchange(vote ? 1 : 0);
  unsigned mask = 0;
  for (unsigned lane = 0; lane < told.size(); ++lane)
    mask |= static_cast<unsigned>(told[lane]) << lane;
  return mask;
}

inline int __shfl_sync(unsigned, int value, int lane) {
  return static_cast<int>(
      naclip::emulation::exchange(static_cast<unsigned>(value))[static_cast<std::size_t>(lane)]);
}

inline unsigned long long __shfl_xor_sync(unsigned, unsigned long long value, int distance) {
  const unsigned lane = naclip::emulation::linear_thread() % naclip::emulation::kWarp;
  return naclip::emulation::exchange(value)[lane ^ static_cast<unsigned>(distance)];
}

inline float __shfl_xor_sync(unsigned mask, float value, int distance) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto told = __shfl_xor_sync(mask, static_cast<unsigned long long>(bits), distance);
  return std::bit_cast<float>(static_cast<std::uint32_t>(told));
}

inline int __ffs(int bits) {
  return __builtin_ffs(bits);
}
inline int __popc(unsigned bits) {
  return __builtin_popcount(bits);
}

inline void atomicAdd(unsigned long long *target, unsigned long long value) {
  std::atomic_ref<unsigned long long>(*target).fetch_add(value);
}
