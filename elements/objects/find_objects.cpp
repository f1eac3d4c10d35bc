#include "elements/objects/find_objects.h"

#include <algorithm>
#include <cmath>

namespace naclip {
namespace {

/// Pixels of a frame of 720 lines in cells of one side of the mask, rounded down.
int to_cells(int pixels, int frame_height, const MaskSide &side) {
  const double here = static_cast<double>(pixels) * frame_height / 720;
  return static_cast<int>(std::min<double>(here * side.cells / side.length, side.cells));
}

/// Cells that cover this part of the frame, rounded up.
std::int64_t cells_of(double share, const MaskSide &across, const MaskSide &down) {
  const double frame = static_cast<double>(across.frame) * down.frame;
  const double cell = static_cast<double>(across.length) / across.cells * down.length / down.cells;
  // A part of just that size is large enough, whichever way the division was rounded.
  return static_cast<std::int64_t>(std::ceil(share * frame / cell - 1e-6));
}

Stretch moved(Stretch stretch, int by) {
  return {stretch.begin + by, stretch.end + by};
}

}  // namespace

FoundObjects find_objects(const LabelView &mask, const MaskRectangle &rectangle,
                          const std::vector<bool> &chosen, const ObjectLimits &limits,
                          FrameSize frame) {
  const MaskSide across{mask.width, rectangle.x, rectangle.width, frame.width};
  const MaskSide down{mask.height, rectangle.y, rectangle.height, frame.height};
  const Stretch columns = across.visible(), rows = down.visible();
  FoundObjects found;
  if (columns.empty() || rows.empty()) return found;

  const std::ptrdiff_t before = columns.begin * std::ptrdiff_t{mask.bytes_per_label};
  const LabelView seen{mask.labels + rows.begin * mask.stride + before, mask.stride, columns.size(),
                       rows.size(), mask.bytes_per_label};
  const Gap gap{to_cells(limits.gap, frame.height, across),
                to_cells(limits.gap, frame.height, down)};
  std::vector<Part> parts = find_parts(seen, chosen, gap, cells_of(limits.min_area, across, down));
  if (const auto most = static_cast<std::size_t>(limits.max_objects); parts.size() > most) {
    found.surplus = parts.size() - most;
    parts.resize(most);
  }
  for (const Part &part : parts) {
    const Stretch x = across.pixels(moved(part.columns, columns.begin));
    const Stretch y = down.pixels(moved(part.rows, rows.begin));
    found.objects.push_back({part.region, {x.begin, y.begin, x.size(), y.size()}});
  }
  return found;
}

}  // namespace naclip
