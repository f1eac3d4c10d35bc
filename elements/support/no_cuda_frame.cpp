// In the place of cuda_frame.cpp where GstCuda was not found.
#include "elements/support/cuda_frame.h"
#include "elements/support/cuda_mapping.h"

namespace naclip {

struct CudaSharing::Impl {};

CudaSharing::CudaSharing() : impl_(nullptr) {}
CudaSharing::~CudaSharing() = default;
void CudaSharing::offer(GstElement *, const std::string &) {}
void CudaSharing::set_context(GstElement *, GstContext *, const std::string &) {}
bool CudaSharing::query(GstElement *, GstQuery *) {
  return false;
}
void CudaSharing::forget() {}

int cuda_device_of(GstBuffer *) {
  return -1;
}

GstMapFlags flags_on_device() {
  return GST_MAP_READ;
}

void wait_until_written(GstBuffer *) {}

}  // namespace naclip
