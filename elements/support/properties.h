// GObject properties from a table: a property costs a field of the Settings and a row here.
//
//     struct Settings {
//       double opacity = 0.5;
//       Output output = Output::kLabels;
//     };
//     constexpr EnumTable<Output, 3> kOutputs{"GstNaclipMaskOutput",
//         {{{Output::kLabels, "labels", "Region ids"}, …}}};
//     constexpr std::array kProperties{
//         Property<Settings>{"opacity", "Opacity", "How much …", &Settings::opacity,
//         Change::kAlways, 0, 1}, Property<Settings>{"output", "Output", "What …",
//         enum_field<&Settings::output, kOutputs>(),
//                            Change::kStopped},
//     };
#pragma once

#include <gst/gst.h>

#include <array>
#include <limits>
#include <mutex>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "elements/support/error_messages.h"
#include "model/options.h"

namespace naclip {

/// When a property may be set: in NULL and READY alone, or at any time.
enum class Change { kStopped, kAlways };

/// A whole enumeration, as gst-launch-1.0 spells it and gst-inspect-1.0 explains it; must have
/// static storage.
template <class Enum, std::size_t kCount>
struct EnumTable {
  const char *type_name;  ///< of the GType, unique in the process
  std::array<Choice<Enum>, kCount> values;
};

/// Registers a GEnum that the plugin's documentation shows. `values` ends with a row of zeros and
/// must live as long as the process.
GType register_enum(const char *type_name, const GEnumValue *values);

/// The GType of a table, registered on the first call.
template <const auto &kTable>
GType enum_type() {
  // Never destroyed: the type keeps a pointer, and is used until the process ends.
  static const auto &values = *new auto([] {
    std::vector<GEnumValue> rows;
    for (const auto &row : kTable.values) {
      rows.push_back({static_cast<gint>(row.value), row.meaning, row.name});
    }
    rows.push_back({0, nullptr, nullptr});
    return rows;
  }());
  static const GType type = register_enum(kTable.type_name, values.data());
  return type;
}

/// A field of some enumeration, its type erased.
template <class Settings>
struct EnumField {
  int (*get)(const Settings &);
  void (*set)(Settings &, int);
  GType (*type)();
};

/// Registers a GFlags, as register_enum() does.
GType register_flags(const char *type_name, const GFlagsValue *values);

/// The GType of a table whose values are bits, registered on the first call.
template <const auto &kTable>
GType flags_type() {
  static const auto &values = *new auto([] {
    std::vector<GFlagsValue> rows;
    for (const auto &row : kTable.values) {
      rows.push_back({static_cast<guint>(row.value), row.meaning, row.name});
    }
    rows.push_back({0, nullptr, nullptr});
    return rows;
  }());
  static const GType type = register_flags(kTable.type_name, values.data());
  return type;
}

/// A field of bits.
template <class Settings>
struct FlagsField {
  unsigned Settings::*field;
  GType (*type)();
};

template <class Member>
struct MemberPointer;
template <class Class, class Value>
struct MemberPointer<Value Class::*> {
  using Settings = Class;
  using Type = Value;
};

/// The field of a row whose values are listed in `kTable`. `Settings`: where the field is
/// inherited, the heir.
template <auto kMember, const auto &kTable,
          class Settings = typename MemberPointer<decltype(kMember)>::Settings>
constexpr auto enum_field() {
  using Enum = typename MemberPointer<decltype(kMember)>::Type;
  return EnumField<Settings>{
      [](const Settings &settings) { return static_cast<int>(settings.*kMember); },
      [](Settings &settings, int value) { settings.*kMember = static_cast<Enum>(value); },
      &enum_type<kTable>};
}

/// The field of a row of bits, which are listed in `kTable`; `Settings` as above.
template <auto kMember, const auto &kTable,
          class Settings = typename MemberPointer<decltype(kMember)>::Settings>
constexpr auto flags_field() {
  return FlagsField<Settings>{kMember, &flags_type<kTable>};
}

/// One row. Ranges are inclusive and count for int and double fields alone; a field's default is
/// what a default-constructed Settings holds.
template <class Settings>
struct Property {
  using Field = std::variant<std::string Settings::*, int Settings::*, double Settings::*,
                             bool Settings::*, EnumField<Settings>, FlagsField<Settings>>;
  const char *name;
  const char *nick;
  const char *blurb;
  Field field;
  Change change = Change::kAlways;
  double minimum = 0;
  double maximum = std::numeric_limits<int>::max();
};

/// Tables one behind the other: of what several elements have, and of an element's own.
template <class Settings, std::size_t... kCounts>
constexpr auto joined(const std::array<Property<Settings>, kCounts> &...tables) {
  return std::apply([](const auto &...rows) { return std::array{rows...}; },
                    std::tuple_cat(tables...));
}

/// Values that were refused before their element started, by property. Thread-safe.
class RefusedValues {
 public:
  void remember(const char *property, const Error &error);
  /// Where the property has a good value now.
  void forget(const char *property);
  /// Throws what was remembered first. For the element's start: an element outside a pipeline has
  /// no bus, so a warning may have been lost.
  void throw_first() const;

 private:
  struct Refused {
    std::string property;
    Error error;
  };

