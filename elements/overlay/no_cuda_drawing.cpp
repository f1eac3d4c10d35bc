// In the place of cuda_drawing.cpp where GstCuda was not found.
#include "elements/overlay/cuda_drawing.h"
#include "model/error.h"

namespace naclip {

struct CudaDrawing::Impl {};

CudaDrawing::CudaDrawing() = default;
CudaDrawing::~CudaDrawing() = default;

void CudaDrawing::draw(GstBuffer *, const GstVideoInfo &, std::span<const OverlayLayer *const>) {
  throw Error(ErrorKind::kDevice,
              "This plugin was built without GstCuda. Install libgstreamer-plugins-bad1.0-dev and "
              "the CUDA toolkit's headers, and build it again.",
              "no gstreamer-cuda-1.0 at build time");
}

void CudaDrawing::clear() {}

}  // namespace naclip
