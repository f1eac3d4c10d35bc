// Video files, buffer by buffer.
#pragma once

#include <gst/gst.h>

#include <string>

namespace naclip::examples {

/// A file whose buffers are pulled one by one.
class VideoReader {
 public:
  /// `decoder` is the part of a launch line between the file and the sink. Throws
  /// std::runtime_error where an element of it is missing.
  VideoReader(const std::string &path, const std::string &decoder);
  ~VideoReader();
  VideoReader(const VideoReader &) = delete;
  VideoReader &operator=(const VideoReader &) = delete;

  /// The next buffer; null at the end and where the file cannot be read on. The caller owns it.
  GstSample *next();

 private:
  GstElement *pipeline_ = nullptr;
  GstElement *sink_ = nullptr;
};

}  // namespace naclip::examples
