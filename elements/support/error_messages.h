// Where C++ exceptions end and GStreamer messages begin.
#pragma once

#include <gst/gst.h>

#include <type_traits>
#include <utility>

#include "model/error.h"
#include "model/process/process_exit.h"

namespace naclip {

/// Posts an error message for the exception in flight; call it in a catch block alone. Its short
/// text is Error::what(), its debug text Error::detail() behind the place where it was thrown. The
/// domain and code follow from the kind:
///
/// | ErrorKind               | GError                     |
/// | ----------------------- | -------------------------- |
/// | kSettings, kVocabulary  | LIBRARY / SETTINGS         |
/// | kNotFound               | RESOURCE / NOT_FOUND       |
/// | kRead                   | RESOURCE / READ            |
/// | kFormat                 | STREAM / WRONG_TYPE        |
/// | kModel                  | LIBRARY / INIT             |
/// | kDevice                 | RESOURCE / SETTINGS        |
/// | kMemory, std::bad_alloc | RESOURCE / NO_SPACE_LEFT   |
/// | kInference              | LIBRARY / FAILED           |
/// | kWrite                  | RESOURCE / WRITE           |
/// | kNetwork                | RESOURCE / OPEN_READ       |
/// | any other exception     | CORE / FAILED              |
///
/// Messages are posted without a lock of ours; never call this while holding one, since a bus
/// handler may call back into the element.
void post_current_exception(GstElement *self) noexcept;

/// Posts an error message as post_current_exception() does.
void post_error(GstElement *self, const Error &error) noexcept;

/// Posts a warning message with the same texts, domain and code.
void post_warning(GstElement *self, const Error &error) noexcept;

/// Runs a vfunc's body and returns its result; if it throws, posts an error, returns `fallback`.
/// If the process exits meanwhile nothing is posted, and a GstFlowReturn is GST_FLOW_FLUSHING: an
/// interpreter that has ended must not be handed another frame while exit() waits for threads of
/// ours.
///
///     return guarded(self, GST_FLOW_ERROR, [&] { … return GST_FLOW_OK; });
template <class Self, class Result, class Body>
Result guarded(Self *self, Result fallback, Body &&body) noexcept {
  constexpr bool kIsFlow = std::is_same_v<Result, GstFlowReturn>;
  try {
    const auto result = static_cast<Result>(std::forward<Body>(body)());
    if constexpr (kIsFlow) return process_exits() ? GST_FLOW_FLUSHING : result;
    return result;
  } catch (const Interrupted &) {
    if constexpr (kIsFlow) return GST_FLOW_FLUSHING;
    return fallback;
  } catch (...) {
    post_current_exception(GST_ELEMENT_CAST(self));
    return fallback;
  }
}

/// The same for a vfunc that returns nothing.
template <class Self, class Body>
void guarded(Self *self, Body &&body) noexcept {
  try {
    std::forward<Body>(body)();
  } catch (const Interrupted &) {
  } catch (...) {
    post_current_exception(GST_ELEMENT_CAST(self));
  }
}

}  // namespace naclip
