#include "elements/objects/object_search.h"

#include <utility>

namespace naclip {

const FoundObjects &ObjectSearch::find(std::size_t index, const ChosenMask &chosen,
                                       const ObjectLimits &limits, FrameSize frame) {
  const FrameMask &mask = chosen.mask;
  if (last_.size() <= index) last_.resize(index + 1);
  Search &last = last_[index];
  if (last.mask.get() != mask.identity() || last.rectangle != mask.rectangle() ||
      last.chosen != chosen.chosen || last.limits != limits || last.frame != frame) {
    const LabelView view{mask.labels(), mask.stride(), mask.width(), mask.height(),
                         mask.bytes_per_label()};
    FoundObjects found = find_objects(view, mask.rectangle(), chosen.chosen, limits, frame);
    last = {mask.hold(), mask.rectangle(), chosen.chosen, limits, frame, std::move(found)};
    ++searched_;
  }
  return last.found;
}

}  // namespace naclip
