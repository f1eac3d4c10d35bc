#include "model/stages/input_pool.h"

#include <algorithm>
#include <utility>

namespace naclip {

namespace {

// Some streams' inputs in work and in line. 1.8 MB each at the default size.
constexpr std::size_t kMostSpares = 32;

}  // namespace

at::Tensor InputPool::take(PictureSize size) {
  std::unique_ptr<float[]> memory;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(spares_.begin(), spares_.end(),
                                    [&](const Spare &spare) { return spare.size == size; });
    if (found != spares_.end()) {
      memory = std::move(found->memory);
      spares_.erase(found);
    }
  }
  const auto count =
      std::size_t{3} * static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width);
  if (!memory) memory.reset(new float[count]);
  float *data = memory.release();
  return at::from_blob(
      data, {1, 3, size.height, size.width},
      [pool = weak_from_this(), size](void *block) {
        std::unique_ptr<float[]> returned(static_cast<float *>(block));
        if (const auto alive = pool.lock()) alive->give_back(std::move(returned), size);
      },
      at::kFloat);
}

void InputPool::give_back(std::unique_ptr<float[]> memory, PictureSize size) {
  std::unique_ptr<float[]> oldest;  // freed once the lock is given back
  const std::lock_guard lock(mutex_);
  if (spares_.size() == kMostSpares) {
    oldest = std::move(spares_.front().memory);
    spares_.pop_front();
  }
  spares_.push_back({size, std::move(memory)});
}

}  // namespace naclip
