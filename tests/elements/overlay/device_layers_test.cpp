// Drawing on a GPU against drawing on the CPU, byte by byte. There need not be a GPU: the kernel
// runs in the host's emulation, and the GPU's memory is the host's.
#include "elements/overlay/device_layers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "elements/drawing/kernels.h"
#include "model/cuda/kernel_grids.h"
#include "model/error.h"
#include "overlay_frames.h"
#include "tests/model/cuda/kernel_emulation.h"

// After the emulation, which gives meaning to its words.
#include "elements/overlay/blend.cu"

namespace naclip::testing {
namespace {

class EmulatedDevice : public BlendDevice {
 public:
  ~EmulatedDevice() override { EXPECT_TRUE(blocks_.empty()) << "memory was not given back"; }

  std::uint8_t *allocate(std::size_t bytes) override {
    if (bytes > room) throw Error(ErrorKind::kDevice, "out of memory");
    ++allocations;
    std::vector<std::uint8_t> block(bytes, 0xee);
    std::uint8_t *memory = block.data();
    blocks_[memory] = std::move(block);
    return memory;
  }
  void release(std::uint8_t *memory) noexcept override { EXPECT_EQ(blocks_.erase(memory), 1U); }
  void upload(const Texture &texture, std::uint8_t *memory) override {
    ++uploads;
    ASSERT_LE(texture.bytes.size(), blocks_.at(memory).size());
    std::copy(texture.bytes.begin(), texture.bytes.end(), memory);
  }
  void blend(const kernel::Blend &blend) override {
    ++blends;
    if (!emulates) {
      for (int y = 0; y < blend.height; ++y)
        for (int x = 0; x < blend.width; ++x) kernel::blend_byte(blend, y, x);
      return;
    }
    const KernelGrid grid = pixel_grid(blend.height, blend.width);
    emulation::launch({static_cast<unsigned>(grid.x), static_cast<unsigned>(grid.y), 1},
                      {kBlockWidth, kBlockHeight, 1}, [&] { naclip_blend(blend); });
  }

  std::size_t blocks() const { return blocks_.size(); }

  bool emulates = true;         // else the kernel's body runs in a loop, which is quicker
  std::size_t room = SIZE_MAX;  // bytes that may be asked for at once
  int allocations = 0, uploads = 0, blends = 0;

 private:
  std::map<std::uint8_t *, std::vector<std::uint8_t>> blocks_;
};

TEST(Blending, OfEveryByteIsTheCpus) {
  for (int alpha = 0; alpha < 256; ++alpha) {
    std::vector<std::uint8_t> colours, alphas(static_cast<std::size_t>(alpha) + 1);
    for (int colour = 0; colour <= alpha; ++colour)
      colours.push_back(static_cast<std::uint8_t>(colour));
    std::fill(alphas.begin(), alphas.end(), static_cast<std::uint8_t>(alpha));
    for (int target = 0; target < 256; ++target) {
      std::vector<std::uint8_t> expected(alphas.size(), static_cast<std::uint8_t>(target));
      std::vector<std::uint8_t> bytes = expected;
      blend_bytes(expected.data(), colours.data(), alphas.data(), expected.size());
      const kernel::Blend blend{
          bytes.data(), 0, colours.data(), alphas.data(), static_cast<int>(bytes.size()), 1};
      for (int x = 0; x < blend.width; ++x) kernel::blend_byte(blend, 0, x);
      ASSERT_EQ(bytes, expected) << "of " << target << " under " << alpha;
    }
  }
}

/// Draws the same on both, and expects the same bytes, those between the rows included.
void expect_equal(PixelFormat format, int width, int height, std::span<const OverlayMask> masks,
                  const OverlaySettings &settings, bool emulates = true) {
  TestFrame expected(format, width, height);
  OverlayRenderer().draw(expected.canvas(), masks, settings);

  EmulatedDevice device;
  device.emulates = emulates;
  DeviceLayers on_device(device);
  TestFrame frame(format, width, height);
  const TestFrame before = frame;
  OverlayRenderer renderer;
  Canvas like = frame.canvas();
  like.planes = {};
  on_device.update(renderer.layers(like, masks, settings));
  EXPECT_EQ(frame.bytes, before.bytes) << "drawn on too early";
  on_device.draw(frame.canvas());
  EXPECT_EQ(frame.bytes, expected.bytes)
      << "format " << static_cast<int>(format) << ", " << width << " x " << height;
  EXPECT_NE(frame.bytes, before.bytes);
}

class EveryFormatOnADevice : public ::testing::TestWithParam<PixelFormat> {};

INSTANTIATE_TEST_SUITE_P(Overlay, EveryFormatOnADevice, ::testing::ValuesIn(kAllFormats),
                         [](const auto &test) { return layout_of(test.param).name; });

TEST_P(EveryFormatOnADevice, HasTheCpusPixels) {
  TestMask mask(9, 7, {kNothing, kRed, kGreen});
  mask.paint([](int x, int y) { return (x / 3 + y / 2) % 3; });
  for (const auto &[width, height] : {std::pair{1, 1}, {4, 4}, {37, 21}}) {
    const OverlayMask over = mask.over(width, height);
    expect_equal(GetParam(), width, height, std::span(&over, 1), plain(0.5, 60));
  }
}

TEST_P(EveryFormatOnADevice, HasTheCpusPixelsAtItsEdgesAndInTheMiddle) {
  TestMask mask(8, 6, {kNothing, kRed, kGreen});
  mask.paint([](int x, int y) { return x < 2 || y < 2 ? 0 : 1 + (x + y) % 2; });
  // By where the mask lies in a frame of 21 x 13.
  for (const auto &[x, y] : {std::pair{-3, -2}, {16, -1}, {-2, 9}, {17, 8}, {7, 3}}) {
    const OverlayMask over = mask.over_area(x, y, 8, 6);
    expect_equal(GetParam(), 21, 13, std::span(&over, 1), plain(0.7));
  }
}

TEST_P(EveryFormatOnADevice, HasTheCpusTextsAndMasksInTheSameOrder) {
  TestMask below(4, 3, {kNothing, kRed}), above(4, 3, {kNothing, kGreen});
  below.paint([](int x, int) { return x < 3; });
  above.paint([](int x, int) { return x > 0; });
  const std::array masks{below.over(321, 241), above.over(321, 241)};
  expect_equal(GetParam(), 321, 241, masks, {0.4, 3, LegendPlace::kBottomRight, true}, false);
}

/// A stream of frames that one mask or another is drawn on.
class DeviceStream : public ::testing::Test {
 protected:
  DeviceStream() {
    device_.emulates = false;
    mask_.paint([](int x, int) { return x < 8; });
    other_.paint([](int x, int) { return x < 4; });
  }

