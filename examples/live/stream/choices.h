// What a user may choose.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace naclip::live {

/// What was written cannot be followed; the text says what to write instead.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class SourceKind {
  kTest,    ///< moving test pictures
  kCamera,  ///< of V4L2
  kRtsp,
  kFile,    ///< a file, or a URI that ends
  kLaunch,  ///< a live source written as for gst-launch-1.0
};

/// Where frames come from.
struct SourceChoice {
  SourceKind kind = SourceKind::kTest;
  std::string location;  ///< pattern, device, URL, URI or launch text
  int width = 0;         ///< wanted of a camera or the test pictures, pixels; 0: its own choice
  int height = 0;
  int rate = 0;  ///< frames a second, likewise

  /// Whether frames come at their own pace, and late ones are of no use.
  bool live() const { return kind != SourceKind::kFile; }
  /// How to call it in a message: a URL without the password in it.
  std::string name() const;
};

/// What TLS encrypts with, PEM files.
struct CertificateChoice {
  std::string certificate_file;  ///< empty: nothing is encrypted
  std::string key_file;          ///< empty: the certificate's file holds the key
};

/// Where a server listens.
struct ListenChoice {
  std::string address = "127.0.0.1";
  std::string port;  ///< 0: any that is free

  /// Whether this machine alone can reach it.
  bool is_loopback() const;
  /// The address as it stands in a URL that works on this machine.
  std::string url_host() const;
};

/// Where annotated frames are served by RTSP.
struct ServeChoice : ListenChoice {
  std::string path = "/live";
  std::string user, password;  ///< who may watch, by digest authentication; empty: everybody
  bool open = false;           ///< to everybody in the network
  CertificateChoice certificate;
};

/// Where the page is served.
struct WebChoice : ListenChoice {
  std::string token;               ///< what a user has to know; empty: nothing
  bool open = false;               ///< to everybody in the network
  std::vector<std::string> hosts;  ///< further names that this machine has in the network
  CertificateChoice certificate;
};

/// What recordings hold, and when there are some beside --output.
struct RecordingChoice {
  bool annotations = false;        ///< masks and messages as tracks of their own
  bool plain = false;              ///< the picture without masks drawn on it
  std::string folder = ".";        ///< of recordings on demand and clips
  std::string rules;               ///< of naclipzones, whose events are recorded; empty: none
  double before = 10, after = 20;  ///< seconds of a clip around its events
};

/// A property and its value, as written.
using Assignment = std::pair<std::string, std::string>;

struct Options {
  SourceChoice source;
  bool wait = false;  ///< for an RTSP server that is not there yet

  bool window = false;
  std::string output;  ///< a file; empty: none
  std::optional<ServeChoice> serve;
  std::optional<WebChoice> web;
  RecordingChoice recording;

  std::vector<Assignment> segment;  ///< properties of naclipsegment, in the order to be set
  std::vector<Assignment> overlay;  ///< properties of naclipoverlay
  double status_seconds = 0;        ///< between two status lines; 0: as fits the output
};

}  // namespace naclip::live
