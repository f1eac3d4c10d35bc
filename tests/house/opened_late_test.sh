#!/bin/bash
# Checks that these plugin files can be loaded where the libraries that they open later are missing.
#
#   opened_late_test.sh PLUGIN...
status=0
for plugin; do
  needed=$(readelf --dynamic "$plugin" | grep NEEDED) || exit 1
  if grep -E 'mosquitto|rdkafka|torch|libnaclip\.so' <<<"$needed"; then
    echo "$plugin is linked with this library, which it has to open when an element starts" >&2
    status=1
  fi
done
[ $# -gt 0 ] && exit $status
