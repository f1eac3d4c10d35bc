// A message on its way.
#pragma once

#include <string>

namespace naclip {

enum class MessageKind { kFrame, kEvent, kStatus, kVocabulary };

/// The kind's name in topics, which is the message's type.
constexpr const char *name_of(MessageKind kind) {
  switch (kind) {
    case MessageKind::kFrame:
      return "frame";
    case MessageKind::kEvent:
      return "event";
    case MessageKind::kStatus:
      return "status";
    default:
      return "vocabulary";
  }
}

/// Whether it describes the source until the next one of its kind: an MQTT broker retains it.
constexpr bool is_retained(MessageKind kind) {
  return kind == MessageKind::kStatus || kind == MessageKind::kVocabulary;
}

struct Message {
  MessageKind kind;
  std::string text;  ///< JSON, one line without its end
};

}  // namespace naclip
