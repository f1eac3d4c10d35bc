#include "annotations.h"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "pipeline_ptr.h"
#include "process.h"

namespace naclip::pipelines {
namespace {

/// Runs a line to its end. Its appsinks keep all that comes.
class Line {
 public:
  explicit Line(const std::string &text) {
    g_autoptr(GError) error = nullptr;
    pipeline_.reset(gst_parse_launch(text.c_str(), &error));
    if (!pipeline_ || error) throw std::runtime_error(error ? error->message : "no pipeline");
  }

  /// What `name` got, in order, while the line ran to its end.
  void run() {
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_.get());
    g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered(
        bus, 60 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    if (!message) throw std::runtime_error("no end; a track may be missing");
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) return;
    g_autoptr(GError) error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    throw std::runtime_error(error->message);
  }

  void each(const char *sink, const std::function<void(GstSample *)> &take) {
    g_autoptr(GstElement) element = gst_bin_get_by_name(GST_BIN(pipeline_.get()), sink);
    while (g_autoptr(GstSample) sample = gst_app_sink_try_pull_sample(GST_APP_SINK(element), 0))
      take(sample);
  }

  /// The title that tags have told `sink`'s pad.
  std::string title(const char *sink) {
    g_autoptr(GstElement) element = gst_bin_get_by_name(GST_BIN(pipeline_.get()), sink);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(element, "sink");
    std::string found;
    for (guint i = 0;; ++i) {
      g_autoptr(GstEvent) event = gst_pad_get_sticky_event(pad, GST_EVENT_TAG, i);
      if (!event) return found;
      GstTagList *tags = nullptr;
      gst_event_parse_tag(event, &tags);
      g_autofree char *title = nullptr;
      if (gst_tag_list_get_string(tags, GST_TAG_TITLE, &title)) found = title;
    }
  }

 private:
  Pipeline pipeline_;
};

Labels labels_of(GstSample *sample) {
  GstVideoInfo info;
  GstVideoFrame mapped;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) ||
      !gst_video_frame_map(&mapped, &info, gst_sample_get_buffer(sample), GST_MAP_READ))
    throw std::runtime_error("labels cannot be read");
  Labels labels{GST_BUFFER_PTS(gst_sample_get_buffer(sample)), {}, info.width, info.height};
  const bool wide = GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_GRAY16_LE;
  for (int y = 0; y < info.height; ++y) {
    const auto *row = static_cast<const guint8 *>(GST_VIDEO_FRAME_PLANE_DATA(&mapped, 0)) +
                      GST_VIDEO_FRAME_PLANE_STRIDE(&mapped, 0) * static_cast<std::ptrdiff_t>(y);
    for (int x = 0; x < info.width; ++x)
      labels.pixels.push_back(wide ? GST_READ_UINT16_LE(row + 2 * x) : row[x]);
  }
  gst_video_frame_unmap(&mapped);
  return labels;
}

/// matroskademux gives text as Pango's markup.
std::string unescape(std::string text) {
  for (const auto &[escaped, plain] : {std::pair{"&quot;", "\""},
                                       {"&apos;", "'"},
                                       {"&#39;", "'"},
                                       {"&lt;", "<"},
                                       {"&gt;", ">"},
                                       {"&amp;", "&"}}) {
    for (std::size_t at = 0; (at = text.find(escaped, at)) != std::string::npos; ++at)
      text.replace(at, std::string(escaped).size(), plain);
  }
  return text;
}

FrameMessages messages_of(GstSample *sample) {
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  std::string text(gst_buffer_get_size(buffer), '\0');
  gst_buffer_extract(buffer, 0, text.data(), text.size());
  FrameMessages messages{GST_BUFFER_PTS(buffer), {}};
  std::istringstream stream(unescape(text));
  for (std::string line; std::getline(stream, line);) messages.lines.push_back(line);
  return messages;
}

bool is_of(const std::string &type, const std::string &line) {
  return line.find("\"type\":\"" + type + "\"") != std::string::npos;
}

std::string quoted(const std::string &path) {
  return "\"" + path + "\"";
}

}  // namespace

std::vector<std::string> Annotated::of_type(const std::string &type) const {
  std::vector<std::string> found;
  for (const FrameMessages &frame : messages)
    for (const std::string &line : frame.lines)
      if (is_of(type, line)) found.push_back(line);
  return found;
}

