// What a user of naclipredact may choose.
#pragma once

#include <array>
#include <string>

#include "elements/redact/redactor.h"
#include "elements/support/mask_reader.h"
#include "elements/support/properties.h"

namespace naclip {

/// What becomes of a frame whose mask is missing, too old, or of a vocabulary without a named
/// class.
enum class WithoutMask { kCover, kDrop, kPass };

inline constexpr EnumTable<RedactMode, 3> kRedactModes{
    "GstNaclipRedactMode",
    {{{RedactMode::kFill, "fill", "One colour; nothing of the picture remains"},
      {RedactMode::kPixelate, "pixelate", "Cells of one colour each, the mean of what they cover"},
      {RedactMode::kBlur, "blur", "The same means, blended into one another"}}}};

inline constexpr EnumTable<WithoutMask, 3> kWithoutMask{
    "GstNaclipRedactWithoutMask",
    {{{WithoutMask::kCover, "cover", "All of it is covered"},
      {WithoutMask::kDrop, "drop", "It is left out"},
      {WithoutMask::kPass, "pass",
       "It is covered only where masks within hold and lookahead say so"}}}};

struct RedactSettings : MaskSettings {
  RedactMode mode = RedactMode::kFill;
  std::string colour = "#000000";
  double strength = 0.25;
  bool invert = false;
  int dilate = 8;      // pixels of a frame of 720 lines
  int hold = 500;      // ms
  int lookahead = 0;   // ms
  int max_age = 1000;  // ms; -1: any
  WithoutMask without_mask = WithoutMask::kCover;
};

inline constexpr std::array kRedactProperties{
    Property<RedactSettings>{
        "classes", "Classes",
        "Labels of the classes to cover, separated by , or ; (empty = all but the background, * = "
        "all, !label = not that one)",
        static_cast<std::string RedactSettings::*>(&MaskSettings::classes)},
    Property<RedactSettings>{
        "source", "Source",
        "Name of the naclipsegment whose masks count (empty = the nearest one upstream)",
        static_cast<std::string RedactSettings::*>(&MaskSettings::source)},
    Property<RedactSettings>{"mode", "Mode", "What covered pixels become",
                             enum_field<&RedactSettings::mode, kRedactModes>()},
    Property<RedactSettings>{"colour", "Colour", "Colour of mode=fill, as #rrggbb",
                             &RedactSettings::colour},
    Property<RedactSettings>{"strength", "Strength",
                             "What pixelate and blur average over, as a part of the height of the "
                             "tallest covered region, or more",
                             &RedactSettings::strength, Change::kAlways, 0.125, 1},
    Property<RedactSettings>{"invert", "Invert", "Cover everything but the classes",
                             &RedactSettings::invert},
    Property<RedactSettings>{"dilate", "Dilate",
                             "Grow what is covered by so many pixels of a picture of 720 lines, "
                             "more on larger ones",
                             &RedactSettings::dilate, Change::kAlways, 0, 720},
    Property<RedactSettings>{"hold", "Hold",
                             "Keep covered what a mask covered within the last so many "
                             "milliseconds",
                             &RedactSettings::hold, Change::kAlways, 0, 600000},
    Property<RedactSettings>{"lookahead", "Lookahead",
                             "Also cover what a mask will cover within the next so many "
                             "milliseconds, by which the stream is delayed",
                             &RedactSettings::lookahead, Change::kAlways, 0, 60000},
    Property<RedactSettings>{"max-age", "Maximum age",
                             "Masks more than so many milliseconds older than their frame, or of "
                             "unknown age, do not count (-1 = all count)",
                             &RedactSettings::max_age, Change::kAlways, -1},
    Property<RedactSettings>{"without-mask", "Without mask",
                             "What becomes of a frame that has no mask that counts, or one whose "
                             "vocabulary lacks a class that is named in classes",
                             enum_field<&RedactSettings::without_mask, kWithoutMask>()},
};

/// Throws Error{kSettings} where no element could work with these.
void require_valid(const RedactSettings &settings);

/// What covered pixels become.
RedactStyle style_of(const RedactSettings &settings);

/// Their `dilate` in pixels of a frame of that many lines.
int pixels_to_dilate(const RedactSettings &settings, int frame_height);

}  // namespace naclip
