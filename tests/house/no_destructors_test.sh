#!/bin/bash
# Checks that no static object of these libraries has a destructor: a program may end while threads of ours still use it.
#
#   no_destructors_test.sh LIBRARY...
status=0
for library; do
  if nm --dynamic --undefined-only "$library" | grep -q '__cxa_atexit'; then
    echo "$library has a static object with a destructor: make it constexpr, or allocate it and never free it" >&2
    status=1
  fi
done
[ $# -gt 0 ] && exit $status
