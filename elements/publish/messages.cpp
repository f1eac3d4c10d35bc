#include "elements/publish/messages.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "elements/support/event_meta.h"
#include "elements/support/mask_matrix.h"
#include "model/process/process_exit.h"

namespace naclip {
namespace {

constexpr const char *kSchema = "naclip/1";
constexpr std::int64_t kFrom1900To1970 = 2'208'988'800 * static_cast<std::int64_t>(GST_SECOND);

/// Never destroyed: frames may come while a process exits.
GstCaps *caps_of_clock(const char *name) {
  GstCaps *caps = gst_caps_new_empty_simple(name);
  GST_MINI_OBJECT_FLAG_SET(caps, GST_MINI_OBJECT_FLAG_MAY_BE_LEAKED);
  return caps;
}

void begin_message(JsonText &json, const char *type, const std::string &source) {
  json.clear();
  json.begin_object();
  json.text("schema", kSchema);
  json.text("type", type);
  json.text("source", source);
}

void write_pair(JsonText &json, const char *name, int first, int second) {
  json.begin_list(name);
  json.integer(nullptr, first);
  json.integer(nullptr, second);
  json.end_list();
}

void write_rectangle(JsonText &json, const char *name, const cv::Rect &rectangle) {
  json.begin_list(name);
  for (const int number : {rectangle.x, rectangle.y, rectangle.width, rectangle.height})
    json.integer(nullptr, number);
  json.end_list();
}

std::string text_of_colour(Colour colour) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "#%06x", colour & 0xffffff);
  return text.data();
}

LabelMapPlace place_of(const FrameMask &mask, const FrameFacts &facts) {
  return {{mask.width(), mask.height()}, rectangle_of(mask), {facts.width, facts.height}};
}

void write_text_field(JsonText &json, const GstStructure *event, const char *field) {
  if (const gchar *text = gst_structure_get_string(event, field)) json.text(field, text);
}

void write_real_field(JsonText &json, const GstStructure *event, const char *field) {
  double value = 0;
  if (gst_structure_get_double(event, field, &value)) json.real(field, value);
}

void write_integer_field(JsonText &json, const GstStructure *event, const char *field) {
  guint64 value = 0;
  if (gst_structure_get_uint64(event, field, &value)) json.integer(field, value);
}

}  // namespace

std::string rfc3339(std::int64_t time) {
  constexpr auto kSecond = static_cast<std::int64_t>(GST_SECOND);
  std::int64_t part = time % kSecond;
  if (part < 0) part += kSecond;
  const auto seconds = static_cast<std::time_t>((time - part) / kSecond);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ",
                static_cast<int>(part / 1'000'000));
  return text.data();
}

std::int64_t time_of(GstBuffer *frame) {
  static GstCaps *const unix = caps_of_clock("timestamp/x-unix");
  static GstCaps *const ntp = caps_of_clock("timestamp/x-ntp");
  if (const auto *meta = gst_buffer_get_reference_timestamp_meta(frame, unix))
    return static_cast<std::int64_t>(meta->timestamp);
  if (const auto *meta = gst_buffer_get_reference_timestamp_meta(frame, ntp))
    return static_cast<std::int64_t>(meta->timestamp) - kFrom1900To1970;
  return g_get_real_time() * 1000;
}

std::string status_message(const std::string &source, bool online, const PublishCounts *counts) {
  JsonText json;
  begin_message(json, "status", source);
  json.text("state", online ? "online" : "offline");
  if (counts != nullptr) {
    json.integer("sent", counts->sent);
    json.integer("queued", counts->queued);
    json.integer("dropped", counts->dropped);
    json.integer("reconnects", counts->reconnects);
  }
  json.end_object();
  return json.str();
}

void MessageWriter::begin(const char *type) {
  begin_message(json_, type, source_);
}

void MessageWriter::write_time(const FrameFacts &facts) {
  if (GST_CLOCK_TIME_IS_VALID(facts.pts)) json_.integer("pts", facts.pts);
  json_.text("time", rfc3339(facts.time));
}

