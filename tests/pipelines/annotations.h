// Recordings with annotations, read as docs/recordings.md tells.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <string>
#include <vector>

namespace naclip::pipelines {

/// One decoded frame of region ids.
struct Labels {
  GstClockTime time = 0;              ///< ns
  std::vector<std::uint16_t> pixels;  ///< [height, width]
  int width = 0, height = 0;
};

/// The messages of one frame.
struct FrameMessages {
  GstClockTime time = 0;           ///< of the buffer, ns
  std::vector<std::string> lines;  ///< JSON
};

struct Annotated {
  std::vector<GstClockTime> pictures;  ///< times of the frames of the first video track, ns
  bool begins_with_keyframe = false;
  std::string label_format;  ///< of the second one, such as GRAY8
  std::vector<Labels> labels;
  std::vector<FrameMessages> messages;
  std::vector<std::string> titles;  ///< of the tracks, in the file's order

  /// All messages of a type, such as event.
  std::vector<std::string> of_type(const std::string &type) const;
  /// Times of the frames that have a message of that type.
  std::vector<GstClockTime> times_of(const std::string &type) const;
};

/// Reads a file of three tracks. Throws std::runtime_error where it is none.
Annotated read_annotated(const std::string &path);

/// Region ids of a launch line's output, which ends with naclipmask or a filter behind it.
std::vector<Labels> labels_of_line(const std::string &line);

/// The integer that a JSON text has at a name, the first one; -1 where it has none.
std::int64_t integer_at(const std::string &json, const std::string &name);

/// Fails the test where the file's tracks are not in step: each picture has labels and messages of
/// its time, and they are of the schema.
void expect_in_sync(const Annotated &recording);

}  // namespace naclip::pipelines
