#include "recording.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "pipeline_ptr.h"

namespace naclip::pipelines {
namespace {

Pipeline parse(const std::string &line) {
  g_autoptr(GError) error = nullptr;
  Pipeline pipeline(gst_parse_launch(line.c_str(), &error));
  if (!pipeline || error) throw std::runtime_error(error ? error->message : "no pipeline");
  return pipeline;
}

/// Throws for an error, and for the warning by which a decoder tells that it has no stream for the
/// rest of its line.
void throw_errors(GstMessage *message) {
  g_autoptr(GError) error = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
    gst_message_parse_error(message, &error, nullptr);
  else
    gst_message_parse_warning(message, &error, nullptr);
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR ||
      g_error_matches(error, GST_PARSE_ERROR, GST_PARSE_ERROR_DELAYED_LINK))
    throw std::runtime_error(error->message);
}

/// Throws where the pipeline posted an error; with `until_end`, waits for the end first.
void throw_errors(GstElement *pipeline, bool until_end) {
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  constexpr int kTrouble = GST_MESSAGE_ERROR | GST_MESSAGE_WARNING;
  while (true) {
    g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered(
        bus, until_end ? GST_CLOCK_TIME_NONE : 0,
        static_cast<GstMessageType>(kTrouble | (until_end ? GST_MESSAGE_EOS : 0)));
    if (!message || GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) return;
    throw_errors(message);
  }
}

/// Hands every decoded frame to `take`; `conversion` stands between the decoder and the sink.
template <class Take>
void decode(const std::string &path, Take take,
            const std::string &conversion = "videoconvert ! video/x-raw,format=RGB") {
  const Pipeline pipeline = parse("filesrc name=file ! decodebin ! " + conversion +
                                  " ! appsink name=sink sync=false max-buffers=4");
  g_autoptr(GstElement) file = gst_bin_get_by_name(GST_BIN(pipeline.get()), "file");
  g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink");
  g_object_set(file, "location", path.c_str(), nullptr);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  // A pipeline that failed before its sink was linked never tells the sink of an end.
  while (!gst_app_sink_is_eos(GST_APP_SINK(sink))) {
    g_autoptr(GstSample) sample =
        gst_app_sink_try_pull_sample(GST_APP_SINK(sink), 100 * GST_MSECOND);
    if (sample) {
      take(sample);
    } else {
      throw_errors(pipeline.get(), false);
    }
  }
  throw_errors(pipeline.get(), false);
}

Frame copy_frame(GstSample *sample, Recording &recording) {
  GstVideoInfo info;
  GstVideoFrame mapped;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) ||
      !gst_video_frame_map(&mapped, &info, gst_sample_get_buffer(sample), GST_MAP_READ)) {
    throw std::runtime_error("a decoded frame cannot be read");
  }
  recording.width = info.width;
  recording.height = info.height;
  const std::size_t row = static_cast<std::size_t>(info.width) * 3;
  Frame frame;
  frame.time = GST_BUFFER_PTS(gst_sample_get_buffer(sample));
  frame.rgb.resize(row * static_cast<std::size_t>(info.height));
  const auto *pixels = static_cast<const std::uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(&mapped, 0));
  for (int y = 0; y < info.height; ++y) {
    std::memcpy(frame.rgb.data() + row * static_cast<std::size_t>(y),
                pixels + GST_VIDEO_FRAME_PLANE_STRIDE(&mapped, 0) * static_cast<std::ptrdiff_t>(y),
                row);
  }
  gst_video_frame_unmap(&mapped);
  return frame;
}

GstBuffer *gradient(int width, int height, std::size_t index) {
  const std::size_t row = GST_ROUND_UP_4(static_cast<std::size_t>(width) * 3);
  GstBuffer *buffer =
      gst_buffer_new_allocate(nullptr, row * static_cast<std::size_t>(height), nullptr);
  GstMapInfo map;
  gst_buffer_map(buffer, &map, GST_MAP_WRITE);
  for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y) {
    for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x) {
      std::uint8_t *pixel = map.data + row * y + 3 * x;
      pixel[0] = static_cast<std::uint8_t>(x + 4 * index);
      pixel[1] = static_cast<std::uint8_t>(y + 2 * index);
      pixel[2] = static_cast<std::uint8_t>(128);
    }
  }
  gst_buffer_unmap(buffer, &map);
  return buffer;
}

/// Frames a second as a fraction where they are even; else 0/1, as GStreamer writes a changing
/// rate.
std::pair<int, int> frame_rate(const std::vector<GstClockTime> &times) {
  for (std::size_t i = 2; i < times.size(); ++i) {
    if (times[i] - times[i - 1] != times[1] - times[0]) return {0, 1};
  }
  return times.size() < 2 ? std::pair{0, 1}
                          : std::pair{1000, static_cast<int>((times[1] - times[0]) / GST_MSECOND)};
}

}  // namespace

Recording read_recording(const std::string &path) {
  Recording recording;
  decode(path,
         [&](GstSample *sample) { recording.frames.push_back(copy_frame(sample, recording)); });
  return recording;
}

std::vector<GstClockTime> Sound::onsets() const {
  constexpr float kLoud = 0.1F;
  std::vector<GstClockTime> times;
  std::size_t silent = kRate;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const bool loud = std::abs(samples[i]) > kLoud;
    if (loud && silent > kRate / 10) times.push_back(begin + i * GST_SECOND / kRate);
    silent = loud ? 0 : silent + 1;
  }
  return times;
}