  void draw(const TestMask &mask, const OverlaySettings &settings) {
    TestFrame expected(PixelFormat::kNv12, 16, 8), frame = expected;
    const OverlayMask over = mask.over(16, 8);
    testing::draw(expected, over, settings);
    layers_.update(renderer_.layers(frame.canvas(), std::span(&over, 1), settings));
    layers_.draw(frame.canvas());
    EXPECT_EQ(frame.bytes, expected.bytes);
  }

  EmulatedDevice device_;
  DeviceLayers layers_{device_};
  OverlayRenderer renderer_;
  TestMask mask_{16, 8, {kNothing, kRed}};
  TestMask other_{16, 8, {kNothing, kRed}};
};

TEST_F(DeviceStream, UploadsADrawingOnceForAllFramesThatItServes) {
  for (int frame = 0; frame < 3; ++frame) draw(mask_, plain(0.5));
  EXPECT_EQ(device_.uploads, 2) << "one for each plane";
  EXPECT_EQ(device_.blends, 6) << "one for each plane of a frame";
  draw(other_, plain(0.5));
  EXPECT_EQ(device_.uploads, 4);
  draw(other_, plain(0.25));
  EXPECT_EQ(device_.uploads, 6);
}

TEST_F(DeviceStream, UsesTheMemoryOfADrawingThatIsGone) {
  draw(mask_, plain(0.5));
  for (int frame = 0; frame < 4; ++frame) draw(frame % 2 == 0 ? other_ : mask_, plain(0.5));
  EXPECT_EQ(device_.uploads, 10);
  EXPECT_EQ(device_.allocations, 2);
}

TEST_F(DeviceStream, GivesBackTheMemoryOfAMaskThatIsGone) {
  draw(mask_, plain(0.5));
  EXPECT_EQ(device_.blocks(), 2U);
  TestFrame frame(PixelFormat::kNv12, 16, 8);
  layers_.update(renderer_.layers(frame.canvas(), {}, plain(0.5)));
  layers_.draw(frame.canvas());
  EXPECT_EQ(device_.blocks(), 0U);
  EXPECT_EQ(frame.bytes, TestFrame(PixelFormat::kNv12, 16, 8).bytes);
}

TEST_F(DeviceStream, GoesOnAfterTheDeviceHadNoRoom) {
  device_.room = 100;
  EXPECT_THROW(draw(mask_, plain(0.5)), Error);
  device_.room = SIZE_MAX;
  draw(mask_, plain(0.5));
}

TEST(Textures, AreNoLargerThanWhatIsDrawn) {
  TestMask mask(2, 2, {kRed});
  const OverlayMask over = mask.over_area(5, 3, 6, 4);
  OverlayRenderer renderer;
  TestFrame frame(PixelFormat::kI420, 20, 10);
  const auto layers = renderer.layers(frame.canvas(), std::span(&over, 1), plain(0.5));
  const std::vector<Texture> textures = layers.front()->textures();
  ASSERT_EQ(textures.size(), 3U);
  EXPECT_EQ(textures[0].area.row, 3);
  EXPECT_EQ(textures[0].area.begin, 5);
  EXPECT_EQ(textures[0].area.height, 4);
  EXPECT_EQ(textures[0].area.width, 6);
  EXPECT_EQ(textures[0].bytes.size(), 2U * 4 * 6);
  // Chroma of rows 2 to 7 and columns 4 to 11.
  EXPECT_EQ(textures[2].area.row, 1);
  EXPECT_EQ(textures[2].area.begin, 2);
  EXPECT_EQ(textures[2].area.height, 3);
  EXPECT_EQ(textures[2].area.width, 4);
}

}  // namespace
}  // namespace naclip::testing
