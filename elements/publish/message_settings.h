// What a user of any element that writes messages may choose of them.
#pragma once

#include <array>
#include <string>

#include "elements/support/mask_reader.h"
#include "elements/support/properties.h"

namespace naclip {

/// What is written of each class; flags.
enum PublishContent : unsigned { kShares = 1, kBoxes = 2, kRle = 4, kPolygons = 8 };

/// Which frames have a message.
enum class PublishWhen { kFresh, kEvery, kChange };

inline constexpr EnumTable<PublishContent, 4> kPublishContents{
    "GstNaclipPublishContent",
    {{{kShares, "shares", "Its share of the picture and the mean confidence"},
      {kBoxes, "boxes", "The rectangle around it"},
      {kRle, "rle", "Its mask in COCO's compressed run lengths"},
      {kPolygons, "polygons", "Its outlines"}}}};

inline constexpr EnumTable<PublishWhen, 3> kPublishWhen{
    "GstNaclipPublishWhen",
    {{{PublishWhen::kFresh, "fresh",
       "Those with the mask of another inference than the one before"},
      {PublishWhen::kEvery, "every", "All"},
      {PublishWhen::kChange, "change",
       "Those on which a class appears or disappears, or its share has changed by two hundredths "
       "of "
       "the picture"}}}};

/// The settings of such an element derive from this.
struct MessageSettings : MaskSettings {  // whose source is the property mask-source
  std::string camera;                    // the property source
  unsigned content = kShares;
  double polygon_tolerance = 1;  // pixels
  PublishWhen when = PublishWhen::kFresh;
  int min_interval = 0;  // ms
};

template <class Settings>
constexpr std::array kMessageProperties{
    Property<Settings>{
        "source", "Source", "Name of the camera in messages (empty = the element's name)",
        static_cast<std::string Settings::*>(&MessageSettings::camera), Change::kStopped},
    Property<Settings>{
        "mask-source", "Mask source",
        "Name of the naclipsegment whose masks to publish (empty = the nearest one upstream)",
        static_cast<std::string Settings::*>(&MaskSettings::source)},
    Property<Settings>{
        "classes", "Classes",
        "Labels of the classes to publish, separated by , or ; (empty = all but the background, * "
        "= all, !label = not that one)",
        static_cast<std::string Settings::*>(&MaskSettings::classes)},
    Property<Settings>{"content", "Content", "What is written of each class, joined by +",
                       flags_field<&MessageSettings::content, kPublishContents, Settings>()},
    Property<Settings>{"polygon-tolerance", "Polygon tolerance",
                       "Outlines are simplified by up to so many pixels of the frame",
                       static_cast<double Settings::*>(&MessageSettings::polygon_tolerance),
                       Change::kAlways, 0, 100},
    Property<Settings>{"when", "When", "Which frames have a message",
                       enum_field<&MessageSettings::when, kPublishWhen, Settings>()},
    Property<Settings>{"min-interval", "Minimum interval",
                       "Least time between two frames with a message, in milliseconds",
                       static_cast<int Settings::*>(&MessageSettings::min_interval)},
};

}  // namespace naclip