Sound read_sound(const std::string &path) {
  Sound sound;
  const auto take = [&](GstSample *sample) {
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    const GstClockTime time = GST_BUFFER_PTS(buffer);
    if (sound.samples.empty()) sound.begin = time;
    const std::size_t at =
        gst_util_uint64_scale_round(time - sound.begin, Sound::kRate, GST_SECOND);
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_READ);
    const std::size_t count = map.size / sizeof(float);
    // Times are rounded to whole samples.
    if (at > sound.samples.size() + 2) sound.samples.resize(at);
    const auto *samples = reinterpret_cast<const float *>(map.data);
    sound.samples.insert(sound.samples.end(), samples, samples + count);
    gst_buffer_unmap(buffer, &map);
  };
  const auto count_channels = [&](GstSample *sample) {
    gst_structure_get_int(gst_caps_get_structure(gst_sample_get_caps(sample), 0), "channels",
                          &sound.channels);
  };
  try {
    decode(path, count_channels, "audio/x-raw");
    decode(path, take,
           "audioconvert ! audioresample ! audio/x-raw,format=F32LE,rate=48000,channels=1");
  } catch (const std::runtime_error &) {
    // Nothing could be linked.
  }
  return sound;
}

void run_line(const std::string &line) {
  const Pipeline pipeline = parse(line);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  throw_errors(pipeline.get(), true);
}

void turn_clockwise(const std::string &path) {
  constexpr std::string_view kTrackHeader("tkhd");
  constexpr std::size_t kMatrix = 44;  // from the name on, version 0
  constexpr std::string_view kTurned(
      "\0\0\0\0\0\1\0\0\0\0\0\0\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\0\0", 36);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const auto header = bytes.find(kTrackHeader);
  if (header == std::string::npos) throw std::runtime_error("no track in " + path);
  file.clear();
  file.seekp(static_cast<std::streamoff>(header + kMatrix));
  file.write(kTurned.data(), static_cast<std::streamsize>(kTurned.size()));
}

bool is_finished_matroska(const std::string &path) {
  constexpr std::string_view kSegment("\x18\x53\x80\x67");
  constexpr std::string_view kUnknownSize("\x01\xff\xff\xff\xff\xff\xff\xff");
  std::string header(4096, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(header.data(), static_cast<std::streamsize>(header.size()));
  header.resize(static_cast<std::size_t>(file.gcount()));
  const auto segment = header.find(kSegment);
  return segment != std::string::npos &&
         header.compare(segment + kSegment.size(), kUnknownSize.size(), kUnknownSize) != 0;
}

std::vector<GstClockTime> read_times(const std::string &path) {
  std::vector<GstClockTime> times;
  decode(path, [&](GstSample *sample) {
    times.push_back(GST_BUFFER_PTS(gst_sample_get_buffer(sample)));
  });
  return times;
}

std::vector<GstClockTime> even_times(std::size_t count, GstClockTime step) {
  std::vector<GstClockTime> times(count);
  for (std::size_t i = 0; i < count; ++i) times[i] = i * step;
  return times;
}

void write_clip(const std::string &path, int width, int height,
                const std::vector<GstClockTime> &times) {
  const Pipeline pipeline = parse(
      "appsrc name=source format=time ! videoconvert ! jpegenc ! matroskamux ! filesink name=file");
  g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline.get()), "source");
  g_autoptr(GstElement) file = gst_bin_get_by_name(GST_BIN(pipeline.get()), "file");
  g_object_set(file, "location", path.c_str(), nullptr);
  const auto [numerator, denominator] = frame_rate(times);
  g_autoptr(GstCaps) caps = gst_caps_new_simple(
      "video/x-raw", "format", G_TYPE_STRING, "RGB", "width", G_TYPE_INT, width, "height",
      G_TYPE_INT, height, "framerate", GST_TYPE_FRACTION, numerator, denominator, nullptr);
  gst_app_src_set_caps(GST_APP_SRC(source), caps);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  for (std::size_t i = 0; i < times.size(); ++i) {
    GstBuffer *buffer = gradient(width, height, i);
    GST_BUFFER_PTS(buffer) = times[i];
    gst_app_src_push_buffer(GST_APP_SRC(source), buffer);
  }
  gst_app_src_end_of_stream(GST_APP_SRC(source));
  throw_errors(pipeline.get(), true);
}

std::array<double, 3> mean_colour(const Recording &recording, const Frame &frame, int left, int top,
                                  int right, int bottom) {
  std::array<double, 3> sum{};
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      const auto *pixel = &frame.rgb[3 * (static_cast<std::size_t>(y) * recording.width + x)];
      for (std::size_t c = 0; c < 3; ++c) sum[c] += pixel[c];
    }
  }
  for (double &one : sum) one /= static_cast<double>(right - left) * (bottom - top);
  return sum;
}

double difference(const Frame &one, const Frame &other) {
  if (one.rgb.size() != other.rgb.size()) throw std::runtime_error("frames of different sizes");
  double sum = 0.0;
  for (std::size_t i = 0; i < one.rgb.size(); ++i) sum += std::abs(one.rgb[i] - other.rgb[i]);
  return sum / static_cast<double>(one.rgb.size());
}

}  // namespace naclip::pipelines
