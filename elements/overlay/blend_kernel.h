// The text of blend.cu and what it includes, which is compiled at run time.
#pragma once

namespace naclip {

/// The name of the kernel; it takes one kernel::Blend.
inline constexpr const char *kBlendKernel = "naclip_blend";

/// CUDA C++, complete in itself.
const char *blend_kernel_source();

}  // namespace naclip
