// Drawings in the memory of a GPU: uploaded when they change, laid over frames that lie there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "elements/drawing/layer.h"
#include "elements/overlay/blend.cuh"
#include "elements/support/canvas.h"

namespace naclip {

/// What drawing asks of a GPU, which does one thing after another. All but release() throw Error
/// where it fails.
class BlendDevice {
 public:
  virtual ~BlendDevice() = default;

  /// Room for `bytes` >= 1 bytes, at an address of the GPU's.
  virtual std::uint8_t *allocate(std::size_t bytes) = 0;
  virtual void release(std::uint8_t *memory) noexcept = 0;

  /// Copies a texture's bytes to `memory`; they have been read on return.
  virtual void upload(const Texture &texture, std::uint8_t *memory) = 0;

  /// Runs blend_byte() on each byte of the rectangle; addresses are the GPU's.
  virtual void blend(const kernel::Blend &blend) = 0;
};

/// Copies of drawings on a device, which must outlive this object. Memory is used again for the
/// drawings that follow.
class DeviceLayers {
 public:
  explicit DeviceLayers(BlendDevice &device) : device_(device) {}

  /// Uploads those of `layers` that were drawn anew since the last call, and forgets all others
  /// that there were. Throws Error as BlendDevice does.
  void update(std::span<const OverlayLayer *const> layers);

  /// Lays them over a frame, in the order of update(). `canvas` is one that the layers were drawn
  /// for; its planes are the GPU's addresses.
  void draw(const Canvas &canvas) const;

 private:
  struct Release {
    BlendDevice *device;
    void operator()(std::uint8_t *memory) const noexcept { device->release(memory); }
  };
  struct Block {
    std::unique_ptr<std::uint8_t, Release> memory;
    std::size_t size;
  };
  struct Plane {
    TextureArea area;
    Block block;
  };
  struct Copy {
    std::uint64_t drawing;
    std::vector<Plane> planes;
  };

  Copy upload(const OverlayLayer &layer, std::vector<Block> &spare);
  Block take_block(std::size_t size, std::vector<Block> &spare);

  BlendDevice &device_;
  std::vector<Copy> copies_;
};

}  // namespace naclip
