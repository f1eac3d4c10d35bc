#include "options.h"

#include <gio/gio.h>
#include <gst/gst.h>

#include <cctype>
#include <charconv>
#include <cstring>
#include <regex>

namespace naclip::live {
namespace {

constexpr const char *kSummary =
    "Watches a camera, an RTSP stream or a file, and marks in it what you name.\n"
    "Words typed while it plays are the new vocabulary; :help tells what else can be typed.";
constexpr const char *kDescription =
    "SOURCE is a camera (0, /dev/video0), rtsp://... (rtspu://... for UDP), a file or URI, `test` "
    "or\n"
    "`test:PATTERN` (a pattern of videotestsrc), or `launch:TEXT` with a live source as for\n"
    "gst-launch-1.0, such as launch:libcamerasrc.\n\n"
    "Examples:\n"
    "  naclip-live --model ViT-B/16 --source 0 --vocabulary 'person; cup; chair; background: "
    "wall'\n"
    "  naclip-live --model ViT-B/16 --source rtsp://camera.local/stream --output out.mkv\n"
    "  naclip-live --model ViT-B/16 --source 0 --record-on 'person above 5%' --annotations\n"
    "  naclip-live --model ViT-B/16 --source 0 --serve 8554 --headless\n"
    "  naclip-live --model ViT-B/16 --source 0 --web 8080\n"
    "  naclip-live --model ViT-B/16 --source 0 --serve 0.0.0.0:8554 --serve-user me \\\n"
    "    --serve-password-file secret.txt --tls-cert cert.pem --tls-key key.pem";

constexpr std::size_t kShortestToken = 16;  // characters
constexpr double kLongestClip = 3600;       // seconds before or after an event

bool is_number(const std::string &text) {
  if (text.empty()) return false;
  for (const unsigned char one : text) {
    if (!std::isdigit(one)) return false;
  }
  return true;
}

SourceChoice parse_source(const std::string &text) {
  if (text == "test") return {SourceKind::kTest, "ball"};
  if (text.starts_with("test:")) return {SourceKind::kTest, text.substr(5)};
  if (text.starts_with("launch:")) return {SourceKind::kLaunch, text.substr(7)};
  if (text.starts_with("rtsp") && text.find("://") != std::string::npos)
    return {SourceKind::kRtsp, text};
  if (is_number(text)) return {SourceKind::kCamera, "/dev/video" + text};
  if (text.starts_with("/dev/")) return {SourceKind::kCamera, text};
  if (gst_uri_is_valid(text.c_str())) return {SourceKind::kFile, text};
  if (!g_file_test(text.c_str(), G_FILE_TEST_EXISTS)) {
    throw UsageError("there is no file " + text +
                     "; --source takes a file, a camera (0, /dev/video0), rtsp://... or test");
  }
  g_autofree char *uri = gst_filename_to_uri(text.c_str(), nullptr);
  return {SourceKind::kFile, uri};
}

/// "WIDTHxHEIGHT" of at least one pixel.
void parse_size(const std::string &text, SourceChoice &source) {
  const char *end = text.data() + text.size();
  const auto [cross, width_error] = std::from_chars(text.data(), end, source.width);
  const bool halfway = width_error == std::errc() && cross != end && *cross == 'x';
  const auto [rest, height_error] = std::from_chars(halfway ? cross + 1 : end, end, source.height);
  if (!halfway || height_error != std::errc() || rest != end || source.width < 1 ||
      source.height < 1) {
    throw UsageError("--size is written as in --size 640x480, not " + text);
  }
}

/// [ADDRESS:]PORT; false where it is not written so.
bool parse_listen(const std::string &text, ListenChoice &choice) {
  const auto colon = text.rfind(':');
  if (colon != std::string::npos) {
    choice.address = text.substr(0, colon);
    if (choice.address.starts_with('[') && choice.address.ends_with(']'))
      choice.address = choice.address.substr(1, choice.address.size() - 2);
  }
  choice.port = colon == std::string::npos ? text : text.substr(colon + 1);
  return is_number(choice.port) && choice.port.size() <= 5 && std::stoi(choice.port) <= 65535 &&
         !choice.address.empty();
}

/// [ADDRESS:]PORT[/path]
ServeChoice parse_serve(const std::string &text) {
  ServeChoice serve;
  const auto slash = text.find('/');
  if (slash != std::string::npos && slash + 1 < text.size()) serve.path = text.substr(slash);
  if (!parse_listen(text.substr(0, slash), serve)) {
    throw UsageError(
        "--serve is written as in --serve 8554, --serve 8554/door or, to be reached "
        "from other machines, --serve 0.0.0.0:8554/door; not " +
        text);
  }
  return serve;
}

std::string first_line(const std::string &file) {
  g_autofree char *text = nullptr;
  g_autoptr(GError) error = nullptr;
  if (!g_file_get_contents(file.c_str(), &text, nullptr, &error)) throw UsageError(error->message);
  const std::string line(text, std::strcspn(text, "\r\n"));
  if (line.empty()) throw UsageError("the first line of " + file + ", the secret, is empty");
  return line;
}

/// What GOption fills; freed with this object.
struct Raw {
  char *source = nullptr, *size = nullptr, *model = nullptr, *vocabulary = nullptr,
       *vocabulary_file = nullptr, *mode = nullptr, *output = nullptr, *serve = nullptr,
       *serve_user = nullptr, *serve_password_file = nullptr, *web = nullptr,
       *web_token_file = nullptr, *tls_cert = nullptr, *tls_key = nullptr, *record_to = nullptr,
       *record_on = nullptr;
  char **set = nullptr, **overlay = nullptr, **web_host = nullptr;
  int rate = 0;
  double status = 0, before = RecordingChoice().before, after = RecordingChoice().after;
  gboolean wait = FALSE, window = FALSE, headless = FALSE, serve_insecure = FALSE,
           web_insecure = FALSE, annotations = FALSE, record_plain = FALSE;

