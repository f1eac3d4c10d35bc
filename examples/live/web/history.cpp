#include "history.h"

#include "examples/live/web/json.h"

namespace naclip::live::web {
namespace {

constexpr std::size_t kMostSamples = 300;

}  // namespace

void History::add(std::int64_t time, Shares shares) {
  samples_.push_back({time, std::move(shares)});
  if (samples_.size() > kMostSamples) samples_.pop_front();
}

void History::write(JsonBuilder *json) const {
  member(json, "interval", static_cast<gint64>(1'000'000'000));
  json_builder_set_member_name(json, "samples");
  json_builder_begin_array(json);
  for (const Sample &sample : samples_) {
    json_builder_begin_object(json);
    member(json, "time", static_cast<gint64>(sample.time));
    json_builder_set_member_name(json, "shares");
    json_builder_begin_object(json);
    for (const auto &[label, share] : sample.shares) member(json, label.c_str(), share);
    json_builder_end_object(json);
    json_builder_end_object(json);
  }
  json_builder_end_array(json);
}

}  // namespace naclip::live::web
