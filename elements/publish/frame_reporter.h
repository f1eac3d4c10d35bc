// All that there is to say of one stream's frames, as messages in their order.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <optional>
#include <string>

#include "elements/publish/message.h"
#include "elements/publish/message_settings.h"
#include "elements/publish/messages.h"
#include "elements/publish/schedule.h"
#include "elements/support/mask_reader.h"

namespace naclip {

/// The camera's name in messages: the property source, or else the element's name.
std::string camera_of(GstElement *element, const MessageSettings &settings);

/// Writes each frame's messages: the vocabulary where it is new, the events on the frame, and what
/// its mask shows where the schedule says so. Belongs to the streaming thread.
class FrameReporter {
 public:
  /// Takes a message; the text is valid during the call.
  using Take = std::function<void(MessageKind kind, const std::string &text)>;

  /// `element` owns this object; `element_type` is what launch lines call it.
  FrameReporter(GstElement *element, const char *element_type) : reader_(element, element_type) {}

  /// Begins a stream; `camera` is its name in messages.
  void restart(const std::string &camera);

  /// The size of the frames to come; false where these are no caps of pictures.
  bool set_caps(GstCaps *caps);

  /// Throws as MaskReader::read_or_warn() does, and what `take` throws.
  void report(GstBuffer *frame, const MessageSettings &settings, const Take &take);

  void flushed() { reader_.flushed(); }
  /// The stream has ended.
  void end() { reader_.end(); }

 private:
  MaskReader reader_;
  PublishSchedule schedule_;
  std::optional<MessageWriter> writer_;
  FrameFacts facts_;
};

}  // namespace naclip
