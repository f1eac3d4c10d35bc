#include <c10/cuda/CUDAStream.h>

#include <cstring>

#include "model/cuda/driver.h"
#include "model/cuda/kernels.h"
#include "model/cuda/operations.h"
#include "model/cuda/preprocess_arguments.h"
#include "model/error.h"
#include "model/kernels/preprocess.h"

namespace naclip::cuda {

namespace {

constexpr int kPointerContext = 1;  // of CUpointer_attribute
// Planes begin at such multiples in a copy, so that reads do not straddle lines of the cache.
constexpr std::ptrdiff_t kAlignment = 256;

/// Where each plane begins in one piece of memory, and what that takes.
struct Placement {
  std::vector<std::ptrdiff_t> offsets;
  std::ptrdiff_t bytes = 0;

  void add(std::ptrdiff_t plane_bytes) {
    offsets.push_back(bytes);
    bytes += (plane_bytes + kAlignment - 1) / kAlignment * kAlignment;
  }
};

at::Tensor bytes_on(const at::Device &device, std::ptrdiff_t count) {
  return at::empty({count}, at::TensorOptions().dtype(at::kByte).device(device));
}

void place(Picture &picture, const at::Tensor &memory, const Placement &placement) {
  for (std::size_t plane = 0; plane < placement.offsets.size(); ++plane)
    picture.planes[plane] = memory.data_ptr<std::uint8_t>() + placement.offsets[plane];
}

/// A picture of host memory on the device, rows no longer padded. `memory` keeps it.
Picture upload(const Picture &picture, const at::Device &device, at::Tensor &memory) {
  const auto shapes = plane_shapes(picture);
  Placement placement;
  for (const PlaneShape &shape : shapes) placement.add(shape.rows * shape.row_bytes);
  const at::Tensor pinned =
      at::empty({placement.bytes}, at::TensorOptions().dtype(at::kByte).pinned_memory(true));
  Picture result = picture;
  for (std::size_t plane = 0; plane < shapes.size(); ++plane) {
    const auto &[rows, row_bytes] = shapes[plane];
    std::uint8_t *target = pinned.data_ptr<std::uint8_t>() + placement.offsets[plane];
    for (int y = 0; y < rows; ++y, target += row_bytes)
      std::memcpy(target, picture.planes[plane] + y * picture.strides[plane],
                  static_cast<std::size_t>(row_bytes));
    result.strides[plane] = row_bytes;
  }
  memory = pinned.to(device, /*non_blocking=*/true);
  place(result, memory, placement);
  return result;
}

/// The context that owns device memory; null where no single one does, as with memory that was
/// mapped for a device.
Context context_of(const std::uint8_t *pointer) {
  Context context = nullptr;
  const int result =
      driver().pointer_attribute(&context, kPointerContext, reinterpret_cast<Pointer>(pointer));
  return result == 0 ? context : nullptr;
}

/// A picture of another context's memory in libtorch's.
Picture copy_over(const Picture &picture, const at::Device &device, Context owner,
                  at::Tensor &memory) {
  const auto shapes = plane_shapes(picture);
  Placement placement;
  std::vector<std::ptrdiff_t> sizes;
  for (std::size_t plane = 0; plane < shapes.size(); ++plane) {
    if (picture.strides[plane] < shapes[plane].row_bytes)
      throw Error(ErrorKind::kSettings, "A picture on a GPU needs rows from top to bottom");
    sizes.push_back((shapes[plane].rows - 1) * picture.strides[plane] + shapes[plane].row_bytes);
    placement.add(sizes.back());
  }
  memory = bytes_on(device, placement.bytes);
  Picture result = picture;
  place(result, memory, placement);
  const Stream stream = c10::cuda::getCurrentCUDAStream(device.index()).stream();
  for (std::size_t plane = 0; plane < shapes.size(); ++plane)
    require_success(driver().copy_between_contexts(
                        reinterpret_cast<Pointer>(result.planes[plane]), primary_context(device),
                        reinterpret_cast<Pointer>(picture.planes[plane]), owner,
                        static_cast<std::size_t>(sizes[plane]), stream),
                    "to copy a picture");
  return result;
}

Picture on_device(const Picture &picture, const at::Device &device, at::Tensor &memory) {
  if (picture.cuda_device < 0) return upload(picture, device, memory);
  if (picture.cuda_device != device.index())
    throw Error(ErrorKind::kDevice,
                "The picture lies on cuda:" + std::to_string(picture.cuda_device) +
                    ", the model on " + device.str());
  if (picture.ready_event != nullptr)
    require_success(driver().wait_event(c10::cuda::getCurrentCUDAStream(device.index()).stream(),
                                        picture.ready_event, 0),
                    "to wait for a picture");
  const Context owner = context_of(picture.planes[0]);
  return owner == nullptr || owner == primary_context(device)
             ? picture
             : copy_over(picture, device, owner, memory);
}

}  // namespace

at::Tensor preprocess(const Picture &picture, PictureSize size, const at::Device &device) {
  const Kernels *kernels = Kernels::of(device);
  if (kernels == nullptr) {
    if (picture.cuda_device >= 0)
      throw Error(ErrorKind::kDevice, "Pictures on a GPU need its kernels, which cannot be had",
                  Kernels::failure_of(device));
    const at::Tensor host = at::empty({1, 3, size.height, size.width}, at::kFloat);
    kernels::preprocess(picture, size, host.data_ptr<float>());
    return host.to(device);
  }
  at::Tensor memory;
  const Picture placed = on_device(picture, device, memory);
  at::Tensor result = at::empty({1, 3, size.height, size.width},
                                at::TensorOptions().dtype(at::kFloat).device(device));
  kernels->preprocess(kernel_frame(placed), size.height, size.width, result.data_ptr<float>());
  return result;
}

std::vector<std::uint8_t> shrink(const Picture &picture, int factor, const at::Device &device) {
  const Kernels *kernels = Kernels::of(device);
  if (kernels == nullptr || picture.cuda_device < 0)
    throw Error(ErrorKind::kDevice, "Only pictures on a GPU are shrunk there, by its kernels",
                Kernels::failure_of(device));
  at::Tensor memory;
  const Picture placed = on_device(picture, device, memory);
  const int step = layout_of(picture.format).channels[0].step;
  const int height = picture.height / factor, width = picture.width / factor;
  const at::Tensor small = bytes_on(device, std::ptrdiff_t{height} * width * step);
  kernels->shrink(placed.planes[0], placed.strides[0], step, factor, height, width,
                  small.data_ptr<std::uint8_t>());
  const at::Tensor host =
      at::empty(small.sizes(), at::TensorOptions().dtype(at::kByte).pinned_memory(true));
  host.copy_(small, /*non_blocking=*/true);
  wait(device);
  const std::uint8_t *bytes = host.data_ptr<std::uint8_t>();
  return {bytes, bytes + host.numel()};
}

}  // namespace naclip::cuda
