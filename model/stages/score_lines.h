// Score maps in the layout of the CPU kernels: a row's words lie together, line by line.
#pragma once

#include <ATen/ATen.h>

#include "model/kernels/refine.h"
#include "model/kernels/stretch.h"

namespace naclip {

/// Planes of one size with room around their lines, as the CPU kernels read them.
class ScoreLines {
 public:
  ScoreLines() = default;
  /// Not initialised. border: samples before and behind each line. rows: how many it holds at once,
  /// see kernels::LineMap; 0: all.
  ScoreLines(std::int64_t channels, std::int64_t height, std::int64_t width, std::int64_t border,
             std::int64_t rows = 0);

  /// How many floats such planes take.
  static std::int64_t floats(std::int64_t channels, std::int64_t height, std::int64_t width,
                             std::int64_t border) {
    return height * channels * kernels::line_pitch(width, border);
  }

  /// Makes it of that shape; the memory stays where it has it already.
  void reshape(std::int64_t channels, std::int64_t height, std::int64_t width, std::int64_t border,
               std::int64_t rows = 0);

  /// All of it becomes 0, borders and what lies between lines too.
  void clear() { memory_.zero_(); }

  const kernels::LineMap &map() const { return map_; }
  /// The same memory as a tensor, [1, channels, rows, width] float32; strides(3) is 1.
  at::Tensor tensor() const;

 private:
  at::Tensor memory_;
  kernels::LineMap map_;
};

/// A map whose lines are dense in memory, strides(3) = 1: itself, or a copy. [1, C, h, w] float32
/// on the CPU.
at::Tensor with_lines(const at::Tensor &map);

/// Row y of every channel of a map from with_lines().
kernels::Lines row_of(const at::Tensor &map, std::int64_t y);

/// Stretches `map`, [1, C, h, w] float32 on the CPU, bilinearly to the size of `target`, which has
/// as many channels; borders are filled.
void stretch(const at::Tensor &map, const ScoreLines &target);

/// [count] float32, not initialised, for what is read in many places at once.
at::Tensor empty_floats(std::int64_t count);

}  // namespace naclip
