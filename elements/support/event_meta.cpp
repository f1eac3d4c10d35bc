#include "elements/support/event_meta.h"

#include <mutex>

namespace naclip {
namespace {

const GstMetaInfo *event_meta_info() {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  // Another plugin file of ours may have registered it.
  if (const GstMetaInfo *info = gst_meta_get_info(kEventMeta)) return info;
  const gchar *no_tags[] = {nullptr};
  return gst_meta_register_custom(kEventMeta, no_tags, nullptr, nullptr, nullptr);
}

}  // namespace

void attach_event(GstBuffer *frame, const GstStructure *event) {
  event_meta_info();
  GstCustomMeta *meta = gst_buffer_add_custom_meta(frame, kEventMeta);
  g_return_if_fail(meta != nullptr);
  gst_structure_foreach(
      event,
      [](GQuark field, const GValue *value, gpointer copy) -> gboolean {
        gst_structure_id_set_value(static_cast<GstStructure *>(copy), field, value);
        return TRUE;
      },
      gst_custom_meta_get_structure(meta));
}

std::vector<const GstStructure *> events_of(GstBuffer *frame) {
  std::vector<const GstStructure *> events;
  gpointer state = nullptr;
  while (GstMeta *meta = gst_buffer_iterate_meta_filtered(frame, &state, event_meta_info()->api))
    events.push_back(gst_custom_meta_get_structure(reinterpret_cast<GstCustomMeta *>(meta)));
  return events;
}

}  // namespace naclip
