// Owning handles for the C objects of GLib and GStreamer.
#pragma once

#include <gst/gst.h>

#include <memory>

#include <gst/naclip/naclipmeta.h>

namespace naclip {

/// Gives up one reference, or frees, whatever the type calls for. A class of one's own that derives
/// from GstElement needs no line here: it is converted to the base that has one.
struct Release {
  void operator()(GstBuffer *object) const noexcept { gst_buffer_unref(object); }
  void operator()(GstBufferList *object) const noexcept { gst_buffer_list_unref(object); }
  void operator()(GstBufferPool *object) const noexcept { gst_object_unref(object); }
  void operator()(GstBus *object) const noexcept { gst_object_unref(object); }
  void operator()(GstCaps *object) const noexcept { gst_caps_unref(object); }
  void operator()(GstElement *object) const noexcept { gst_object_unref(object); }
  void operator()(GstEvent *object) const noexcept { gst_event_unref(object); }
  void operator()(GstMessage *object) const noexcept { gst_message_unref(object); }
  void operator()(GstObject *object) const noexcept { gst_object_unref(object); }
  void operator()(GstPad *object) const noexcept { gst_object_unref(object); }
  void operator()(GstPlugin *object) const noexcept { gst_object_unref(object); }
  void operator()(GstQuery *object) const noexcept { gst_query_unref(object); }
  void operator()(GstSample *object) const noexcept { gst_sample_unref(object); }
  void operator()(GstStructure *object) const noexcept { gst_structure_free(object); }
  void operator()(GstTagList *object) const noexcept { gst_tag_list_unref(object); }
  void operator()(GstNaclipSegmentation *object) const noexcept {
    gst_naclip_segmentation_unref(object);
  }
  void operator()(GObject *object) const noexcept { g_object_unref(object); }
  void operator()(GError *object) const noexcept { g_error_free(object); }
  void operator()(gchar *object) const noexcept { g_free(object); }
  void operator()(gchar **object) const noexcept { g_strfreev(object); }
};

/// One owned reference. Take what a function returns "transfer full" with `Ptr<GstCaps>(call())`,
/// hand it over to "transfer full" arguments with `release()`; borrowed objects stay raw pointers.
template <class T>
using Ptr = std::unique_ptr<T, Release>;

/// A string from g_malloc().
using GCharPtr = Ptr<gchar>;

/// A NULL-terminated array of strings from GLib.
using GStrvPtr = Ptr<gchar *>;

/// A reference of one's own to an object that somebody else holds; null stays null.
template <class T>
Ptr<T> ref(T *borrowed) {
  if (borrowed == nullptr) return nullptr;
  if constexpr (std::is_same_v<T, GstNaclipSegmentation>) {
    return Ptr<T>(gst_naclip_segmentation_ref(borrowed));
  } else if constexpr (requires { borrowed->mini_object; }) {
    return Ptr<T>(reinterpret_cast<T *>(gst_mini_object_ref(GST_MINI_OBJECT_CAST(borrowed))));
  } else {
    return Ptr<T>(static_cast<T *>(g_object_ref(borrowed)));
  }
}

}  // namespace naclip
