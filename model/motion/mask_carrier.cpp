#include "model/motion/mask_carrier.h"

#include <algorithm>

#include "model/error.h"

namespace naclip {

namespace {

/// Along one side of the mask, where its pixels lie between the flow's.
struct Taps {
  std::vector<int> first, second;
  std::vector<float> weight;  // of the second

  Taps(int mask, int flow, double whole) {
    for (int i = 0; i < mask; ++i) {
      const double place =
          std::clamp((i + 0.5) * whole / mask - 0.5, 0.0, static_cast<double>(flow - 1));
      first.push_back(static_cast<int>(place));
      second.push_back(std::min(first.back() + 1, flow - 1));
      weight.push_back(static_cast<float>(place - first.back()));
    }
  }
};

/// Where a row of the mask was in the earlier frame, in its pixels: x and y by turns.
class RowOrigins {
 public:
  RowOrigins(const MaskView &mask, const FlowField &flow)
      : flow_(flow),
        rows_(mask.height, flow.height, flow.whole_height),
        columns_(mask.width, flow.width, flow.whole_width),
        across_(static_cast<float>(mask.width / flow.whole_width)),
        down_(static_cast<float>(mask.height / flow.whole_height)),
        line_(2 * static_cast<std::size_t>(flow.width)) {}

  /// Calls visit(x, y) for each pixel of row y.
  template <class Visit>
  void each(int y, Visit visit) {
    const auto row = static_cast<std::size_t>(y);
    const float *above = flow_.offsets + std::ptrdiff_t{2} * flow_.width * rows_.first[row];
    const float *below = flow_.offsets + std::ptrdiff_t{2} * flow_.width * rows_.second[row];
    for (std::size_t i = 0; i < line_.size(); i += 2) {
      line_[i] = across_ * (above[i] + rows_.weight[row] * (below[i] - above[i]));
      line_[i + 1] = down_ * (above[i + 1] + rows_.weight[row] * (below[i + 1] - above[i + 1]));
    }
    for (std::size_t x = 0; x < columns_.first.size(); ++x) {
      const float *left = &line_[2 * static_cast<std::size_t>(columns_.first[x])];
      const float *right = &line_[2 * static_cast<std::size_t>(columns_.second[x])];
      const float part = columns_.weight[x];
      visit(static_cast<float>(x) + 0.5F + left[0] + part * (right[0] - left[0]),
            static_cast<float>(y) + 0.5F + left[1] + part * (right[1] - left[1]));
    }
  }

 private:
  const FlowField &flow_;
  Taps rows_, columns_;
  float across_, down_;  // from the flow's pixels to the mask's
  std::vector<float> line_;
};

/// Reads each label where its pixel was.
template <class Label>
void look_up(const MaskView &mask, const FlowField &flow, std::uint8_t *carried) {
  const auto *labels = reinterpret_cast<const Label *>(mask.labels);
  auto *target = reinterpret_cast<Label *>(carried);
  const auto right = static_cast<float>(mask.width - 1),
             bottom = static_cast<float>(mask.height - 1);
  RowOrigins origins(mask, flow);
  for (int y = 0; y < mask.height; ++y) {
    origins.each(y, [&](float from_x, float from_y) {
      const int x = static_cast<int>(std::clamp(from_x, 0.0F, right));
      const int row = static_cast<int>(std::clamp(from_y, 0.0F, bottom));
      *target++ = labels[static_cast<std::ptrdiff_t>(row) * mask.width + x];
    });
  }
}

}  // namespace

bool MaskCarrier::carry(const FlowPicture &source, const FlowPicture &now, const MaskView &mask,
                        std::vector<std::uint8_t> &carried) {
  if (mask.width < 1 || mask.height < 1 || mask.labels == nullptr ||
      (mask.bytes_per_label != 1 && mask.bytes_per_label != 2))
    throw Error(ErrorKind::kSettings,
                "A mask needs a size of at least 1 x 1 and labels of 1 or 2 bytes");
  if (!search_.follow(source, now)) return false;
  carried.resize(static_cast<std::size_t>(mask.width) * static_cast<std::size_t>(mask.height) *
                 static_cast<std::size_t>(mask.bytes_per_label));
  if (mask.bytes_per_label == 1)
    look_up<std::uint8_t>(mask, search_.field(), carried.data());
  else
    look_up<std::uint16_t>(mask, search_.field(), carried.data());
  return true;
}

}  // namespace naclip
