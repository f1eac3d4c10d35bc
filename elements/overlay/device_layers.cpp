#include "elements/overlay/device_layers.h"

#include <algorithm>
#include <utility>

namespace naclip {

void DeviceLayers::update(std::span<const OverlayLayer *const> layers) {
  std::vector<Copy> last = std::exchange(copies_, {});
  // What is gone leaves its memory to what is new.
  std::vector<Block> spare;
  for (Copy &copy : last) {
    const bool stays = std::any_of(layers.begin(), layers.end(), [&](const OverlayLayer *layer) {
      return layer->drawing() == copy.drawing;
    });
    if (stays) continue;
    for (Plane &plane : copy.planes) spare.push_back(std::move(plane.block));
  }
  for (const OverlayLayer *layer : layers) {
    const auto known = std::find_if(last.begin(), last.end(), [&](const Copy &copy) {
      return copy.drawing == layer->drawing();
    });
    copies_.push_back(known != last.end() ? std::move(*known) : upload(*layer, spare));
  }
}

/// The smallest spare block that is large enough, or a new one.
DeviceLayers::Block DeviceLayers::take_block(std::size_t size, std::vector<Block> &spare) {
  auto best = spare.end();
  for (auto block = spare.begin(); block != spare.end(); ++block)
    if (block->size >= size && (best == spare.end() || block->size < best->size)) best = block;
  if (best == spare.end())
    return {std::unique_ptr<std::uint8_t, Release>(device_.allocate(size), Release{&device_}),
            size};
  Block taken = std::move(*best);
  spare.erase(best);
  return taken;
}

DeviceLayers::Copy DeviceLayers::upload(const OverlayLayer &layer, std::vector<Block> &spare) {
  Copy copy{layer.drawing(), {}};
  for (const Texture &texture : layer.textures()) {
    copy.planes.push_back({texture.area, take_block(texture.bytes.size(), spare)});
    device_.upload(texture, copy.planes.back().block.memory.get());
  }
  return copy;
}

void DeviceLayers::draw(const Canvas &canvas) const {
  for (const Copy &copy : copies_)
    for (const auto &[area, block] : copy.planes) {
      const auto plane = static_cast<std::size_t>(area.plane);
      const std::uint8_t *colour = block.memory.get();
      device_.blend(
          {canvas.planes[plane] + area.row * canvas.strides[plane] + area.begin,
           canvas.strides[plane], colour,
           colour + static_cast<std::size_t>(area.width) * static_cast<std::size_t>(area.height),
           area.width, area.height});
    }
}

}  // namespace naclip
