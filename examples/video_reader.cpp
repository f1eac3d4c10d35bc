#include "video_reader.h"

#include <gst/app/gstappsink.h>

#include <stdexcept>

namespace naclip::examples {

VideoReader::VideoReader(const std::string &path, const std::string &decoder)
    : pipeline_(gst_parse_launch(
          ("filesrc name=file ! " + decoder + " ! appsink name=sink sync=false max-buffers=4")
              .c_str(),
          nullptr)) {
  if (!pipeline_) throw std::runtime_error("GStreamer's elements to read " + path + " are missing");
  g_autoptr(GstElement) file = gst_bin_get_by_name(GST_BIN(pipeline_), "file");
  g_object_set(file, "location", path.c_str(), nullptr);
  sink_ = gst_bin_get_by_name(GST_BIN(pipeline_), "sink");
}

VideoReader::~VideoReader() {
  gst_element_set_state(pipeline_, GST_STATE_NULL);
  gst_clear_object(&sink_);
  gst_clear_object(&pipeline_);
}

GstElement *VideoReader::element(const char *name) const {
  return gst_bin_get_by_name(GST_BIN(pipeline_), name);
}

GstSample *VideoReader::next() {
  if (!started_) gst_element_set_state(pipeline_, GST_STATE_PLAYING);
  started_ = true;
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  while (!gst_app_sink_is_eos(GST_APP_SINK(sink_))) {
    GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink_), 100 * GST_MSECOND);
    if (sample) return sample;
    // A pipeline that failed before its sink was linked never tells the sink of an end.
    g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    if (message) {
      g_autoptr(GError) error = nullptr;
      gst_message_parse_error(message, &error, nullptr);
      error_ = error->message;
      return nullptr;
    }
  }
  return nullptr;
}

}  // namespace naclip::examples
