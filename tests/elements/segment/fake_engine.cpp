#include "fake_engine.h"

#include <mutex>

namespace naclip::testing {
namespace {

std::mutex mutex;
std::shared_ptr<FakeControl> control = std::make_shared<FakeControl>();

}  // namespace

std::shared_ptr<FakeControl> fresh_fake_engine() {
  const std::lock_guard lock(mutex);
  control = std::make_shared<FakeControl>();
  return control;
}

}  // namespace naclip::testing

extern "C" NACLIP_API naclip::Segmenter *naclip_load_segmenter(
    int, const naclip::ModelOptions *options) {
  using namespace naclip::testing;
  if (options->device == "cuda")
    throw naclip::Error(naclip::ErrorKind::kDevice, "This machine has no CUDA");
  const auto own = [] {
    const std::lock_guard lock(mutex);
    return control;
  }();
  own->load();
  return new FakeSegmenter(own);
}
