#include "elements/overlay/legend_place.h"

#include <array>
#include <mutex>

namespace naclip {
namespace {

constexpr std::array kCorners{LegendPlace::kTopLeft, LegendPlace::kTopRight,
                              LegendPlace::kBottomLeft, LegendPlace::kBottomRight};
constexpr const char *kTaken = "taken";  // the field: one bit for each LegendPlace

guint bit(LegendPlace place) {
  return 1U << static_cast<guint>(place);
}

constexpr const char *kMeta = "GstNaclipLegendMeta";

/// Without tags, so that whoever copies a frame copies it.
void register_meta() {
  static std::once_flag once;
  std::call_once(once, [] {
    const gchar *no_tags[] = {nullptr};
    // A second copy of this code, as in a test that loads the plugin too, finds it there.
    if (gst_meta_get_info(kMeta) == nullptr)
      gst_meta_register_custom(kMeta, no_tags, nullptr, nullptr, nullptr);
  });
}

GstStructure *places_on(GstBuffer *frame) {
  register_meta();
  GstCustomMeta *meta = gst_buffer_get_custom_meta(frame, kMeta);
  if (meta == nullptr) meta = gst_buffer_add_custom_meta(frame, kMeta);
  return gst_custom_meta_get_structure(meta);
}

LegendPlace free_place(guint taken, LegendPlace wanted) {
  if ((taken & bit(wanted)) == 0) return wanted;
  for (const LegendPlace corner : kCorners)
    if ((taken & bit(corner)) == 0) return corner;
  return wanted;
}

}  // namespace

LegendPlace take_legend_place(GstBuffer *frame, LegendPlace wanted) {
  if (wanted == LegendPlace::kNone) return wanted;
  GstStructure *places = places_on(frame);
  guint taken = 0;
  gst_structure_get_uint(places, kTaken, &taken);
  const LegendPlace place = free_place(taken, wanted);
  gst_structure_set(places, kTaken, G_TYPE_UINT, taken | bit(place), nullptr);
  return place;
}

}  // namespace naclip
