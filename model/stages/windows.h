// The windows' scores as one map, fused; see plain/windows.h.
#pragma once

#include "model/plain/windows.h"

namespace naclip {

/// As plain::stitch_windows(), row by row: no window is ever stretched as a whole. On the CPU the
/// outcome is in the layout of ScoreLines.
at::Tensor stitch_windows(const at::Tensor &scores, const std::vector<Window> &windows,
                          std::int64_t height, std::int64_t width);

}  // namespace naclip
