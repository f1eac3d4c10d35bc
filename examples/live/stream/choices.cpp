#include "choices.h"

#include <gio/gio.h>

namespace naclip::live {

bool ListenChoice::is_loopback() const {
  if (address == "localhost") return true;
  g_autoptr(GInetAddress) parsed = g_inet_address_new_from_string(address.c_str());
  return parsed && g_inet_address_get_is_loopback(parsed);
}

std::string ListenChoice::url_host() const {
  // These stand for every address of this machine.
  if (address == "0.0.0.0") return "127.0.0.1";
  if (address == "::") return "[::1]";
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

std::string SourceChoice::name() const {
  if (kind == SourceKind::kTest) return "the test pictures";
  const auto scheme = location.find("://");
  if (scheme == std::string::npos || kind == SourceKind::kLaunch) return location;
  const auto at = location.rfind('@', location.find('/', scheme + 3));
  if (at == std::string::npos) return location;
  return location.substr(0, scheme + 3) + location.substr(at + 1);
}

}  // namespace naclip::live
