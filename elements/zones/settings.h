// What a user of naclipzones may choose.
#pragma once

#include <array>
#include <string>

#include "elements/support/properties.h"

namespace naclip {

struct ZonesSettings {
  std::string rules, rules_file;
  std::string source;
  int max_age = 5000;  // ms; 0: any
  bool draw = false;
};

inline constexpr std::array kZonesProperties{
    Property<ZonesSettings>{"rules", "Rules",
                            "What to watch, as JSON, such as [{\"class\": \"smoke\", \"above\": "
                            "\"30%\", \"for\": 5}]",
                            &ZonesSettings::rules},
    Property<ZonesSettings>{"rules-file", "Rules file",
                            "A file that holds the rules, read where the property rules is empty",
                            &ZonesSettings::rules_file},
    Property<ZonesSettings>{
        "source", "Source",
        "Name of the naclipsegment whose masks count (empty = the nearest one upstream)",
        &ZonesSettings::source},
    Property<ZonesSettings>{"max-age", "Maximum age",
                            "Rules pause on frames whose mask is more than so many milliseconds "
                            "older than they are (0 = never)",
                            &ZonesSettings::max_age},
    Property<ZonesSettings>{"draw", "Draw", "Show zones and active events on the picture",
                            &ZonesSettings::draw},
};

/// Throws Error{kSettings} where no element could work with these.
void require_valid(const ZonesSettings &settings);

}  // namespace naclip
