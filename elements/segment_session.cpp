#include "segment_session.h"

#include <gst/video/video.h>

#include <utility>
#include <vector>

#include "engine.h"
#include "support/cuda_frame.h"

namespace naclip {

namespace {

/// The label map as a video buffer, its memory taken over; rows are not padded, as the metadata's
/// contract says.
Ptr<GstBuffer> mask_buffer(Segmentation segmentation) {
  auto *labels = new std::vector<std::uint8_t>(std::move(segmentation.labels));
  Ptr<GstBuffer> buffer(gst_buffer_new_wrapped_full(
      GST_MEMORY_FLAG_READONLY, labels->data(), labels->size(), 0, labels->size(), labels,
      [](gpointer data) { delete static_cast<std::vector<std::uint8_t> *>(data); }));
  gsize offset[GST_VIDEO_MAX_PLANES] = {0};
  gint stride[GST_VIDEO_MAX_PLANES] = {segmentation.width * segmentation.bytes_per_label};
  gst_buffer_add_video_meta_full(
      buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
      segmentation.bytes_per_label == 1 ? GST_VIDEO_FORMAT_GRAY8 : GST_VIDEO_FORMAT_GRAY16_LE,
      static_cast<guint>(segmentation.width), static_cast<guint>(segmentation.height), 1, offset,
      stride);
  return buffer;
}

Ptr<GstNaclipSegmentation> to_metadata(Segmentation segmentation, const Vocabulary &vocabulary,
                                       GstClockTime pts) {
  std::vector<GstNaclipRegion> regions;
  for (std::size_t id = 0; id < segmentation.regions.size(); ++id) {
    const Region &region = vocabulary.regions()[id];
    regions.push_back({region.label.c_str(), region.colour, segmentation.regions[id].share,
                       segmentation.regions[id].confidence});
  }
  const Ptr<GstBuffer> mask = mask_buffer(std::move(segmentation));
  return Ptr<GstNaclipSegmentation>(gst_naclip_segmentation_new(
      mask.get(), regions.data(), static_cast<guint>(regions.size()), pts));
}

}  // namespace

Ptr<GstStructure> SegmentStatistics::structure() const {
  return Ptr<GstStructure>(gst_structure_new(
      "naclip-stats", "frames", G_TYPE_UINT64, frames, "inferred", G_TYPE_UINT64, inferred,
      "skipped", G_TYPE_UINT64, skipped, "latency-last", G_TYPE_UINT64, last_latency,
      "latency-mean", G_TYPE_UINT64, inferred > 0 ? total_latency / inferred : 0, "queue",
      G_TYPE_UINT, 0U, nullptr));
}

SegmentSession::SegmentSession(std::shared_ptr<const SegmentSettings> settings, Log log)
    : settings_(std::move(settings)) {
  // The quick checks first: a misspelt vocabulary should not wait for a model to load.
  options_ = inference_options(*settings_);
  const Vocabulary vocabulary = read_vocabulary(*settings_);
  ModelOptions options = model_options(*settings_);
  options.log = std::move(log);
  segmenter_ = load_model(options);
  queries_ = segmenter_->encode(vocabulary);
}

void SegmentSession::update(std::shared_ptr<const SegmentSettings> settings) {
  if (settings == settings_) return;
  options_ = inference_options(*settings);
  const auto old = std::exchange(settings_, std::move(settings));
  if (settings_->vocabulary == old->vocabulary &&
      settings_->vocabulary_file == old->vocabulary_file)
    return;
  queries_ = segmenter_->encode(read_vocabulary(*settings_));
  forget();
}

GstNaclipSegmentation *SegmentSession::next(GstBuffer *frame, const GstVideoInfo &info,
                                            bool &fresh) {
  fresh = last_ == nullptr || ++since_inference_ >= settings_->interval;
  if (fresh) {
    last_ = infer(frame, info);
    analytics_ = AnalyticsTerms(last_.get());
    since_inference_ = 0;
  }
  const std::lock_guard lock(mutex_);
  ++statistics_.frames;
  ++(fresh ? statistics_.inferred : statistics_.skipped);
  return last_.get();
}

Ptr<GstNaclipSegmentation> SegmentSession::infer(GstBuffer *frame, const GstVideoInfo &info) {
  const gint64 start = g_get_monotonic_time();
  const EngineFrame read(frame, info, segmenter_->info().device);
  std::vector<Segmentation> results =
      segmenter_->segment({&read.picture(), 1}, *queries_, options_);
  Ptr<GstNaclipSegmentation> result =
      to_metadata(std::move(results.at(0)), queries_->vocabulary(), GST_BUFFER_PTS(frame));
  const auto latency = static_cast<GstClockTime>(g_get_monotonic_time() - start) * GST_USECOND;
  const std::lock_guard lock(mutex_);
  statistics_.last_latency = latency;
  statistics_.total_latency += latency;
  return result;
}

void SegmentSession::forget() {
  last_.reset();
}

SegmentStatistics SegmentSession::statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

Ptr<GstStructure> segmentation_message(const GstNaclipSegmentation *segmentation) {
  GValue regions = G_VALUE_INIT;
  g_value_init(&regions, GST_TYPE_LIST);
  for (guint id = 0; id < gst_naclip_segmentation_get_n_regions(segmentation); ++id) {
    const GstNaclipRegion *region = gst_naclip_segmentation_get_region(segmentation, id);
    GValue value = G_VALUE_INIT;
    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&value,
                       gst_structure_new("region", "id", G_TYPE_UINT, id, "label", G_TYPE_STRING,
                                         region->label, "share", G_TYPE_DOUBLE, region->share,
                                         "confidence", G_TYPE_DOUBLE, region->confidence, nullptr));
    gst_value_list_append_and_take_value(&regions, &value);
  }
  Ptr<GstStructure> message(gst_structure_new("naclip-segmentation", "pts", G_TYPE_UINT64,
                                              gst_naclip_segmentation_get_source_pts(segmentation),
                                              nullptr));
  gst_structure_take_value(message.get(), "regions", &regions);
  return message;
}

}  // namespace naclip
