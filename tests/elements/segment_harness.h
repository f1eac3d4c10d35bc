// naclipsegment between two pads, with the tiny checkpoint.
#pragma once

#include <gtest/gtest.h>

#include "elements/segment/naclipsegment.h"
#include "frames.h"
#include "segmentations.h"
#include "tests/model/checkpoint/checkpoint_files.h"

namespace naclip::testing {

inline std::string tiny_model() {
  return test::golden_file("tiny-openai.safetensors");
}

/// Settings that keep tests quick: a small input, one refinement step. A harness is a live source.
inline constexpr const char *kQuick =
    " mode=sync device=cpu input-size=96 window-size=80 window-stride=40 refine-steps=1 ";

/// A launch line of the element with the tiny model; `more` may overrule any property.
inline std::string segment_line(const std::string &more) {
  return "naclipsegment model=\"" + tiny_model() + "\"" + kQuick + more;
}

class Segment : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { GST_ELEMENT_REGISTER(naclipsegment, nullptr); }

  void start(const std::string &line, const std::string &caps) {
    harness_.reset(gst_harness_new_parse(line.c_str()));
    element_.reset(gst_harness_find_element(harness_.get(), "naclipsegment"));
    messages_ = std::make_unique<Messages>(element_.get());
    gst_harness_set_src_caps_str(harness_.get(), caps.c_str());
  }

  Ptr<GstBuffer> pass(Ptr<GstBuffer> frame) {
    return Ptr<GstBuffer>(gst_harness_push_and_pull(harness_.get(), frame.release()));
  }

  static GstNaclipSegmentation *segmentation_of(const Ptr<GstBuffer> &frame) {
    GstNaclipSegmentationMeta *meta =
        frame ? gst_buffer_get_naclip_segmentation_meta(frame.get()) : nullptr;
    EXPECT_NE(meta, nullptr);
    return meta != nullptr ? meta->segmentation : nullptr;
  }

  guint64 statistic(const char *field) { return statistic_of(element_.get(), field); }

  Harness harness_;
  Ptr<GstElement> element_;
  std::unique_ptr<Messages> messages_;
};

}  // namespace naclip::testing
