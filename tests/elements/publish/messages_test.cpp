// What messages cost, and their parts that a stream seldom has.
#include "elements/publish/messages.h"

#include <gtest/gtest.h>

#include "publish_fixture.h"
#include "tests/elements/allocations.h"

namespace naclip::testing {
namespace {

TEST(Messages, TimesAreRfc3339InUtcWithMilliseconds) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(1'764'064'800'123'999'999), "2025-11-25T10:00:00.123Z");
  EXPECT_EQ(rfc3339(-1'000'000), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(951'782'400'000'000'000), "2000-02-29T00:00:00.000Z");
}

/// A mask of this many regions, whose ids are 0, 1, 2, ... row by row.
ChosenMask mask_of(int width, int height, std::size_t regions) {
  std::vector<std::uint16_t> ids(static_cast<std::size_t>(width) *
                                 static_cast<std::size_t>(height));
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::uint16_t>(i % regions);
  const Ptr<GstBuffer> buffer = make_mask(width, height, ids);
  ChosenMask shown{FrameMask(buffer.get(), {0, 0, width, height}), {}, true};
  for (std::size_t id = 0; id < regions; ++id) {
    shown.mask.regions.push_back(unnamed_region(id));
    shown.chosen.push_back(id > 0);
  }
  return shown;
}

TEST(Messages, HoldMoreThan255Classes) {
  MessageWriter writer("door");
  const ChosenMask shown = mask_of(20, 20, 300);
  FrameFacts facts;
  facts.width = facts.height = 20;
  const std::string text = writer.frame(facts, &shown, kShares | kBoxes | kRle | kPolygons, 1);
  SchemaCheck::add({text, writer.vocabulary(facts, shown.mask.regions)});
  EXPECT_EQ(at(text, "$.regions[298].id"), "299");
  EXPECT_EQ(at(text, "$.regions[298].box"), "[19,14,1,1]");
  EXPECT_EQ(at(text, "$.regions[298].polygons"), "[[[[20,14],[20,15],[19,15],[19,14]]]]");
  // 1 is at 1, 0 and, 300 later, at 1, 15: runs of 20, 1, 14, 1 and 364.
  EXPECT_EQ(text_at(text, "$.regions[0].rle.counts"), "d01>0n:");
}

TEST(Messages, OfSharesAloneTakeNoMemoryThatGrows) {
  if (!kCountsAllocations) GTEST_SKIP() << "allocations are not counted here";
  MessageWriter writer("door");
  const ChosenMask shown = mask_of(10, 10, 11);
  FrameFacts facts;
  const auto allocations_of_one = [&] {
    const std::size_t before = allocations;
    ++facts.sequence;
    look_at(writer.frame(facts, &shown, kShares, 1).data());
    return allocations - before;
  };
  allocations_of_one();
  const std::size_t once = allocations_of_one();
  EXPECT_LE(once, 2U);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(allocations_of_one(), once);
}

}  // namespace
}  // namespace naclip::testing
