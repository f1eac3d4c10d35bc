// Events on frames: they stay in order, and copies of the frame keep them.
#include "elements/support/event_meta.h"

#include <gtest/gtest.h>

#include "elements/support/ptr.h"

namespace naclip::testing {
namespace {

Ptr<GstStructure> event_of_rule(const char *rule, double share) {
  return Ptr<GstStructure>(gst_structure_new("naclip-event", event_field::kRule, G_TYPE_STRING,
                                             rule, event_field::kShare, G_TYPE_DOUBLE, share,
                                             nullptr));
}

std::string rules_of(GstBuffer *frame) {
  std::string rules;
  for (const GstStructure *event : events_of(frame))
    rules += std::string(gst_structure_get_string(event, event_field::kRule)) + ";";
  return rules;
}

TEST(EventMeta, AFrameHasNoneAtFirst) {
  const Ptr<GstBuffer> frame(gst_buffer_new());
  EXPECT_TRUE(events_of(frame.get()).empty());
}

TEST(EventMeta, KeepsSeveralInOrderAndIsCopiedWithTheFrame) {
  Ptr<GstBuffer> copy;
  {
    const Ptr<GstBuffer> frame(gst_buffer_new());
    attach_event(frame.get(), event_of_rule("smoke at gate", 0.5).get());
    attach_event(frame.get(), event_of_rule("crowd", 0.25).get());
    EXPECT_EQ(rules_of(frame.get()), "smoke at gate;crowd;");
    copy.reset(gst_buffer_copy(frame.get()));
  }
  EXPECT_EQ(rules_of(copy.get()), "smoke at gate;crowd;");
  double share = 0;
  EXPECT_TRUE(gst_structure_get_double(events_of(copy.get()).front(), event_field::kShare, &share));
  EXPECT_EQ(share, 0.5);
}

}  // namespace
}  // namespace naclip::testing
