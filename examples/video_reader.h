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

  /// What the pipeline says of its failure; empty where there was none.
  const std::string &error() const { return error_; }
  /// The element of that name in `decoder`, to be set up before the first next(); null where there
  /// is none. The caller owns it.
  GstElement *element(const char *name) const;

 private:
  GstElement *pipeline_ = nullptr;
  GstElement *sink_ = nullptr;
  bool started_ = false;
  std::string error_;
};

}  // namespace naclip::examples
