#!/bin/sh
# Says where libtorch would compute slowly here, and the command that changes it. Debian's package libnaclip0 runs it when
# it is installed.
#
# libtorch multiplies matrices with whatever libblas.so.3 is. The reference BLAS is 80 times slower than OpenBLAS, and
# OpenBLAS with threads of its own fights libtorch's.
command -v update-alternatives >/dev/null || exit 0
update-alternatives --get-selections |
  sed -n 's/^\(lib\(blas\|lapack\|openblas\)\.so\.[0-9]*-[^ ]*\) .*/\1/p' |
  while read -r link; do
    chosen=$(update-alternatives --query "$link" | sed -n 's/^Value: //p')
    case $chosen in
      */openblas-openmp/*) continue ;;
    esac
    fast=$(update-alternatives --list "$link" | grep /openblas-openmp/)
    echo "naclip: $link is $chosen; libtorch is fast with libopenblas0-openmp alone. As root:"
    if [ -n "$fast" ]; then
      echo "naclip:   update-alternatives --set $link $fast"
    else
      echo "naclip:   apt-get install libopenblas0-openmp"
    fi
  done >&2
exit 0
