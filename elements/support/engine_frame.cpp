#include "elements/support/cuda_frame.h"
#include "elements/support/cuda_mapping.h"

namespace naclip {

namespace {

/// The device that frame and engine share; -1: none.
int shared_device(GstBuffer *frame, const std::string &engine_device) {
  const int device = cuda_device_of(frame);
  return device >= 0 && engine_device == "cuda:" + std::to_string(device) ? device : -1;
}

}  // namespace

EngineFrame::EngineFrame(GstBuffer *frame, const GstVideoInfo &info,
                         const std::string &engine_device)
    : EngineFrame(frame, info, shared_device(frame, engine_device)) {}

EngineFrame::EngineFrame(GstBuffer *frame, const GstVideoInfo &info, int device)
    : mapped_(frame, info, device >= 0 ? flags_on_device() : GST_MAP_READ),
      picture_(mapped_.picture()) {
  picture_.cuda_device = device;
  if (device >= 0) wait_until_written(frame);
}

}  // namespace naclip
