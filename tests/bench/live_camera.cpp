#include "live_camera.h"

#include <gst/naclip/naclipmeta.h>
#include <malloc.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace naclip::bench {

namespace {

Times quantiles(std::vector<float> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double part) {
    return static_cast<double>(
        values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))]);
  };
  return {at(0.5), at(0.99), values.back()};
}

std::string words_of(const GError *error, const gchar *detail) {
  return std::string(error->message) + (detail != nullptr ? std::string(": ") + detail : "");
}

}  // namespace

Camera::Camera(const CameraSettings &settings) {
  std::string line = "videotestsrc pattern=" + settings.pattern + " is-live=";
  line += settings.live ? "true" : "false";
  if (settings.frames >= 0) line += " num-buffers=" + std::to_string(settings.frames);
  line += " ! video/x-raw,format=I420,framerate=30/1,width=" + std::to_string(settings.width) +
          ",height=" + std::to_string(settings.height) + " ! naclipsegment name=segment " +
          settings.segment + " ! fakesink sync=false";
  g_autoptr(GError) error = nullptr;
  pipeline_.reset(gst_parse_launch(line.c_str(), &error));
  if (error != nullptr) throw std::runtime_error(line + ": " + error->message);
  gst_object_ref_sink(pipeline_.get());
  segment_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "segment"));
  const Ptr<GstPad> sink(gst_element_get_static_pad(segment_.get(), "sink")),
      source(gst_element_get_static_pad(segment_.get(), "src"));
  gst_pad_add_probe(sink.get(), GST_PAD_PROBE_TYPE_BUFFER, arrives, this, nullptr);
  gst_pad_add_probe(source.get(), GST_PAD_PROBE_TYPE_BUFFER, leaves, this, nullptr);
}

Camera::~Camera() {
  stop();
}

void Camera::play() {
  if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    wait_for(GST_MESSAGE_ERROR);
}

Ptr<GstMessage> Camera::wait_for(GstMessageType types) {
  const Ptr<GstBus> bus(gst_element_get_bus(pipeline_.get()));
  Ptr<GstMessage> message(gst_bus_timed_pop_filtered(
      bus.get(), GST_CLOCK_TIME_NONE, static_cast<GstMessageType>(types | GST_MESSAGE_ERROR)));
  if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ERROR) return message;
  g_autoptr(GError) error = nullptr;
  g_autofree gchar *detail = nullptr;
  gst_message_parse_error(message.get(), &error, &detail);
  throw std::runtime_error(words_of(error, detail));
}

void Camera::finish() {
  wait_for(GST_MESSAGE_EOS);
}

void Camera::stop() {
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

void Camera::begin_measuring() {
  const std::lock_guard lock(mutex_);
  frames_ = masks_ = changes_ = 0;
  latencies_.clear();
  ages_.clear();
  checksums_.clear();
}

GstPadProbeReturn Camera::arrives(GstPad *, GstPadProbeInfo *, gpointer self) {
  auto &camera = *static_cast<Camera *>(self);
  const std::lock_guard lock(camera.mutex_);
  camera.arrived_ = g_get_monotonic_time();
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn Camera::leaves(GstPad *, GstPadProbeInfo *info, gpointer self) {
  static_cast<Camera *>(self)->look_at(GST_PAD_PROBE_INFO_BUFFER(info));
  return GST_PAD_PROBE_OK;
}

void Camera::look_at(GstBuffer *frame) {
  const gint64 now = g_get_monotonic_time();
  const auto *meta = gst_buffer_get_naclip_segmentation_meta(frame);
  const std::lock_guard lock(mutex_);
  ++frames_;
  latencies_.push_back(static_cast<float>(now - arrived_) / 1000);
  if (meta == nullptr) return;
  ++masks_;
  const GstClockTime age = gst_naclip_segmentation_meta_get_age(meta, frame);
  if (GST_CLOCK_TIME_IS_VALID(age)) ages_.push_back(static_cast<float>(age) / GST_MSECOND);
  const guint regions = gst_naclip_segmentation_get_n_regions(meta->segmentation);
  std::string labels;
  for (guint id = 0; id < regions; ++id) {
    const char *label = gst_naclip_segmentation_get_region(meta->segmentation, id)->label;
    labels += std::string(label) + ";";
    seen_labels_.insert(label);
  }
  if (!labels_.empty() && labels != labels_) ++changes_;
  labels_ = labels;
  GstMapInfo map;
  GstBuffer *mask = gst_naclip_segmentation_get_mask(meta->segmentation);
  if (!gst_buffer_map(mask, &map, GST_MAP_READ)) return;
  checksums_.push_back(static_cast<std::uint32_t>(crc32(0, map.data, static_cast<uInt>(map.size))));
  agree_ = agree_ && *std::max_element(map.data, map.data + map.size) < regions;
  gst_buffer_unmap(mask, &map);
}

std::uint64_t Camera::frames() const {
  const std::lock_guard lock(mutex_);
  return frames_;
}

std::uint64_t Camera::masks() const {
  const std::lock_guard lock(mutex_);
  return masks_;
}

std::uint64_t Camera::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

Times Camera::added_latency() const {
  const std::lock_guard lock(mutex_);
  return quantiles(latencies_);
}

Times Camera::mask_age() const {
  const std::lock_guard lock(mutex_);
  return quantiles(ages_);
}

bool Camera::labels_agree() const {
  const std::lock_guard lock(mutex_);
  return agree_;
}

std::vector<std::uint32_t> Camera::checksums() const {
  const std::lock_guard lock(mutex_);
  return checksums_;
}

void Camera::set(const char *property, const std::string &value) {
  gst_util_set_object_arg(G_OBJECT(segment_.get()), property, value.c_str());
}

std::uint64_t Camera::statistic(const char *field) const {
  GstStructure *stats = nullptr;
  g_object_get(segment_.get(), "stats", &stats, nullptr);
  const Ptr<GstStructure> owned(stats);
  guint64 value = 0;
  if (!gst_structure_get_uint64(stats, field, &value))
    throw std::runtime_error(std::string("stats have no ") + field);
  return value;
}

double Camera::wait_for_label(const std::string &label) {
  const gint64 begin = g_get_monotonic_time();
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (seen_labels_.contains(label)) break;
    }
    g_usleep(1000);
  }
  return static_cast<double>(g_get_monotonic_time() - begin) / G_USEC_PER_SEC;
}

Resources resources() {
  malloc_trim(0);
  Resources result;
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  statm >> total >> result.resident;
  result.resident *= 4096;
  for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++result.descriptors;
  for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator("/proc/self/task"))
    ++result.threads;
  return result;
}

}  // namespace naclip::bench
