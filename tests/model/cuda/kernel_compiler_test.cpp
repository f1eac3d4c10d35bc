// The kernels compile with NVRTC, which needs no GPU; skipped where there is no libnvrtc.
#include "model/cuda/kernel_compiler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <regex>
#include <string_view>

#include "model/cuda/kernel_arguments.h"
#include "model/cuda/kernel_source.h"
#include "model/error.h"

namespace naclip {
namespace {

constexpr std::array kEntryPoints{"naclip_preprocess",
                                  "naclip_shrink",
                                  "naclip_stitch",
                                  "naclip_refine_weights",
                                  "naclip_refine_step_1",
                                  "naclip_refine_step_2",
                                  "naclip_refine_step_3",
                                  "naclip_refine_step_many",
                                  "naclip_stretch_half",
                                  "naclip_refine_step_half",
                                  "naclip_decode",
                                  "naclip_decode_half",
                                  "naclip_add_and_normalise_float32",
                                  "naclip_add_and_normalise_bfloat16",
                                  "naclip_add_and_normalise_float16",
                                  "naclip_quick_gelu_float32",
                                  "naclip_quick_gelu_bfloat16",
                                  "naclip_quick_gelu_float16",
                                  "naclip_gelu_float32",
                                  "naclip_gelu_bfloat16",
                                  "naclip_gelu_float16"};

TEST(NvrtcPlaces, OfLibtorchsOwnRunTimeGoBeforeTheSystems) {
  const auto places = nvrtc_places("/site/nvidia/cu13/lib");
  const auto rank = [&](const char *place) {
    return std::find(places.begin(), places.end(), place) - places.begin();
  };
  EXPECT_EQ(rank("/site/nvidia/cu13/lib/libnvrtc.so.13"), 0);
  EXPECT_LT(rank("/site/nvidia/cu13/lib/../../cuda_nvrtc/lib/libnvrtc.so.12"),
            rank("libnvrtc.so.13"));
  EXPECT_LT(rank("libnvrtc.so.12"), rank("/usr/local/cuda/lib64/libnvrtc.so"));
  EXPECT_LT(rank("/usr/local/cuda/lib64/libnvrtc.so"), std::ssize(places));
}

TEST(NvrtcPlaces, WithoutARunTimeAreTheSystemsAlone) {
  EXPECT_EQ(nvrtc_places("").front(), "libnvrtc.so.13");
}

class KernelCompiler : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      known_ = nvrtc_architectures();
    } catch (const Error &error) {
      GTEST_SKIP() << error.what();
    }
  }

  static void expect_entry_points(const CompiledKernels &kernels, const std::string &prefix) {
    const std::string_view image(kernels.image.data(), kernels.image.size());
    for (const std::string name : kEntryPoints)
      EXPECT_NE(image.find(prefix + name), std::string_view::npos)
          << name << " for " << kernels.architecture;
  }

  /// Prints each kernel's registers, too.
  static void expect_no_spills(const CompiledKernels &kernels) {
    const std::regex pattern(
        "entry function '(\\w+)'[^]*?(\\d+) bytes spill stores, (\\d+) bytes spill loads[^]*?Used "
        "(\\d+) registers");
    std::size_t told = 0;
    std::printf("%s, registers:", kernels.architecture.c_str());
    for (std::sregex_iterator match(kernels.log.begin(), kernels.log.end(), pattern), end;
         match != end; ++match, ++told) {
      std::printf(" %s %s", (*match)[1].str().c_str(), (*match)[4].str().c_str());
      EXPECT_EQ((*match)[2].str() + " " + (*match)[3].str(), "0 0") << (*match)[1];
    }
    std::printf("\n");
    EXPECT_EQ(told, kEntryPoints.size()) << kernels.log;
  }

  std::vector<int> known_;
};

