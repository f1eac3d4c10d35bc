// What a frame's scores take, and what is refused before it is tried.
#include "model/engine/memory_limit.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "model/stages/refine.h"
#include "model/stages/tlp.h"

namespace naclip {
namespace {

constexpr std::int64_t kGigabyte = 1'000'000'000;

FrameShape shape(std::int64_t words) {
  FrameShape result{words, {224, 224}, 16, {}, 1.0};
  result.options.input_size = 224;
  result.options.window_size = 112;
  result.options.window_stride = 56;
  return result;
}

std::string refusal(MemoryLimit &limit, const FrameShape &shape) {
  try {
    limit.require_fit(shape);
    return "";
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMemory);
    return error.what();
  }
}

TEST(FrameBytes, AreThoseOfTheMapsThatAreAlive) {
  // Per word: the stitched map, lines of 224 + 16; and two of lines of 16 + 224 + 16 + 16, since
  // the widest dilation is 16; nine windows of 7 x 7 patches twice.
  const std::int64_t per_word = 4 * (224 * 240 + 2 * 224 * 272 + 2 * 9 * 49);
  EXPECT_EQ(frame_bytes(shape(10001)) - frame_bytes(shape(10000)), per_word);
  // Beside them the picture, and 16 weights a pixel.
  EXPECT_EQ(frame_bytes(shape(10000)), 10000 * per_word + 4 * 224 * (3 * 272 + 16 * 224));
  FrameShape plain = shape(100);
  plain.options.refine_steps = 0;
  EXPECT_EQ(frame_bytes(plain), 4 * 100 * (224 * 240 + 2 * 9 * 49));
  plain.options.window_size = 0;
  EXPECT_EQ(frame_bytes(plain), 4 * 100 * 2 * 14 * 14);
  plain.options.smoothing = 0.5;
  EXPECT_EQ(frame_bytes(plain), 4 * 100 * (2 * 14 * 14 + 4 * 224 * 224));
  FrameShape comparing = shape(100);
  comparing.pair_matrices = 3;  // of 49 x 49 patches in each of nine windows
  EXPECT_EQ(frame_bytes(comparing) - frame_bytes(shape(100)), 3 * 4 * 9 * 49 * 49);
  FrameShape large = shape(100);
  large.options.mask_size = MaskSize::kFrame;
  large.frame = {448, 448};
  EXPECT_GT(frame_bytes(large), 2 * frame_bytes(shape(100)));
}

TEST(FrameBytes, OfRefinementAreWhatItTakes) {
  // The layout tells: the last element of a map, and the memory before it.
  const std::int64_t queries = 7, side = 50;
  const at::Tensor refined =
      refine(at::randn({1, 3, side, side}), at::randn({1, queries, side, side}), 1, {8, 16});
  const std::int64_t one_map = 4 * refined.stride(2) * side;
  const std::int64_t rest = 4 * (3 * refined.stride(1) * side + 16 * 64 * side);
  EXPECT_EQ(Refiner::bytes(queries, side, side, {8, 16}), 2 * one_map + rest);
}

TEST(FrameBytes, OfPropagationAreThoseOfItsGrid) {
  // 224 x 224 pixels: blocks of 3, a grid of 74 lines of 16 + 80 + 16 + 16. Four maps a word, the
  // picture, and what binds pixels.
  FrameShape unrefined = shape(100), tlp = unrefined, both = unrefined, pamr = unrefined;
  unrefined.options.refine = Refine::kNone;
  tlp.options.refine = Refine::kTlp;
  both.options.refine = Refine::kTlpPamr;
  const std::int64_t grid = 4 * 74 * 128 * (4 * 100 + 3 + 4);
  EXPECT_EQ(frame_bytes(tlp) - frame_bytes(unrefined), grid);
  EXPECT_EQ(frame_bytes(both) - frame_bytes(pamr), grid);
  tlp.options.smoothing = unrefined.options.smoothing = 0.5;
  EXPECT_EQ(frame_bytes(tlp) - frame_bytes(unrefined), grid - 4 * 100 * 4 * (224 * 224 - 74 * 74));
  // The layout tells what a map takes.
  const at::Tensor propagated = Propagator().propagate(
      at::randn({1, 3, 224, 224}), at::randn({1, 7, 224, 224}), at::randn({7, 4}), 224, 224);
  EXPECT_EQ(Propagator::bytes(7, 224, 224),
            4 * 74 * (propagated.stride(2) * 4 + propagated.stride(1) * 7));
}

TEST(MemoryLimits, LetPassWhatFits) {
  MemoryLimit limit([] { return 16 * kGigabyte; });
  EXPECT_EQ(refusal(limit, shape(10000)), "");
}

TEST(MemoryLimits, RefuseWhatDoesNotAndSayWhatWould) {
  MemoryLimit limit([] { return 4 * kGigabyte; });
  const std::string text = refusal(limit, shape(10000));
  EXPECT_NE(text.find("10000 words at input-size=224 need 7.1 GB"), std::string::npos) << text;
  EXPECT_NE(text.find("3.0 GB can be had"), std::string::npos) << text;
  EXPECT_NE(text.find("refine-steps=0"), std::string::npos) << text;
  int words = 0, side = 0;
  ASSERT_EQ(std::sscanf(text.c_str() + text.find("at most"), "at most %d words", &words), 1)
      << text;
  EXPECT_EQ(refusal(limit, shape(words)), "");
  MemoryLimit fresh([] { return 4 * kGigabyte; });
  EXPECT_NE(refusal(fresh, shape(words + 1)), "");
  ASSERT_EQ(std::sscanf(text.c_str() + text.find("input-size=", text.find("take")), "input-size=%d",
                        &side),
            1);
  FrameShape smaller = shape(10000);
  smaller.options.input_size = side;
  EXPECT_EQ(refusal(fresh, smaller), "");
}

TEST(MemoryLimits, CountWhatIsHeldAlreadyAsTheirs) {
  std::int64_t available = 16 * kGigabyte;
  MemoryLimit limit([&] { return available; });
  EXPECT_EQ(refusal(limit, shape(10000)), "");
  available -= frame_bytes(shape(10000));  // which is kept for the next frame
  available -= 8 * kGigabyte;
  EXPECT_EQ(refusal(limit, shape(10000)), "");
  EXPECT_NE(refusal(limit, shape(20000)), "");
}

class AvailableMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ =
        std::filesystem::path(::testing::TempDir()) / ("naclip-memory-" + std::to_string(getpid()));
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void write(const std::string &path, const std::string &text) const {
    const auto file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::int64_t found() const { return available_memory(root_.string()); }

  std::filesystem::path root_;
};

TEST_F(AvailableMemory, IsTheSystemsWhereNothingElseLimitsIt) {
  EXPECT_GT(found(), std::int64_t{1} << 60) << "nothing is known";
  write("proc/meminfo", "MemTotal:  9000 kB\nMemAvailable:   7000 kB\n");
  EXPECT_EQ(found(), 7000 * 1024);
  write("proc/self/cgroup", "0::/user.slice/run.scope\n");
  write("sys/fs/cgroup/user.slice/run.scope/memory.max", "max\n");
  write("sys/fs/cgroup/user.slice/run.scope/memory.current", "5\n");
  EXPECT_EQ(found(), 7000 * 1024);
}

TEST_F(AvailableMemory, IsWhatTheControlGroupLeaves) {
  write("proc/meminfo", "MemAvailable:   7000 kB\n");
  write("proc/self/cgroup", "0::/user.slice/run.scope\n");
  write("sys/fs/cgroup/user.slice/memory.max", "1000000\n");
  write("sys/fs/cgroup/user.slice/memory.current", "600000\n");
  write("sys/fs/cgroup/user.slice/memory.stat", "anon 1\ninactive_file 50000\n");
  EXPECT_EQ(found(), 450000);
  write("sys/fs/cgroup/user.slice/run.scope/memory.max", "300000\n");
  write("sys/fs/cgroup/user.slice/run.scope/memory.current", "200000\n");
  EXPECT_EQ(found(), 100000);
}

TEST_F(AvailableMemory, IsWhatAnOldControlGroupLeaves) {
  write("proc/meminfo", "MemAvailable:   7000 kB\n");
  write("proc/self/cgroup", "5:cpu:/\n4:memory:/docker/abc\n0::/\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000000\n");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "900000\n");
  EXPECT_EQ(found(), 100000);
}

TEST(AvailableMemoryHere, IsSomething) {
  EXPECT_GT(available_memory(), 0);
  EXPECT_LT(available_memory(), std::int64_t{1} << 60);
}

}  // namespace
}  // namespace naclip
