// One stream through naclipsegment, watched from both sides of the element.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "elements/support/ptr.h"

namespace naclip::bench {

/// Where frames come from and how fast.
struct CameraSettings {
  int width = 640, height = 360;
  int frames = -1;      ///< how many; -1: without end
  bool live = true;     ///< 30 a second by the clock; else as fast as they go
  std::string segment;  ///< properties of naclipsegment
  std::string pattern = "ball motion=sweep animation-mode=frames";  ///< of videotestsrc
};

/// Quantiles of times, milliseconds.
struct Times {
  double median = 0, percentile_99 = 0, greatest = 0;
};

/// videotestsrc ! naclipsegment ! fakesink. Everything that is measured lies on the streaming
/// thread.
class Camera {
 public:
  explicit Camera(const CameraSettings &settings);
  ~Camera();
  Camera(const Camera &) = delete;
  Camera &operator=(const Camera &) = delete;

  void play();
  /// Waits for the end of the stream; throws std::runtime_error with what went wrong.
  void finish();
  /// Ends it where it is.
  void stop();

  /// Figures since begin_measuring(), or since play().
  void begin_measuring();
  std::uint64_t frames() const;
  std::uint64_t masks() const;    ///< frames that carried one
  std::uint64_t changes() const;  ///< of the vocabulary
  Times added_latency() const;    ///< from the element's sink pad to its source pad
  Times mask_age() const;         ///< the frame's PTS less that of the frame its mask is of
  bool labels_agree() const;      ///< every mask's greatest id was below its number of regions
  /// A checksum of each frame's mask, in order.
  std::vector<std::uint32_t> checksums() const;

  void set(const char *property, const std::string &value);
  std::uint64_t statistic(const char *field) const;
  /// Waits until a frame carries a mask with that label; seconds since the call.
  double wait_for_label(const std::string &label);

 private:
  static GstPadProbeReturn arrives(GstPad *pad, GstPadProbeInfo *info, gpointer self);
  static GstPadProbeReturn leaves(GstPad *pad, GstPadProbeInfo *info, gpointer self);
  void look_at(GstBuffer *frame);
  Ptr<GstMessage> wait_for(GstMessageType types);

  Ptr<GstElement> pipeline_, segment_;
  mutable std::mutex mutex_;  // guards the rest
  gint64 arrived_ = 0;        // monotonic, microseconds
  std::uint64_t frames_ = 0, masks_ = 0, changes_ = 0;
  std::vector<float> latencies_, ages_;
  std::vector<std::uint32_t> checksums_;
  std::string labels_;
  std::set<std::string> seen_labels_;
  bool agree_ = true;
};

/// This process's resident memory without what malloc keeps for itself, bytes; its file descriptors
/// and threads.
struct Resources {
  double resident = 0;
  int descriptors = 0, threads = 0;
};
Resources resources();

}  // namespace naclip::bench
