#include "words.h"

#include "properties.h"

namespace naclip::live {
namespace {

/// What may help where a source cannot be opened or read; empty where nothing is known to.
std::string advice(const SourceChoice &choice, const GError &error) {
  const auto is = [&](GQuark domain, int code) {
    return error.domain == domain && error.code == code;
  };
  if (is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED))
    return "it wants a name and a password: rtsp://NAME:PASSWORD@...";
  if (is(GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN) ||
      is(GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND)) {
    return "a decoder is missing; gstreamer1.0-libav and gstreamer1.0-plugins-bad have most";
  }
  switch (choice.kind) {
    case SourceKind::kRtsp:
      return "is the server on, and are address, port and path right?";
    case SourceKind::kCamera:
      if (is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY))
        return "another program has it; close that first";
      if (!g_file_test(choice.location.c_str(), G_FILE_TEST_EXISTS))
        return "there is no such device; `ls /dev/video*` lists those that are there";
      return "does it give that size and rate (`v4l2-ctl --list-formats-ext`), and may you use it "
             "(group video)?";
    case SourceKind::kFile:
      if (error.domain == GST_STREAM_ERROR) return "it may be damaged, or no video";
      break;
    case SourceKind::kTest:
    case SourceKind::kLaunch:
      break;
  }
  return "";
}

}  // namespace

std::string source_failure(const SourceChoice &choice, const GError &error) {
  const std::string help = advice(choice, error);
  return choice.name() + ": " + error.message + (help.empty() ? "" : " (" + help + ")");
}

std::string message_text(GstMessage *message) {
  g_autoptr(GError) error = nullptr;
  g_autofree char *debug = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &error, &debug);
  } else {
    gst_message_parse_warning(message, &error, &debug);
  }
  std::string text = kind_of(GST_MESSAGE_SRC(message)) + ": " + error->message;
  // "file.cpp(123): function (): /path/of/element:\nthe cause"
  const std::string whole = debug ? debug : "";
  const auto cause = whole.find('\n');
  if (cause != std::string::npos && cause + 1 < whole.size()) {
    text += " (" + whole.substr(cause + 1) + ")";
  }
  return text;
}

}  // namespace naclip::live
