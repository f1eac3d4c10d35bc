#include "access.h"

#include <gio/gio.h>

#include <algorithm>
#include <utility>

namespace naclip::live::web {
namespace {

constexpr const char *kCookie = "naclip-session";

std::string lower(const std::string &text) {
  g_autofree char *lowered = g_ascii_strdown(text.c_str(), -1);
  return lowered;
}

/// HMAC of SHA-256, in hexadecimal.
std::string digest(const std::string &key, const std::string &text) {
  g_autofree char *hex =
      g_compute_hmac_for_string(G_CHECKSUM_SHA256, reinterpret_cast<const guchar *>(key.data()),
                                key.size(), text.data(), static_cast<gssize>(text.size()));
  return hex;
}

/// Digests differ anywhere where the texts differ at all, and are compared to the end.
bool is_same_secret(const std::string &one, const std::string &other) {
  const std::string left = digest("compare", one), right = digest("compare", other);
  unsigned difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference |= static_cast<unsigned char>(left[i]) ^ static_cast<unsigned char>(right[i]);
  }
  return difference == 0;
}

std::string header(SoupServerMessage *message, const char *name) {
  const char *value =
      soup_message_headers_get_one(soup_server_message_get_request_headers(message), name);
  return value ? value : "";
}

/// "host:port" without the port, "[address]:port" without the brackets too.
std::string host_of(const std::string &authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

std::string cookie_of(SoupServerMessage *message) {
  const char *cookies =
      soup_message_headers_get_list(soup_server_message_get_request_headers(message), "Cookie");
  if (!cookies) return "";
  GHashTable *values = soup_header_parse_semi_param_list(cookies);
  const auto *value = static_cast<const char *>(g_hash_table_lookup(values, kCookie));
  std::string text = value ? value : "";
  soup_header_free_param_list(values);
  return text;
}

}  // namespace

Access::Access(std::string token, const std::vector<std::string> &hosts)
    : token_(std::move(token)), session_(digest(token_, "session of naclip-live")) {
  const std::string own = lower(g_get_host_name());
  names_ = {"localhost", own, own + ".local"};
  for (const std::string &host : hosts) names_.push_back(lower(host));
}

bool Access::is_own_name(const std::string &host) const {
  // A name can be made to point anywhere by whoever owns it; an address cannot.
  return g_hostname_is_ip_address(host.c_str()) ||
         std::find(names_.begin(), names_.end(), lower(host)) != names_.end();
}

std::optional<Refusal> Access::foreign(SoupServerMessage *message) const {
  const std::string authority = header(message, "Host");
  const std::string host = host_of(authority);
  if (!is_own_name(host)) {
    return Refusal{SOUP_STATUS_MISDIRECTED_REQUEST,
                   "this machine is not known as '" + host +
                       "': use its address, or start naclip-live with --web-host NAME"};
  }
  const std::string scheme = g_uri_get_scheme(soup_server_message_get_uri(message));
  const std::string origin = header(message, "Origin");
  const std::string site = header(message, "Sec-Fetch-Site");
  const bool foreign_origin = !origin.empty() && lower(origin) != lower(scheme + "://" + authority);
  // A link on another site may open the page; nothing else of it may be asked for from there.
  const bool is_opened = header(message, "Sec-Fetch-Mode") == "navigate" &&
                         soup_server_message_get_method(message) == SOUP_METHOD_GET &&
                         std::string(g_uri_get_path(soup_server_message_get_uri(message))) == "/";
  const bool foreign_site = !site.empty() && site != "same-origin" && site != "none" && !is_opened;
  if (foreign_origin || foreign_site)
    return Refusal{SOUP_STATUS_FORBIDDEN, "pages of other sites may not use this server"};
  return std::nullopt;
}

bool Access::is_token(const std::string &text) const {
  return wants_token() && is_same_secret(text, token_);
}

bool Access::is_known(SoupServerMessage *message) const {
  if (!wants_token()) return true;
  const std::string authorization = header(message, "Authorization");
  constexpr const char *kBearer = "bearer ";
  if (authorization.size() > 7 && lower(authorization.substr(0, 7)) == kBearer)
    return is_token(authorization.substr(7));
  return is_same_secret(cookie_of(message), session_);
}

std::string Access::cookie(bool encrypted, bool forget) const {
  return std::string(kCookie) + "=" + (forget ? "" : session_) +
         "; Path=/; HttpOnly; SameSite=Strict" + (forget ? "; Max-Age=0" : "") +
         (encrypted ? "; Secure" : "");
}

}  // namespace naclip::live::web
