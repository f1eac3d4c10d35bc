#include "elements/redact/frame_judge.h"

#include <algorithm>

#include "elements/support/mask_matrix.h"

namespace naclip {
namespace {

Verdict verdict_without(WithoutMask choice) {
  switch (choice) {
    case WithoutMask::kDrop:
      return Verdict::kDropped;
    case WithoutMask::kPass:
      return Verdict::kPassed;
    case WithoutMask::kCover:
      break;
  }
  return Verdict::kWhole;
}

}  // namespace

Judgement FrameJudge::judge(GstBuffer *frame, std::int64_t time, const RedactSettings &settings,
                            CoverMemory &memory) {
  const std::vector<ChosenMask> masks = reader_.read_or_warn(frame, settings);
  const auto counts = [&](const ChosenMask &one) {
    return one.knows_all && is_recent(one.mask, frame, settings.max_age);
  };
  // Of several, from other elements' metadata, each may show what the others miss.
  if (masks.empty() || !std::all_of(masks.begin(), masks.end(), counts))
    return {verdict_without(settings.without_mask), {}};
  cv::Rect known = rectangle_of(masks.front().mask);
  for (const ChosenMask &one : masks) {
    const cv::Rect rectangle = rectangle_of(one.mask);
    memory.add(cells_to_cover(labels_of(one.mask), one.chosen, settings.invert), rectangle, time);
    known &= rectangle;
  }
  return {Verdict::kByMask, known};
}

}  // namespace naclip
