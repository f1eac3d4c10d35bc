// What elements that show masks have in common: whose mask of a frame, which of its classes, and
// what to tell the user where there is none.
#pragma once

#include <gst/gst.h>

#include <set>
#include <string>
#include <vector>

#include "elements/support/class_selection.h"
#include "elements/support/frame_mask.h"
#include "elements/support/properties.h"

namespace naclip {

/// The properties of such an element; its Settings derive from this.
struct MaskSettings {
  std::string source;
  std::string classes;
};

template <class Settings>
constexpr Property<Settings> kSourceProperty{
    "source", "Source",
    "Name of the naclipsegment whose masks to show (empty = the nearest one upstream)",
    static_cast<std::string Settings::*>(&MaskSettings::source), Change::kAlways};

template <class Settings>
constexpr Property<Settings> kClassesProperty{
    "classes", "Classes",
    "Labels of the classes to show, separated by , or ; (empty = all but the background, * = all, "
    "!label = not that one)",
    static_cast<std::string Settings::*>(&MaskSettings::classes), Change::kAlways};

/// A custom query that naclipsegment answers while it loads its model or encodes its first words.
inline constexpr const char *kLoadingQuery = "naclip-loading";

/// A mask, and by region id whether it is to be shown.
struct ChosenMask {
  FrameMask mask;
  std::vector<bool> chosen;
  bool knows_all;  ///< every label that `classes` names is a region's
};

/// Reads one stream's masks, and posts warnings on the element's bus, each once: that no mask came
/// in ten seconds of the stream or until its end (a live stream's first mask comes with its first
/// inference), that no element is named as `source` says, that no class has a label of `classes`.
/// Belongs to the streaming thread.
class MaskReader {
 public:
  /// `element` owns this object; `element_type` is what launch lines call it.
  MaskReader(GstElement *element, const char *element_type)
      : element_(element), element_type_(element_type) {}

  /// The masks to show on this frame, the foremost first: that of `source`, or the latest of
  /// naclipsegment's; where there is none of naclipsegment's, all of other elements'. Hold them no
  /// longer than the frame. Throws as read_masks() does.
  std::vector<ChosenMask> read(GstBuffer *frame, const MaskSettings &settings);

  /// The same, but a mask that cannot be read is none; the first such posts a warning.
  std::vector<ChosenMask> read_or_warn(GstBuffer *frame, const MaskSettings &settings);

  /// The stream has ended.
  void end();

  /// Begins another stream: warns anew.
  void restart();

  /// After a flush the ten seconds begin again.
  void flushed() { first_pts_ = GST_CLOCK_TIME_NONE; }

 private:
  void await_mask(GstBuffer *frame);
  bool upstream_loads() const;
  void warn_of_no_mask();

  GstElement *element_;
  const char *element_type_;
  MaskSettings settings_;  // of the frame before
  ClassSelection selection_;
  // While no mask has come: what was seen meanwhile.
  bool awaits_mask_ = true, saw_frame_ = false;
  GstClockTime first_pts_ = GST_CLOCK_TIME_NONE;
  std::set<std::string> sources_;
  bool warned_of_unreadable_ = false;
};

}  // namespace naclip
