// A window for tests of naclip-live, which autovideosink chooses where GST_PLUGIN_FEATURE_RANK says
// so. It tells of the progress of a model that loads, and after ten frames says that it was closed,
// as GStreamer's own windows do.
#include <gst/video/gstvideosink.h>

namespace {

struct Window {
  GstVideoSink parent;
  int frames;
};
struct WindowClass {
  GstVideoSinkClass parent;
};

GstStaticPadTemplate pad_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw"));
constexpr int kLastFrame = 10;

GType window_get_type();
G_DEFINE_TYPE(Window, window, GST_TYPE_VIDEO_SINK)

void tell(Window *self, GstProgressType type, const char *text) {
  gst_element_post_message(GST_ELEMENT(self),
                           gst_message_new_progress(GST_OBJECT(self), type, "encode", text));
}

gboolean start(GstBaseSink *base) {
  auto *self = reinterpret_cast<Window *>(base);
  tell(self, GST_PROGRESS_TYPE_START, "encoding words: 0 of 300");
  tell(self, GST_PROGRESS_TYPE_CONTINUE, "encoding words: 120 of 300");
  tell(self, GST_PROGRESS_TYPE_COMPLETE, "encoding words: 300 of 300");
  return TRUE;
}

GstFlowReturn show_frame(GstVideoSink *sink, GstBuffer *) {
  auto *self = reinterpret_cast<Window *>(sink);
  if (++self->frames < kLastFrame) return GST_FLOW_OK;
  GST_ELEMENT_ERROR(self, RESOURCE, NOT_FOUND, ("Output window was closed"), (nullptr));
  return GST_FLOW_ERROR;
}

void window_init(Window *self) {
  self->frames = 0;
}

void window_class_init(WindowClass *klass) {
  GstElementClass *element = GST_ELEMENT_CLASS(klass);
  gst_element_class_set_static_metadata(element, "Closing window", "Sink/Video", "For tests",
                                        "none");
  gst_element_class_add_static_pad_template(element, &pad_template);
  GST_BASE_SINK_CLASS(klass)->start = start;
  GST_VIDEO_SINK_CLASS(klass)->show_frame = show_frame;
}

gboolean plugin_init(GstPlugin *plugin) {
  return gst_element_register(plugin, "closingwindow", GST_RANK_NONE, window_get_type());
}

}  // namespace

#define PACKAGE "gst-naclip"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, closingwindow, "For tests", plugin_init,
                  "1", "MIT/X11", PACKAGE, "https://arxiv.org/abs/2404.08181")
