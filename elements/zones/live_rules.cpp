#include "elements/zones/live_rules.h"

#include <utility>

#include "model/error.h"

namespace naclip {
namespace {

// How often the file is looked at. Asking the file system works wherever the file lies, also where
// no notice of a change comes (network file systems).
constexpr std::chrono::milliseconds kLook{250};

}  // namespace

LiveRules::Source LiveRules::source_of(const ZonesSettings &settings) {
  Source source{settings.rules, {}, {}};
  if (!source.text.empty()) return source;
  source.file = settings.rules_file;
  source.stamp = identify_file(source.file);
  return source;
}

void LiveRules::take(const Source &source) {
  taken_ = source;
  if (source.text.empty() && source.file.empty())
    throw Error(ErrorKind::kSettings, "There are no rules. Set rules or rules-file.");
  current_ = source.text.empty() ? parse_rules_file(source.file) : parse_rules(source.text);
}

void LiveRules::begin(const ZonesSettings &settings) {
  seen_ = source_of(settings);
  next_look_ = {};
  take(seen_);
}

bool LiveRules::refresh(const ZonesSettings &settings, Time now) {
  const bool renamed = settings.rules != taken_.text ||
                       (settings.rules.empty() && settings.rules_file != taken_.file);
  if (!renamed && (!settings.rules.empty() || now < next_look_)) return false;
  next_look_ = now + kLook;
  const Source source = source_of(settings);
  const bool settled = std::exchange(seen_, source) == source;
  if (source == taken_) return false;
  // A file that is still being written, or that an editor is about to put back, is not ready to be
  // read; only one that was just named is read at once.
  if (!renamed && (!settled || !source.stamp)) return false;
  take(source);
  return true;
}

}  // namespace naclip
