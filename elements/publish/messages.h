// The messages of the schema naclip/1, see naclip-1.schema.json.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "elements/publish/coco_rle.h"
#include "elements/publish/json_text.h"
#include "elements/publish/message_settings.h"
#include "elements/publish/polygons.h"
#include "elements/support/mask_reader.h"

namespace naclip {

/// What a frame's messages say of it.
struct FrameFacts {
  std::uint64_t sequence = 0;              ///< frames before it since start
  GstClockTime pts = GST_CLOCK_TIME_NONE;  ///< ns
  std::int64_t time = 0;                   ///< ns since 1970
  int width = 0, height = 0;               ///< pixels
};

/// Nanoseconds since 1970 as RFC 3339 in UTC with milliseconds.
std::string rfc3339(std::int64_t time);

/// When a frame was taken, ns since 1970: from its GstReferenceTimestampMeta of timestamp/x-unix or
/// timestamp/x-ntp, else now.
std::int64_t time_of(GstBuffer *frame);

/// What has become of messages.
struct PublishCounts {
  std::uint64_t sent = 0, queued = 0, dropped = 0, reconnects = 0;
  bool connected = false;
};

/// The message of type status. Offline without counts is what a broker says of us when we are gone.
std::string status_message(const std::string &source, bool online, const PublishCounts *counts);

/// Writes one stream's messages. What a method returns is valid until the next one is called.
/// Belongs to the streaming thread; memory is kept from one message to the next.
class MessageWriter {
 public:
  /// `source` is the camera's name.
  explicit MessageWriter(std::string source) : source_(std::move(source)) {}

  /// `shown`: the frame's mask, null where it has none.
  const std::string &frame(const FrameFacts &facts, const ChosenMask *shown, unsigned content,
                           double polygon_tolerance);

  /// `event` has the fields of elements/support/event_meta.h.
  const std::string &event(const FrameFacts &facts, const GstStructure *event);

  const std::string &vocabulary(const FrameFacts &facts, const std::vector<MaskRegion> &regions);

 private:
  void begin(const char *type);
  void write_time(const FrameFacts &facts);
  void write_mask(const FrameFacts &facts, const FrameMask &mask);
  void write_regions(const FrameFacts &facts, const ChosenMask &shown, unsigned content,
                     double polygon_tolerance);

  std::string source_;
  JsonText json_;
  std::vector<cv::Rect> boxes_;
  RleEncoder rle_;
  PolygonWriter polygons_;
};

}  // namespace naclip
