#include "certificate.h"

#include <stdexcept>
#include <string>

namespace naclip::live {

GTlsCertificate *load_certificate(const CertificateChoice &choice) {
  g_autoptr(GError) error = nullptr;
  const std::string &key = choice.key_file.empty() ? choice.certificate_file : choice.key_file;
  GTlsCertificate *certificate =
      g_tls_certificate_new_from_files(choice.certificate_file.c_str(), key.c_str(), &error);
  if (!certificate) {
    throw std::runtime_error(
        "no certificate with its key could be read from " + choice.certificate_file + ": " +
        error->message + ". --tls-cert and --tls-key are PEM files (TLS needs glib-networking)");
  }
  return certificate;
}

}  // namespace naclip::live
