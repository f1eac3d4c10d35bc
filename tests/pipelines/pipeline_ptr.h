// A pipeline that stops with its owner.
#pragma once

#include <gst/gst.h>

#include <memory>

namespace naclip::pipelines {

struct StopAndUnref {
  void operator()(GstElement *pipeline) const {
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
  }
};
using Pipeline = std::unique_ptr<GstElement, StopAndUnref>;

}  // namespace naclip::pipelines
