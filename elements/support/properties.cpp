#include "elements/support/properties.h"

namespace naclip {

GType register_enum(const char *type_name, const GEnumValue *values) {
  const GType type = g_enum_register_static(type_name, values);
  gst_type_mark_as_plugin_api(type, static_cast<GstPluginAPIFlags>(0));
  return type;
}

GType register_flags(const char *type_name, const GFlagsValue *values) {
  const GType type = g_flags_register_static(type_name, values);
  gst_type_mark_as_plugin_api(type, static_cast<GstPluginAPIFlags>(0));
  return type;
}

GParamFlags property_flags(Change change, bool numeric) {
  int flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
  if (change == Change::kStopped) {
    flags |= GST_PARAM_MUTABLE_READY;
  } else {
    flags |= GST_PARAM_MUTABLE_PLAYING | (numeric ? GST_PARAM_CONTROLLABLE : 0);
  }
  return static_cast<GParamFlags>(flags);
}

void RefusedValues::remember(const char *property, const Error &error) {
  forget(property);
  const std::lock_guard lock(mutex_);
  refused_.push_back({property, error});
}

void RefusedValues::forget(const char *property) {
  const std::lock_guard lock(mutex_);
  std::erase_if(refused_, [&](const Refused &one) { return one.property == property; });
}

void RefusedValues::throw_first() const {
  const std::lock_guard lock(mutex_);
  if (!refused_.empty()) throw refused_.front().error;
}

bool is_running(GstElement *self) {
  GST_OBJECT_LOCK(self);
  // On the way up the next state counts too: start() may be reading the settings already.
  const bool running = GST_STATE(self) > GST_STATE_READY || GST_STATE_NEXT(self) > GST_STATE_READY;
  GST_OBJECT_UNLOCK(self);
  return running;
}

bool may_change(GstElement *self, const char *name, Change change) {
  if (change == Change::kAlways) return true;
  const bool running = is_running(self);
  if (running) {
    post_warning(self,
                 Error(ErrorKind::kSettings,
                       std::string("The property ") + name +
                           " can only be set in the NULL or READY state. It stays as it was."));
  }
  return !running;
}

}  // namespace naclip