TEST_F(KernelCompiler, MakesOwnCodeForTheDevicesOfSeveralGenerations) {
  int compiled = 0;
  for (const int capability : {70, 75, 80, 86, 89, 90, 100, 103, 120, 121}) {
    if (std::find(known_.begin(), known_.end(), capability) == known_.end()) continue;
    const CompiledKernels kernels = compile_kernels(kernel_source(), capability);
    EXPECT_EQ(kernels.architecture, "sm_" + std::to_string(capability));
    ASSERT_GE(kernels.image.size(), 4U);
    EXPECT_EQ(std::string_view(kernels.image.data(), 4), "\177ELF");
    expect_entry_points(kernels, ".text.");
    expect_no_spills(kernels);
    ++compiled;
  }
  EXPECT_GE(compiled, 2) << "NVRTC knows hardly any of the generations";
}

TEST_F(KernelCompiler, MakesPtxOfTheNewestItKnowsForADeviceThatIsNewer) {
  const CompiledKernels kernels = compile_kernels(kernel_source(), known_.back() + 100);
  EXPECT_EQ(kernels.architecture, "compute_" + std::to_string(known_.back()));
  expect_entry_points(kernels, ".entry ");
}

/// The bytes of each parameter of a kernel, out of PTX such as `.param .align 8 .b8
/// name_param_0[48]` and `.param .u32 name_param_1`.
std::vector<std::size_t> parameter_bytes(const std::string &ptx, const std::string &kernel) {
  std::vector<std::size_t> sizes;
  const std::regex pattern("\\.param (?:\\.align \\d+ )?\\.([a-z])(\\d+)[^,\\n]*?" + kernel +
                           "_param_\\d+(?:\\[(\\d+)\\])?,?\\n");
  for (std::sregex_iterator match(ptx.begin(), ptx.end(), pattern), end; match != end; ++match)
    sizes.push_back((*match)[3].matched ? std::stoul((*match)[3]) : std::stoul((*match)[2]) / 8);
  return sizes;
}

template <class... Each>
std::vector<std::size_t> bytes_of(std::tuple<Each...> *) {
  return {sizeof(Each)...};
}

TEST_F(KernelCompiler, GivesArgumentsTheSizesThatTheHostHandsOver) {
  const CompiledKernels kernels = compile_kernels(kernel_source(), known_.back() + 100);
  const std::string ptx(kernels.image.data());
  const auto expect = [&]<class Arguments>(const char *name, Arguments *arguments) {
    EXPECT_EQ(parameter_bytes(ptx, name), bytes_of(arguments)) << name;
  };
  expect("naclip_preprocess", static_cast<PreprocessArguments *>(nullptr));
  expect("naclip_shrink", static_cast<ShrinkArguments *>(nullptr));
  expect("naclip_refine_weights", static_cast<WeightsArguments *>(nullptr));
  expect("naclip_refine_step_2", static_cast<StepArguments *>(nullptr));
  expect("naclip_refine_step_many", static_cast<StepArguments *>(nullptr));
  expect("naclip_stretch_half", static_cast<StretchHalfArguments *>(nullptr));
  expect("naclip_refine_step_half", static_cast<StepHalfArguments *>(nullptr));
  expect("naclip_stitch", static_cast<StitchArguments *>(nullptr));
  expect("naclip_decode", static_cast<DecodeArguments<float> *>(nullptr));
  expect("naclip_decode_half", static_cast<DecodeArguments<kernel::Half> *>(nullptr));
  expect("naclip_add_and_normalise_float16", static_cast<AddAndNormaliseArguments *>(nullptr));
  expect("naclip_quick_gelu_bfloat16", static_cast<ActivationArguments *>(nullptr));
  expect("naclip_gelu_float16", static_cast<ActivationArguments *>(nullptr));
}

TEST_F(KernelCompiler, RefusesADeviceOlderThanAllItKnows) {
  try {
    compile_kernels(kernel_source(), known_.front() - 1);
    FAIL() << "compiled for a device that it does not know";
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDevice);
  }
}

}  // namespace
}  // namespace naclip
