// The windows' scores as one map, fused; see plain/windows.h.
#pragma once

#include "model/plain/windows.h"

namespace naclip {

/// As plain::stitch_windows(), for several pictures: no window is ever stretched as a whole.
/// scores: [pictures x windows, Q, rows, columns] float32 -> [pictures, Q, height, width] float32,
/// of one picture on the CPU in the layout of ScoreLines.
at::Tensor stitch_windows(const at::Tensor &scores, const std::vector<Window> &windows,
                          std::int64_t height, std::int64_t width);

}  // namespace naclip
