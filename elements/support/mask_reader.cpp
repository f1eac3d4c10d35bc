#include "elements/support/mask_reader.h"

#include <utility>

#include "elements/support/error_messages.h"

namespace naclip {
namespace {

// How long frames may lack a mask before the user is told.
constexpr GstClockTime kPatience = 10 * GST_SECOND;

}  // namespace

std::vector<ChosenMask> MaskReader::read(GstBuffer *frame, const MaskSettings &settings) {
  if (settings.source != settings_.source) restart();
  if (settings.classes != settings_.classes) selection_ = ClassSelection(settings.classes);
  settings_ = settings;
  std::vector<ChosenMask> masks;
  for (FrameMask &mask : read_masks(frame, settings.source)) {
    const std::string unknown = selection_.unknown_labels(mask.regions);
    if (!unknown.empty()) post_warning(element_, Error(ErrorKind::kVocabulary, unknown));
    std::vector<bool> chosen = selection_.choose(mask.regions);
    const bool knows_all = selection_.knows_all(mask.regions);
    masks.push_back({std::move(mask), std::move(chosen), knows_all});
  }
  if (!masks.empty()) {
    awaits_mask_ = false;
  } else if (awaits_mask_) {
    await_mask(frame);
  }
  return masks;
}

std::vector<ChosenMask> MaskReader::read_or_warn(GstBuffer *frame, const MaskSettings &settings) {
  try {
    return read(frame, settings);
  } catch (const Error &error) {
    if (!std::exchange(warned_of_unreadable_, true)) post_warning(element_, error);
    return {};
  }
}

void MaskReader::await_mask(GstBuffer *frame) {
  saw_frame_ = true;
  for (std::string &source : sources_of(frame)) sources_.insert(std::move(source));
  const GstClockTime pts = GST_BUFFER_PTS(frame);
  if (!GST_CLOCK_TIME_IS_VALID(pts)) return;
  if (!GST_CLOCK_TIME_IS_VALID(first_pts_)) first_pts_ = pts;
  if (pts < first_pts_ + kPatience) return;
  if (upstream_loads())
    first_pts_ = pts;
  else
    warn_of_no_mask();
}

void MaskReader::end() {
  if (awaits_mask_ && saw_frame_ && !upstream_loads()) warn_of_no_mask();
}

/// Whether a naclipsegment before this element is not ready yet.
bool MaskReader::upstream_loads() const {
  const Ptr<GstPad> sink(gst_element_get_static_pad(element_, "sink"));
  const Ptr<GstQuery> query(
      gst_query_new_custom(GST_QUERY_CUSTOM, gst_structure_new_empty(kLoadingQuery)));
  return sink && gst_pad_peer_query(sink.get(), query.get());
}

void MaskReader::restart() {
  awaits_mask_ = true;
  saw_frame_ = warned_of_unreadable_ = false;
  first_pts_ = GST_CLOCK_TIME_NONE;
  sources_.clear();
  selection_ = ClassSelection(settings_.classes);
}

void MaskReader::warn_of_no_mask() {
  awaits_mask_ = false;
  std::string text = "No frame has a mask. Put naclipsegment before " + std::string(element_type_) +
                     ", with no element between them that drops metadata.";
  if (!sources_.empty()) {
    text = "No naclipsegment before " + std::string(element_type_) + " is named " +
           settings_.source + ". There are: ";
    for (const std::string &source : sources_) {
      if (source != *sources_.begin()) text += ", ";
      text += source;
    }
    text += '.';
  }
  post_warning(element_, Error(ErrorKind::kSettings, text));
}

}  // namespace naclip
