#include "elements/zones/settings.h"

#include "elements/zones/rules.h"

namespace naclip {

void require_valid(const ZonesSettings &settings) {
  if (!settings.rules.empty()) parse_rules(settings.rules);
}

}  // namespace naclip
