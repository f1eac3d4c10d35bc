#include "cuda_frame.h"
#include "cuda_mapping.h"

namespace naclip {

namespace {

bool is_on(GstBuffer *frame, const std::string &engine_device) {
  const int device = cuda_device_of(frame);
  return device >= 0 && engine_device == "cuda:" + std::to_string(device);
}

GstMapFlags mapping_for(GstBuffer *frame, const std::string &engine_device) {
  return is_on(frame, engine_device) ? map_on_device(frame) : GST_MAP_READ;
}

}  // namespace

EngineFrame::EngineFrame(GstBuffer *frame, const GstVideoInfo &info,
                         const std::string &engine_device)
    : mapped_(frame, info, mapping_for(frame, engine_device)), picture_(mapped_.picture()) {
  if (is_on(frame, engine_device)) picture_.cuda_device = cuda_device_of(frame);
}

}  // namespace naclip
