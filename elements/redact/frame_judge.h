// Decides what becomes of a frame, before it is known what later ones cover.
#pragma once

#include <gst/gst.h>

#include <opencv2/core.hpp>

#include "elements/redact/cover_memory.h"
#include "elements/redact/settings.h"

namespace naclip {

enum class Verdict { kByMask, kWhole, kPassed, kDropped };

/// What becomes of a frame.
struct Judgement {
  Verdict verdict;
  cv::Rect known;  ///< kByMask: the part of the frame that its masks tell of, in its pixels
};

/// Reads frames' masks into a memory of what they cover. Belongs to the streaming thread. The
/// reader's methods around a stream have to be called, too.
class FrameJudge {
 public:
  /// `element` owns this object.
  explicit FrameJudge(GstElement *element) : reader_(element, "naclipredact") {}

  /// `time` of the frame in ns. A mask that counts is added to `memory`. One that cannot be read
  /// does not count; the first such posts a warning.
  Judgement judge(GstBuffer *frame, std::int64_t time, const RedactSettings &settings,
                  CoverMemory &memory);

  MaskReader &reader() { return reader_; }

 private:
  MaskReader reader_;
};

}  // namespace naclip
