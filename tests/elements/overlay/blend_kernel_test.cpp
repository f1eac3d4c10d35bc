// The overlay's kernel compiles with NVRTC, which needs no GPU; skipped where there is no libnvrtc.
#include "elements/overlay/blend_kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "elements/overlay/blend.cuh"
#include "model/cuda/kernel_compiler.h"
#include "model/error.h"

namespace naclip {
namespace {

TEST(BlendKernel, CompilesAndTakesWhatTheHostHandsOver) {
  std::vector<int> known;
  try {
    known = nvrtc_architectures();
  } catch (const Error &error) {
    GTEST_SKIP() << error.what();
  }
  const CompiledKernels own = compile_kernels(blend_kernel_source(), known.front());
  EXPECT_NE(std::string_view(own.image.data(), own.image.size()).find(kBlendKernel),
            std::string_view::npos);
  // A device newer than all that NVRTC knows gets PTX, which can be read.
  const CompiledKernels ptx = compile_kernels(blend_kernel_source(), known.back() + 100);
  const std::string text(ptx.image.data());
  EXPECT_NE(text.find(".entry naclip_blend("), std::string::npos);
  EXPECT_NE(text.find("naclip_blend_param_0[" + std::to_string(sizeof(kernel::Blend)) + "]"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace naclip