std::vector<GstClockTime> Annotated::times_of(const std::string &type) const {
  std::vector<GstClockTime> times;
  for (const FrameMessages &frame : messages)
    for (const std::string &line : frame.lines)
      if (is_of(type, line)) times.push_back(frame.time);
  return times;
}

Annotated read_annotated(const std::string &path) {
  const std::string sink = " ! appsink sync=false wait-on-eos=false name=";
  const std::string queue = " ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! ";
  Line line("filesrc location=" + quoted(path) + " ! matroskademux name=file file.video_0" + queue +
            "tee name=t t.! queue" + sink + "encoded t.! queue ! vp8dec" + sink +
            "pictures file.video_1" + queue + "avdec_ffv1" + sink + "labels file.subtitle_0" +
            queue + "identity" + sink + "messages");
  line.run();
  Annotated recording;
  line.each("encoded", [&](GstSample *sample) {
    if (recording.pictures.empty() && !recording.begins_with_keyframe)
      recording.begins_with_keyframe =
          !GST_BUFFER_FLAG_IS_SET(gst_sample_get_buffer(sample), GST_BUFFER_FLAG_DELTA_UNIT);
    recording.pictures.push_back(GST_BUFFER_PTS(gst_sample_get_buffer(sample)));
  });
  std::vector<GstClockTime> decoded;
  line.each("pictures", [&](GstSample *sample) {
    decoded.push_back(GST_BUFFER_PTS(gst_sample_get_buffer(sample)));
  });
  EXPECT_EQ(decoded, recording.pictures) << path;
  line.each("labels", [&](GstSample *sample) {
    const GstStructure *caps = gst_caps_get_structure(gst_sample_get_caps(sample), 0);
    recording.label_format = gst_structure_get_string(caps, "format");
    recording.labels.push_back(labels_of(sample));
  });
  line.each("messages",
            [&](GstSample *sample) { recording.messages.push_back(messages_of(sample)); });
  recording.titles = {line.title("encoded"), line.title("labels"), line.title("messages")};
  return recording;
}

std::vector<Labels> labels_of_line(const std::string &text) {
  Line line(text + " ! appsink sync=false wait-on-eos=false name=labels");
  line.run();
  std::vector<Labels> labels;
  line.each("labels", [&](GstSample *sample) { labels.push_back(labels_of(sample)); });
  return labels;
}

std::int64_t integer_at(const std::string &json, const std::string &name) {
  const auto found = json.find("\"" + name + "\":");
  return found == std::string::npos ? -1 : std::atoll(json.c_str() + found + name.size() + 3);
}

void expect_in_sync(const Annotated &recording) {
  ASSERT_FALSE(recording.pictures.empty());
  EXPECT_TRUE(recording.begins_with_keyframe);
  std::vector<GstClockTime> labels, messages;
  for (const Labels &frame : recording.labels) labels.push_back(frame.time);
  for (const FrameMessages &frame : recording.messages) messages.push_back(frame.time);
  EXPECT_EQ(labels, recording.pictures);
  EXPECT_EQ(messages, recording.pictures);
  EXPECT_EQ(recording.titles, (std::vector<std::string>{"picture", "naclip masks", "naclip/1"}));
  Folder folder;
  std::ofstream lines(folder.file("messages.jsonl"));
  bool words = false;
  int masks_before_words = 0;
  for (const FrameMessages &frame : recording.messages) {
    int frames = 0;
    for (const std::string &line : frame.lines) {
      lines << line << '\n';
      words |= is_of("vocabulary", line);
      masks_before_words += !words && line.find("\"mask\":") != std::string::npos;
      frames += is_of("frame", line);
      if (is_of("event", line)) continue;  // its time is the event's
      // The file's times are whole milliseconds.
      EXPECT_NEAR(static_cast<double>(integer_at(line, "pts")), static_cast<double>(frame.time),
                  static_cast<double>(GST_MSECOND))
          << line;
    }
    EXPECT_EQ(frames, 1);
  }
  lines.close();
  EXPECT_EQ(masks_before_words, 0) << "the vocabulary goes first";
  Process check(
      {"/usr/bin/python3", NACLIP_CHECK_MESSAGES, NACLIP_SCHEMA, folder.file("messages.jsonl")},
      {});
  const int status = check.finish();
  EXPECT_TRUE(status == 0 || status == 77) << check.output();
}

}  // namespace naclip::pipelines