  mutable std::mutex mutex_;
  std::vector<Refused> refused_;
};

/// Whether the element has started, or is about to.
bool is_running(GstElement *self);

/// Whether `self` may still take a property of this kind. Posts a warning that says so where it may
/// not.
bool may_change(GstElement *self, const char *name, Change change);

/// The GParamSpec's flags: readable, writable, and what gst-inspect-1.0 says of the states.
GParamFlags property_flags(Change change, bool numeric);

namespace detail {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

template <class Settings>
GParamSpec *make_param_spec(const Property<Settings> &row, const Settings &defaults) {
  const auto flags = [&](bool numeric) { return property_flags(row.change, numeric); };
  return std::visit(
      Overloaded{[&](std::string Settings::*field) {
                   return g_param_spec_string(row.name, row.nick, row.blurb,
                                              (defaults.*field).c_str(), flags(false));
                 },
                 [&](int Settings::*field) {
                   return g_param_spec_int(
                       row.name, row.nick, row.blurb, static_cast<int>(row.minimum),
                       static_cast<int>(row.maximum), defaults.*field, flags(true));
                 },
                 [&](double Settings::*field) {
                   return g_param_spec_double(row.name, row.nick, row.blurb, row.minimum,
                                              row.maximum, defaults.*field, flags(true));
                 },
                 [&](bool Settings::*field) {
                   return g_param_spec_boolean(row.name, row.nick, row.blurb, defaults.*field,
                                               flags(false));
                 },
                 [&](const EnumField<Settings> &field) {
                   return g_param_spec_enum(row.name, row.nick, row.blurb, field.type(),
                                            field.get(defaults), flags(false));
                 },
                 [&](const FlagsField<Settings> &field) {
                   return g_param_spec_flags(row.name, row.nick, row.blurb, field.type(),
                                             defaults.*field.field, flags(false));
                 }},
      row.field);
}

template <class Settings>
void store(const Property<Settings> &row, Settings &settings, const GValue *value) {
  std::visit(
      Overloaded{
          [&](std::string Settings::*field) {
            const char *text = g_value_get_string(value);
            settings.*field = text != nullptr ? text : "";
          },
          [&](int Settings::*field) { settings.*field = g_value_get_int(value); },
          [&](double Settings::*field) { settings.*field = g_value_get_double(value); },
          [&](bool Settings::*field) { settings.*field = g_value_get_boolean(value) != FALSE; },
          [&](const EnumField<Settings> &field) { field.set(settings, g_value_get_enum(value)); },
          [&](const FlagsField<Settings> &field) {
            settings.*field.field = g_value_get_flags(value);
          }},
      row.field);
}

template <class Settings>
void load(const Property<Settings> &row, const Settings &settings, GValue *value) {
  std::visit(
      Overloaded{
          [&](std::string Settings::*field) {
            g_value_set_string(value, (settings.*field).c_str());
          },
          [&](int Settings::*field) { g_value_set_int(value, settings.*field); },
          [&](double Settings::*field) { g_value_set_double(value, settings.*field); },
          [&](bool Settings::*field) { g_value_set_boolean(value, settings.*field); },
          [&](const EnumField<Settings> &field) { g_value_set_enum(value, field.get(settings)); },
          [&](const FlagsField<Settings> &field) {
            g_value_set_flags(value, settings.*field.field);
          }},
      row.field);
}

}  // namespace detail

/// Installs one property per row, with ids 1, 2, … in the rows' order. Ids above them are the
/// element's.
template <class Settings, std::size_t kCount>
void install_properties(GObjectClass *object_class,
                        const std::array<Property<Settings>, kCount> &rows) {
  const Settings defaults;
  for (std::size_t index = 0; index < kCount; ++index) {
    g_object_class_install_property(object_class, static_cast<guint>(index + 1),
                                    detail::make_param_spec(rows[index], defaults));
  }
}

/// The body of GObjectClass::get_property.
template <class Settings, std::size_t kCount>
void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec,
                  const std::array<Property<Settings>, kCount> &rows, const Settings &settings,
                  std::mutex &mutex) noexcept {
  if (id == 0 || id > kCount) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    return;
  }
  guarded(GST_ELEMENT_CAST(object), [&] {
    const Settings copy = [&] {
      const std::lock_guard lock(mutex);
      return settings;
    }();
    detail::load(rows[id - 1], copy, value);
  });
}

/// The body of GObjectClass::set_property; true where the value was taken. `accept` sees the
/// settings as they would be, outside the lock, and throws Error to refuse them: that becomes a
/// warning on the bus and the old value stays. Before the element has started the error is also
/// stored in `refused`, so that start can fail with it.
template <class Settings, std::size_t kCount, class Accept>
bool set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec,
                  const std::array<Property<Settings>, kCount> &rows, Settings &settings,
                  std::mutex &mutex, RefusedValues &refused, Accept &&accept) noexcept {
  if (id == 0 || id > kCount) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    return false;
  }
  GstElement *self = GST_ELEMENT_CAST(object);
  return guarded(self, false, [&] {
    const Property<Settings> &row = rows[id - 1];
    if (!may_change(self, row.name, row.change)) return false;
    std::unique_lock lock(mutex);
    Settings candidate = settings;
    lock.unlock();
    detail::store(row, candidate, value);
    try {
      accept(std::as_const(candidate));
    } catch (const Error &error) {
      if (!is_running(self)) refused.remember(row.name, error);
      post_warning(self, error);
      return false;
    }
    refused.forget(row.name);
    // Only this row: another thread may have set another one meanwhile.
    lock.lock();
    detail::store(row, settings, value);
    return true;
  });
}

/// As above, where every value in range will do.
template <class Settings, std::size_t kCount>
bool set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec,
                  const std::array<Property<Settings>, kCount> &rows, Settings &settings,
                  std::mutex &mutex) noexcept {
  RefusedValues none;
  return set_property(object, id, value, spec, rows, settings, mutex, none,
                      [](const Settings &) {});
}

}  // namespace naclip
