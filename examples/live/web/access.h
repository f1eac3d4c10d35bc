// Who may ask the page's server for what.
#pragma once

#include <libsoup/soup.h>

#include <optional>
#include <string>
#include <vector>

namespace naclip::live::web {

/// Why a request is refused.
struct Refusal {
  guint status;  ///< of HTTP
  std::string why;
};

/// Keeps out strangers in the network, pages of other sites, and names that were made to point at
/// this machine (DNS rebinding).
class Access {
 public:
  /// An empty token lets everybody in. `hosts`: further names by which requests may call this
  /// machine.
  Access(std::string token, const std::vector<std::string> &hosts);

  /// Why a request comes from where it may not; none where Host is an address, localhost or a name
  /// of this machine, and neither Origin nor Sec-Fetch-Site tells of another site.
  std::optional<Refusal> foreign(SoupServerMessage *message) const;

  bool wants_token() const { return !token_.empty(); }
  /// Whether a request has the token, as `Authorization: Bearer TOKEN`, or the session's cookie.
  bool is_known(SoupServerMessage *message) const;
  /// The time that this takes does not tell where the two differ.
  bool is_token(const std::string &text) const;

  /// The header Set-Cookie for a browser that has shown the token; if `forget`, for one that leaves.
  std::string cookie(bool encrypted, bool forget) const;

 private:
  bool is_own_name(const std::string &host) const;

  std::string token_;
  std::string session_;  // the cookie's value: made from the token, so that it outlives a restart
  std::vector<std::string> names_;  // lower case
};

}  // namespace naclip::live::web
