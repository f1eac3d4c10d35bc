// Frames in a GPU's memory (memory:CUDAMemory). Everything here is there in builds without GstCuda
// too: such frames are then read like any other, which GStreamer answers by copying them to host
// memory.
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <optional>
#include <string>

#include "elements/support/mapped_frame.h"
#include "model/picture.h"

namespace naclip {

/// An element's part in agreeing on one CUDA context with its neighbours (GstContext
/// "gst.cuda.context"). Its methods are the bodies of the vfuncs of that name; they do nothing
/// where there is no GstCuda or no driver.
class CudaSharing {
 public:
  CudaSharing();
  ~CudaSharing();
  CudaSharing(const CudaSharing &) = delete;
  CudaSharing &operator=(const CudaSharing &) = delete;

  /// NULL -> READY, before decoders upstream ask: offers the context that libtorch computes in, so
  /// that decoders fill memory that the model reads where it lies. `device` as the element's
  /// property: cpu offers nothing.
  void offer(GstElement *element, const std::string &device);
  void set_context(GstElement *element, GstContext *context, const std::string &device);
  /// True where the query was answered.
  bool query(GstElement *element, GstQuery *query);
  /// READY -> NULL.
  void forget();

 private:
  struct Impl;
  Impl *impl_;
};

/// The CUDA device whose memory all of a frame lies in; -1: none, or unknown here.
int cuda_device_of(GstBuffer *frame);

/// A frame as the engine reads it: on the GPU where frame and engine are on the same one, else in
/// host memory.
class EngineFrame {
 public:
  /// `engine_device` as ModelInfo::device; empty where the engine reads host memory alone. A frame on the GPU is waited for until it is written.
  /// Throws as MappedFrame does.
  EngineFrame(GstBuffer *frame, const GstVideoInfo &info, const std::string &engine_device);

  const Picture &picture() const { return picture_; }

 private:
  EngineFrame(GstBuffer *frame, const GstVideoInfo &info, int device);

  MappedFrame mapped_;
  Picture picture_;
};

}  // namespace naclip