  Raw() = default;
  Raw(const Raw &) = delete;
  Raw &operator=(const Raw &) = delete;
  ~Raw() {
    for (char *text :
         {source, size, model, vocabulary, vocabulary_file, mode, output, serve, serve_user,
          serve_password_file, web, web_token_file, tls_cert, tls_key, record_to, record_on}) {
      g_free(text);
    }
    g_strfreev(set);
    g_strfreev(overlay);
    g_strfreev(web_host);
  }
};

void parse_command_line(int argc, char **argv, Raw &raw) {
  const GOptionEntry entries[] = {
      {"source", 's', 0, G_OPTION_ARG_STRING, &raw.source, "Where frames come from (test)",
       "SOURCE"},
      {"size", 0, 0, G_OPTION_ARG_STRING, &raw.size, "Size wanted of a camera or the test pictures",
       "WIDTHxHEIGHT"},
      {"rate", 0, 0, G_OPTION_ARG_INT, &raw.rate, "Frames a second wanted of them", "N"},
      {"wait", 0, 0, G_OPTION_ARG_NONE, &raw.wait, "Wait for an RTSP server that is not there yet",
       nullptr},
      {"model", 'm', 0, G_OPTION_ARG_STRING, &raw.model,
       "Checkpoint, or the name of a fetched one, such as ViT-B/16", "MODEL"},
      {"vocabulary", 'v', 0, G_OPTION_ARG_STRING, &raw.vocabulary,
       "What to look for, such as 'person; car, truck'", "WORDS"},
      {"vocabulary-file", 'V', 0, G_OPTION_ARG_FILENAME, &raw.vocabulary_file,
       "A file with the vocabulary", "FILE"},
      {"mode", 0, 0, G_OPTION_ARG_STRING, &raw.mode,
       "auto, sync (each frame waits for its mask) or async (none waits)", "MODE"},
      {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw.set,
       "Any property of naclipsegment; may be given again", "NAME=VALUE"},
      {"overlay", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw.overlay,
       "Any property of naclipoverlay; may be given again", "NAME=VALUE"},
      {"window", 'w', 0, G_OPTION_ARG_NONE, &raw.window,
       "Show a window (what is done where no other output is named)", nullptr},
      {"output", 'o', 0, G_OPTION_ARG_FILENAME, &raw.output, "Record into a .mkv or .webm file",
       "FILE"},
      {"annotations", 0, 0, G_OPTION_ARG_NONE, &raw.annotations,
       "Record masks and JSON, too, as tracks of their own (.mkv)", nullptr},
      {"record-plain", 0, 0, G_OPTION_ARG_NONE, &raw.record_plain,
       "Record the picture without masks drawn on it", nullptr},
      {"record-to", 0, 0, G_OPTION_ARG_FILENAME, &raw.record_to,
       "Where :record and --record-on write files (the current folder)", "FOLDER"},
      {"record-on", 0, 0, G_OPTION_ARG_STRING, &raw.record_on,
       "Record a clip while this holds, such as 'person above 5%'; or a rule of naclipzones, JSON",
       "RULE"},
      {"before", 0, 0, G_OPTION_ARG_DOUBLE, &raw.before, "How much earlier a clip begins (10)",
       "SECONDS"},
      {"after", 0, 0, G_OPTION_ARG_DOUBLE, &raw.after, "How much later a clip ends (20)",
       "SECONDS"},
      {"serve", 0, 0, G_OPTION_ARG_STRING, &raw.serve,
       "Serve by RTSP, to this machine alone where no address is named", "[ADDRESS:]PORT[/PATH]"},
      {"serve-user", 0, 0, G_OPTION_ARG_STRING, &raw.serve_user, "Who may watch it", "NAME"},
      {"serve-password-file", 0, 0, G_OPTION_ARG_FILENAME, &raw.serve_password_file,
       "A file whose first line is that user's password", "FILE"},
      {"serve-insecure", 0, 0, G_OPTION_ARG_NONE, &raw.serve_insecure,
       "Let everybody in the network watch", nullptr},
      {"web", 0, 0, G_OPTION_ARG_STRING, &raw.web,
       "Serve a page with the picture and its words, to this machine alone where no address is "
       "named",
       "[ADDRESS:]PORT"},
      {"web-token-file", 0, 0, G_OPTION_ARG_FILENAME, &raw.web_token_file,
       "A file whose first line is the token that the page asks for", "FILE"},
      {"web-insecure", 0, 0, G_OPTION_ARG_NONE, &raw.web_insecure,
       "Let everybody in the network use the page", nullptr},
      {"web-host", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw.web_host,
       "A further name of this machine in the network; may be given again", "NAME"},
      {"tls-cert", 0, 0, G_OPTION_ARG_FILENAME, &raw.tls_cert,
       "Serve encrypted (rtsps://, https://), with this certificate, PEM", "FILE"},
      {"web-cert", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &raw.tls_cert, nullptr, "FILE"},
      {"web-key", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &raw.tls_key, nullptr, "FILE"},
      {"tls-key", 0, 0, G_OPTION_ARG_FILENAME, &raw.tls_key,
       "Its private key, PEM, where the certificate's file does not hold it", "FILE"},
      {"headless", 0, 0, G_OPTION_ARG_NONE, &raw.headless, "No window", nullptr},
      {"status", 0, 0, G_OPTION_ARG_DOUBLE, &raw.status,
       "Seconds between status lines (1 on a terminal, else 10)", "SECONDS"},
      {}};
  g_autoptr(GOptionContext) context = g_option_context_new(nullptr);
  g_option_context_set_summary(context, kSummary);
  g_option_context_set_description(context, kDescription);
  g_option_context_add_main_entries(context, entries, nullptr);
  g_option_context_add_group(context, gst_init_get_option_group());
  g_autoptr(GError) error = nullptr;
  if (!g_option_context_parse(context, &argc, &argv, &error)) throw UsageError(error->message);
  if (argc > 1) {
    throw UsageError(std::string(argv[1]) + " is not an option; name the source with --source");
  }
}

void add(std::vector<Assignment> &assignments, const char *name, const char *value) {
  if (value) assignments.emplace_back(name, value);
}

std::vector<Assignment> segment_properties(const Raw &raw) {
  std::vector<Assignment> properties;
  add(properties, "model", raw.model);
  add(properties, "vocabulary", raw.vocabulary);
  add(properties, "vocabulary-file", raw.vocabulary_file);
  add(properties, "mode", raw.mode);
  for (char **one = raw.set; one && *one; ++one) properties.push_back(parse_assignment(*one));
  bool model = false, words = false;
  for (const auto &[name, value] : properties) {
    model |= name == "model";
    words |= name.starts_with("vocabulary");
  }
  if (!model) {
    throw UsageError(
        "which model? --model FILE, or --model ViT-B/16 once `naclip-model fetch "
        "ViT-B/16` has brought it");
  }
  // On the page words can be typed.
  if (!words && raw.web) properties.emplace_back("vocabulary", "background");
  if (!words && !raw.web) throw UsageError("what to look for? --vocabulary 'person; car, truck'");
  return properties;
}

CertificateChoice certificate_choice(const Raw &raw) {
  if (!raw.serve && !raw.web && (raw.tls_cert || raw.tls_key))
    throw UsageError("--tls-... is about --serve and --web, which are missing");
  if (raw.tls_key && !raw.tls_cert)
    throw UsageError("--tls-key is the key of a certificate: name it with --tls-cert");
  CertificateChoice choice;
  if (raw.tls_cert) choice.certificate_file = raw.tls_cert;
  if (raw.tls_key) choice.key_file = raw.tls_key;
  return choice;
}

/// None without --serve, which the others are about.
std::optional<ServeChoice> serve_choice(const Raw &raw) {
  if (!raw.serve) {
    if (raw.serve_user || raw.serve_password_file || raw.serve_insecure)
      throw UsageError("--serve-... is about --serve, which is missing");
    return std::nullopt;
  }
  ServeChoice serve = parse_serve(raw.serve);
  if (!raw.serve_user != !raw.serve_password_file)
    throw UsageError("--serve-user and --serve-password-file go together");
  if (raw.serve_user) {
    serve.user = raw.serve_user;
    serve.password = first_line(raw.serve_password_file);
  }
  if (raw.serve_user && raw.serve_insecure)
    throw UsageError("--serve-user or --serve-insecure, not both");
  serve.open = serve.user.empty() && !serve.is_loopback();
  if (serve.open && !raw.serve_insecure)
    throw UsageError("at " + serve.address +
                     " the network can reach the stream: say who may watch it with --serve-user "
                     "NAME --serve-password-file FILE, or let everybody with --serve-insecure");
  serve.certificate = certificate_choice(raw);
  return serve;
}

/// None without --web, which the others are about.
std::optional<WebChoice> web_choice(const Raw &raw) {
  if (!raw.web) {
    if (raw.web_token_file || raw.web_insecure || raw.web_host)
      throw UsageError("--web-... is about --web, which is missing");
    return std::nullopt;
  }
  WebChoice web;
  if (!parse_listen(raw.web, web)) {
    throw UsageError(
        "--web is written as in --web 8080 or, to be reached from other machines, "
        "--web 0.0.0.0:8080; not " +
        std::string(raw.web));
  }
  if (raw.web_token_file && raw.web_insecure)
    throw UsageError("--web-token-file or --web-insecure, not both");
  if (raw.web_token_file) {
    web.token = first_line(raw.web_token_file);
    if (web.token.size() < kShortestToken) {
      throw UsageError("the token in " + std::string(raw.web_token_file) + " has to have " +
                       std::to_string(kShortestToken) +
                       " characters or more, such as `openssl rand -hex 16` prints");
    }
  }
  web.open = web.token.empty() && !web.is_loopback();
  if (web.open && !raw.web_insecure)
    throw UsageError("at " + web.address +
                     " the network can reach the page: name what users have to know with "
                     "--web-token-file FILE, or let everybody with --web-insecure");
  for (char **host = raw.web_host; host && *host; ++host) web.hosts.emplace_back(*host);
  web.certificate = certificate_choice(raw);
  return web;
}

RecordingChoice recording_choice(const Raw &raw) {
  RecordingChoice recording;
  recording.annotations = raw.annotations != FALSE;
  recording.plain = raw.record_plain != FALSE;
  if (raw.record_to) recording.folder = raw.record_to;
  if (!g_file_test(recording.folder.c_str(), G_FILE_TEST_IS_DIR))
    throw UsageError("there is no folder " + recording.folder + " for --record-to");
  if (raw.record_on) recording.rules = parse_rule(raw.record_on);
  recording.before = raw.before;
  recording.after = raw.after;
  if (!(raw.before >= 0 && raw.before <= kLongestClip) ||
      !(raw.after >= 0 && raw.after <= kLongestClip))
    throw UsageError("--before and --after are numbers of seconds, at most 3600");
  if (recording.annotations && raw.output && g_str_has_suffix(raw.output, ".webm"))
    throw UsageError("--annotations needs a .mkv file: .webm has no place for masks");
  return recording;
}

/// A JSON string.
std::string quoted(const std::string &text) {
  std::string json = "\"";
  for (const char one : text) {
    if (one == '"' || one == '\\') json += '\\';
    json += one;
  }
  return json + '"';
}

}  // namespace

std::string parse_rule(const std::string &text) {
  const auto begin = text.find_first_not_of(" \t\n");
  if (begin != std::string::npos && (text[begin] == '{' || text[begin] == '[')) return text;
  static const std::regex kShort(R"(\s*(.*\S)\s+(above|below)\s+(\d+(?:\.\d+)?)\s*%\s*)");
  std::smatch parts;
  if (!std::regex_match(text, parts, kShort))
    throw UsageError(
        "--record-on is written as in 'person above 5%' or 'person below 1%', or is a "
        "rule of naclipzones as JSON, {\"class\": \"person\", ...}; not " +
        text);
  return "[{\"class\":" + quoted(parts[1]) + ",\"" + parts[2].str() + "\":\"" + parts[3].str() +
         "%\"}]";
}

Assignment parse_assignment(const std::string &text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw UsageError("'" + text + "' is not NAME=VALUE, such as threshold=0.4");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Options parse_options(int argc, char **argv) {
  Raw raw;
  parse_command_line(argc, argv, raw);
  Options options;
  options.source = parse_source(raw.source ? raw.source : "test");
  const bool takes_size =
      options.source.kind == SourceKind::kTest || options.source.kind == SourceKind::kCamera;
  if ((raw.size || raw.rate) && !takes_size) {
    throw UsageError(
        "--size and --rate are for cameras and test pictures; others come as they are");
  }
  if (raw.size) parse_size(raw.size, options.source);
  if (raw.rate < 0) throw UsageError("--rate is a whole number of frames a second");
  options.source.rate = raw.rate;
  options.wait = raw.wait != FALSE;
  options.segment = segment_properties(raw);
  for (char **one = raw.overlay; one && *one; ++one) {
    options.overlay.push_back(parse_assignment(*one));
  }
  if (raw.output) options.output = raw.output;
  if (raw.output && !options.output.ends_with(".mkv") && !options.output.ends_with(".webm")) {
    throw UsageError("--output writes .mkv and .webm files, not " + options.output);
  }
  certificate_choice(raw);
  options.serve = serve_choice(raw);
  options.web = web_choice(raw);
  options.recording = recording_choice(raw);
  if (raw.window && raw.headless) throw UsageError("--window or --headless, not both");
  options.window = raw.window || (!raw.output && !raw.serve && !raw.web && !raw.headless);
  if (raw.status < 0) throw UsageError("--status is a number of seconds");
  options.status_seconds = raw.status;
  return options;
}

}  // namespace naclip::live
