#include "elements/support/error_messages.h"

#include <exception>
#include <new>

#include "elements/support/ptr.h"

namespace naclip {
namespace {

struct Code {
  GQuark domain;
  gint code;
};

Code code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kSettings:
    case ErrorKind::kVocabulary:
      return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS};
    case ErrorKind::kNotFound:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND};
    case ErrorKind::kRead:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ};
    case ErrorKind::kFormat:
      return {GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE};
    case ErrorKind::kModel:
      return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT};
    case ErrorKind::kDevice:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS};
    case ErrorKind::kMemory:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT};
    case ErrorKind::kInference:
      return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED};
    case ErrorKind::kWrite:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE};
    case ErrorKind::kNetwork:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ};
  }
  return {GST_CORE_ERROR, GST_CORE_ERROR_FAILED};
}

void post(GstElement *self, GstMessageType type, Code code, const char *text, const char *detail,
          const SourcePlace &place = SourcePlace::here()) noexcept {
  // The message takes both strings; GLib ends the program where it cannot allocate them.
  gst_element_message_full(self, type, code.domain, code.code, g_strdup(text),
                           *detail != '\0' ? g_strdup(detail) : nullptr, place.file, place.function,
                           place.line);
}

}  // namespace

void post_error(GstElement *self, const Error &error) noexcept {
  post(self, GST_MESSAGE_ERROR, code_of(error.kind()), error.what(), error.detail().c_str(),
       error.place());
}

void post_warning(GstElement *self, const Error &error) noexcept {
  post(self, GST_MESSAGE_WARNING, code_of(error.kind()), error.what(), error.detail().c_str(),
       error.place());
}

void post_current_exception(GstElement *self) noexcept {
  try {
    throw;
  } catch (const Error &error) {
    post_error(self, error);
  } catch (const std::bad_alloc &error) {
    post(self, GST_MESSAGE_ERROR, code_of(ErrorKind::kMemory),
         "Out of memory. Use smaller frames, or a machine with more of it.", error.what());
  } catch (const std::exception &error) {
    post(self, GST_MESSAGE_ERROR, {GST_CORE_ERROR, GST_CORE_ERROR_FAILED},
         "Something failed that this element did not expect.", error.what());
  } catch (...) {
    post(self, GST_MESSAGE_ERROR, {GST_CORE_ERROR, GST_CORE_ERROR_FAILED},
         "Something failed that this element did not expect.", "an exception of an unknown type");
  }
}

}  // namespace naclip