void MessageWriter::write_mask(const FrameFacts &facts, const FrameMask &mask) {
  json_.begin_object("mask");
  write_pair(json_, "size", mask.width(), mask.height());
  write_rectangle(json_, "rectangle", rectangle_of(mask));
  if (mask.source_pts && GST_CLOCK_TIME_IS_VALID(facts.pts))
    json_.integer("age", GST_CLOCK_DIFF(*mask.source_pts, facts.pts));
  json_.end_object();
}

void MessageWriter::write_regions(const FrameFacts &facts, const ChosenMask &shown,
                                  unsigned content, double polygon_tolerance) {
  const FrameMask &mask = shown.mask;
  const LabelMapPlace place = place_of(mask, facts);
  const cv::Rect visible = place.visible_cells();
  const std::size_t count = mask.regions.size();
  if ((content & ~kShares) != 0) {
    const ExitSection section;
    const cv::Mat labels = labels_of(mask);
    if ((content & kBoxes) != 0) find_boxes(labels(visible), count, boxes_);
    if ((content & kRle) != 0) rle_.encode(labels, count);
    if ((content & kPolygons) != 0) polygons_.find(labels, shown.chosen, place, polygon_tolerance);
  }
  for (std::size_t id = 0; id < count; ++id) {
    if (!shown.chosen[id]) continue;
    const MaskRegion &region = mask.regions[id];
    json_.begin_object();
    json_.integer("id", id);
    json_.text("label", region.label);
    if ((content & kShares) != 0) {
      json_.real("share", region.share);
      json_.real("confidence", region.confidence);
    }
    if ((content & kBoxes) != 0 && !boxes_[id].empty())
      write_rectangle(json_, "box", place.pixels(boxes_[id] + visible.tl()));
    if ((content & kRle) != 0) {
      json_.begin_object("rle");
      write_pair(json_, "size", mask.height(), mask.width());
      json_.text("counts", rle_.counts(id));
      json_.end_object();
    }
    if ((content & kPolygons) != 0) polygons_.write(id, "polygons", json_);
    json_.end_object();
  }
}

const std::string &MessageWriter::frame(const FrameFacts &facts, const ChosenMask *shown,
                                        unsigned content, double polygon_tolerance) {
  begin("frame");
  json_.integer("sequence", facts.sequence);
  write_time(facts);
  write_pair(json_, "size", facts.width, facts.height);
  if (shown != nullptr) write_mask(facts, shown->mask);
  json_.begin_list("regions");
  if (shown != nullptr) write_regions(facts, *shown, content, polygon_tolerance);
  json_.end_list();
  json_.end_object();
  return json_.str();
}

const std::string &MessageWriter::event(const FrameFacts &facts, const GstStructure *event) {
  namespace field = event_field;
  begin("event");
  for (const char *name :
       {field::kRule, field::kClass, field::kZone, field::kState, field::kId, field::kSeverity})
    write_text_field(json_, event, name);
  write_integer_field(json_, event, field::kPts);
  json_.text("time", rfc3339(facts.time));
  for (const char *name : {field::kShare, field::kPeak, field::kMean})
    write_real_field(json_, event, name);
  write_integer_field(json_, event, field::kDuration);
  json_.end_object();
  return json_.str();
}

const std::string &MessageWriter::vocabulary(const FrameFacts &facts,
                                             const std::vector<MaskRegion> &regions) {
  begin("vocabulary");
  if (GST_CLOCK_TIME_IS_VALID(facts.pts)) json_.integer("pts", facts.pts);
  json_.begin_list("labels");
  for (const MaskRegion &region : regions) json_.text(nullptr, region.label);
  json_.end_list();
  json_.begin_list("colours");
  for (const MaskRegion &region : regions) json_.text(nullptr, text_of_colour(region.colour));
  json_.end_list();
  json_.end_object();
  return json_.str();
}

}  // namespace naclip
