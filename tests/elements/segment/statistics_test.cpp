// The figures that naclipsegment tells of itself.
#include "elements/segment/statistics.h"

#include <gtest/gtest.h>

namespace naclip {
namespace {

TEST(LatencyFigures, AreZeroWhereNothingWasMeasured) {
  const LatencyFigures figures;
  EXPECT_EQ(figures.last(), 0U);
  EXPECT_EQ(figures.mean(), 0U);
  EXPECT_EQ(figures.percentile_99(), 0U);
}

TEST(LatencyFigures, OfOneAreThatOne) {
  LatencyFigures figures;
  figures.add(7);
  EXPECT_EQ(figures.last(), 7U);
  EXPECT_EQ(figures.mean(), 7U);
  EXPECT_EQ(figures.percentile_99(), 7U);
}

TEST(LatencyFigures, PercentileIsThatOfTheNearestRank) {
  LatencyFigures figures;
  for (GstClockTime value = 100; value >= 1; --value) figures.add(value);
  EXPECT_EQ(figures.percentile_99(), 99U);
  figures.add(1000);  // the 100th of 101
  EXPECT_EQ(figures.percentile_99(), 100U);
  EXPECT_EQ(figures.mean(), (5050U + 1000U) / 101);
  EXPECT_EQ(figures.last(), 1000U);
}

TEST(LatencyFigures, PercentileForgetsWhatIsOlderThanAThousand) {
  LatencyFigures figures;
  for (int i = 0; i < 1000; ++i) figures.add(1000000);
  for (int i = 0; i < 989; ++i) figures.add(5);
  EXPECT_EQ(figures.percentile_99(), 1000000U) << "11 of the newest thousand are of the slow time";
  figures.add(5);
  EXPECT_EQ(figures.percentile_99(), 5U) << "10 of them are";
}

TEST(SegmentStatistics, StructureHoldsAllCounts) {
  SegmentStatistics statistics;
  for (int i = 0; i < 5; ++i) statistics.add_frame();
  statistics.add_carried();
  statistics.add_error();
  statistics.add_inference(10, 30, 4);
  statistics.add_inference(20, 50, 3);
  const Ptr<GstStructure> structure = statistics.structure(2);
  const auto value = [&](const char *field) {
    guint64 found = 0;
    EXPECT_TRUE(gst_structure_get_uint64(structure.get(), field, &found)) << field;
    return found;
  };
  EXPECT_STREQ(gst_structure_get_name(structure.get()), "naclip-stats");
  EXPECT_EQ(value("frames"), 5U);
  EXPECT_EQ(value("inferred"), 2U);
  EXPECT_EQ(value("skipped"), 3U);
  EXPECT_EQ(value("carried"), 1U);
  EXPECT_EQ(value("errors"), 1U);
  EXPECT_EQ(value("latency-last"), 20U);
  EXPECT_EQ(value("latency-mean"), 15U);
  EXPECT_EQ(value("latency-p99"), 20U);
  EXPECT_EQ(value("total-latency-last"), 50U);
  EXPECT_EQ(value("total-latency-mean"), 40U);
  EXPECT_EQ(value("total-latency-p99"), 50U);
  guint queue = 0, batch = 0;
  EXPECT_TRUE(gst_structure_get_uint(structure.get(), "queue", &queue));
  EXPECT_TRUE(gst_structure_get_uint(structure.get(), "batch", &batch));
  EXPECT_EQ(queue, 2U);
  EXPECT_EQ(batch, 3U);
}

}  // namespace
}  // namespace naclip
