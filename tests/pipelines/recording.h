// Video files that tests write and read.
#pragma once

#include <gst/gst.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace naclip::pipelines {

/// One decoded frame.
struct Frame {
  GstClockTime time = 0;          ///< presentation time, ns
  std::vector<std::uint8_t> rgb;  ///< [height, width, 3], rows not padded
};

/// A decoded file.
struct Recording {
  int width = 0;
  int height = 0;
  std::vector<Frame> frames;
};

/// A file's decoded sound, mixed to one channel at 48000 samples a second.
struct Sound {
  static constexpr int kRate = 48000;
  int channels = 0;            ///< before mixing
  GstClockTime begin = 0;      ///< time of the first sample, ns
  std::vector<float> samples;  ///< -1..1; gaps are silence

  /// When it becomes loud after a tenth of a second of silence, ns.
  std::vector<GstClockTime> onsets() const;
};

/// Decodes a video or a picture whole. Throws std::runtime_error where GStreamer reports an error.
Recording read_recording(const std::string &path);

/// Whether the muxer was told of the end: only then the size of a Matroska file's segment is known,
/// and its header has duration and index.
bool is_finished_matroska(const std::string &path);

/// The presentation times of a file's decoded frames; of any length, since no frame is kept.
std::vector<GstClockTime> read_times(const std::string &path);

/// Times of `count` frames, `step` ns apart.
std::vector<GstClockTime> even_times(std::size_t count, GstClockTime step = 100 * GST_MSECOND);

/// Decodes the first audio track; without samples where there is none.
Sound read_sound(const std::string &path);

/// Runs a launch line to its end. Throws std::runtime_error where it fails.
void run_line(const std::string &line);

/// Has an MP4 file's video track say that it is to be turned by 90 degrees clockwise, as telephones
/// do.
void turn_clockwise(const std::string &path);

/// Writes a Matroska file of JPEG frames, a gradient that moves, of those presentation times,
/// whole milliseconds. Its header declares a frame rate where they are even.
void write_clip(const std::string &path, int width, int height,
                const std::vector<GstClockTime> &times);

/// Mean red, green and blue of the rectangle [left, right) x [top, bottom), 0..255.
std::array<double, 3> mean_colour(const Recording &recording, const Frame &frame, int left, int top,
                                  int right, int bottom);

/// Mean absolute difference of two frames of equal size, 0..255.
double difference(const Frame &one, const Frame &other);

}  // namespace naclip::pipelines
