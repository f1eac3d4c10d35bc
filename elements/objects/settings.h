// What a user of naclipobjects may choose.
#pragma once

#include <array>
#include <string>

#include "elements/objects/find_objects.h"
#include "elements/support/mask_reader.h"
#include "elements/support/properties.h"

namespace naclip {

struct ObjectsSettings : MaskSettings, ObjectLimits {
  ObjectsSettings() : ObjectLimits{0.001, 50, 8} {}

  int max_age = -1;  // ms; -1: any
};

inline constexpr std::array kObjectsProperties{
    Property<ObjectsSettings>{
        "classes", "Classes",
        "Labels of the classes whose objects to find, separated by , or ; (empty = all but the "
        "background, * = all, !label = not that one)",
        static_cast<std::string ObjectsSettings::*>(&MaskSettings::classes)},
    Property<ObjectsSettings>{
        "source", "Source",
        "Name of the naclipsegment whose masks count (empty = the nearest one upstream)",
        static_cast<std::string ObjectsSettings::*>(&MaskSettings::source)},
    Property<ObjectsSettings>{
        "min-area", "Minimum area", "Leave out what covers less than this part of the frame",
        static_cast<double ObjectsSettings::*>(&ObjectLimits::min_area), Change::kAlways, 0, 1},
    Property<ObjectsSettings>{
        "max-objects", "Maximum of objects", "Keep at most so many objects of a mask, the largest",
        static_cast<int ObjectsSettings::*>(&ObjectLimits::max_objects), Change::kAlways, 1, 1000},
    Property<ObjectsSettings>{
        "gap", "Gap",
        "Parts of a class with at most so many pixels between them are one "
        "object, in pixels of a picture of 720 lines, more on larger ones (0: "
        "parts that touch)",
        static_cast<int ObjectsSettings::*>(&ObjectLimits::gap), Change::kAlways, 0, 720},
    Property<ObjectsSettings>{"max-age", "Maximum age",
                              "Masks more than so many milliseconds older than their frame, or of "
                              "unknown age, do not count (-1 = all count)",
                              &ObjectsSettings::max_age, Change::kAlways, -1},
};

}  // namespace naclip
