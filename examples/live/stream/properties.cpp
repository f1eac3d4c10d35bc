#include "properties.h"

#include "choices.h"

namespace naclip::live {
namespace {

std::string names_of_properties(GObject *object) {
  guint count = 0;
  g_autofree GParamSpec **specs =
      g_object_class_list_properties(G_OBJECT_GET_CLASS(object), &count);
  std::string names;
  for (guint i = 0; i < count; ++i) {
    // Those of GstElement and its like are of no use here.
    if (specs[i]->owner_type != G_OBJECT_TYPE(object) || !(specs[i]->flags & G_PARAM_WRITABLE))
      continue;
    names += (names.empty() ? "" : ", ") + std::string(specs[i]->name);
  }
  return names;
}

/// What values a property takes, in words.
std::string values_of(GParamSpec *spec) {
  if (G_IS_PARAM_SPEC_ENUM(spec)) {
    const GEnumClass *choices = G_PARAM_SPEC_ENUM(spec)->enum_class;
    std::string nicks;
    for (guint i = 0; i < choices->n_values; ++i) {
      nicks += (i == 0 ? "" : ", ") + std::string(choices->values[i].value_nick);
    }
    return nicks;
  }
  if (G_IS_PARAM_SPEC_INT(spec)) {
    return "whole numbers from " + std::to_string(G_PARAM_SPEC_INT(spec)->minimum) + " to " +
           std::to_string(G_PARAM_SPEC_INT(spec)->maximum);
  }
  if (G_IS_PARAM_SPEC_DOUBLE(spec)) {
    g_autofree char *text =
        g_strdup_printf("numbers from %g to %g", G_PARAM_SPEC_DOUBLE(spec)->minimum,
                        G_PARAM_SPEC_DOUBLE(spec)->maximum);
    return text;
  }
  if (G_IS_PARAM_SPEC_BOOLEAN(spec)) return "true and false";
  return std::string("values of the type ") + g_type_name(spec->value_type);
}

/// Whether the text stands for a value of the property. Out of range is not taken for the nearest.
bool read_value(GParamSpec *spec, const std::string &text, GValue *value) {
  if (G_VALUE_HOLDS_STRING(value)) {
    g_value_set_string(value, text.c_str());
    return true;
  }
  return gst_value_deserialize_with_pspec(value, text.c_str(), spec) != FALSE &&
         g_param_value_validate(spec, value) == FALSE;
}

/// The property's value that a text stands for. Throws UsageError.
void read_text(GObject *object, const std::string &name, const std::string &text, GValue *value) {
  GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(object), name.c_str());
  if (!spec || !(spec->flags & G_PARAM_WRITABLE)) {
    throw UsageError(kind_of(GST_OBJECT(object)) + " has no property '" + name +
                     "' to set; it has " + names_of_properties(object));
  }
  g_value_init(value, spec->value_type);
  if (!read_value(spec, text, value)) {
    throw UsageError("'" + text + "' is no value of " + name + "; it takes " + values_of(spec));
  }
}

}  // namespace

std::string kind_of(GstObject *element) {
  GstElementFactory *factory =
      GST_IS_ELEMENT(element) ? gst_element_get_factory(GST_ELEMENT(element)) : nullptr;
  return factory ? GST_OBJECT_NAME(factory) : GST_OBJECT_NAME(element);
}

void check_text(GObject *object, const std::string &name, const std::string &value) {
  g_auto(GValue) read = G_VALUE_INIT;
  read_text(object, name, value, &read);
}

void set_from_text(GObject *object, const std::string &name, const std::string &value) {
  g_auto(GValue) read = G_VALUE_INIT;
  read_text(object, name, value, &read);
  g_object_set_property(object, name.c_str(), &read);
}

}  // namespace naclip::live
