#!/bin/bash
# Does the tasks of naclip-archive with GNU parallel, on this machine or on others over ssh.
#
#   pipelines/archive-parallel.sh TASKS [option of parallel]...
#
#   pipelines/archive-parallel.sh archive                                    # this machine
#   GPUS=2 pipelines/archive-parallel.sh archive                             # a process for each of its two GPUs
#   pipelines/archive-parallel.sh archive --sshlogin one,two,three,four      # four others
#
# TASKS is the file tasks.jsonl or its folder, which has the same path on all machines; naclip-archive is on their PATH.
# One process at a time runs on a machine, or one a GPU: it uses all cores and does STREAMS tasks at once (2) on one model.
# A process is given EACH tasks (4), each a line of the joblog. What was not done, the same command does later.
#
# A process that fails is run again, twice, on another machine if there is one; one that asks for another time, status 75,
# WAIT seconds later (60). Bad input, status 65, is no failure here: `status` at the end counts it. When ten fail, as all do
# with wrong settings or a full disk, no more are begun; --halt sets another number.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
[ $# -ge 1 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[[ $(parallel --version 2>/dev/null) == "GNU parallel"* ]] || # moreutils has another one
  { echo "archive-parallel.sh: GNU parallel is missing; on Debian: apt-get install parallel" >&2; exit 1; }
find_tasks "$1"
shift

each=${EACH:-4}
parts=$(((count + each - 1) / each))
# Parts are known by their numbers, so that other tasks or another EACH need another joblog.
joblog=${tasks%.jsonl}-$(sha256sum "$tasks" | head -c 8)-$each.joblog

# What one process is lies beside the tasks, where all machines see it. A lock tells which GPU is free: slots of parallel are
# numbered over all machines. The kernel releases it however the process ends.
part=${tasks%.jsonl}-part.sh
cat >"$part.$$" <<'end'
# archive-parallel.sh does this: TASKS PART STREAMS GPUS WAIT
for gpu in $(seq 0 $(($4 - 1))); do
  exec 9>"${TMPDIR:-/tmp}/naclip-archive-$(id -u)-gpu-$gpu"
  if flock -n 9; then export CUDA_VISIBLE_DEVICES=$gpu; break; fi
done
naclip-archive run "$1" --part "$2" --streams "$3"
status=$?
[ $status -ne 65 ] || exit 0
[ $status -ne 75 ] || sleep "$5"
exit $status
end
mv "$part.$$" "$part"

# A machine that died is noticed after 45 seconds.
export PARALLEL_SSH=${PARALLEL_SSH:-ssh -o ServerAliveInterval=15}
status=0
seq 0 $((parts - 1)) |
  parallel --quote --jobs "${GPUS:-1}" --joblog "$joblog" --resume-failed --retries 3 --halt soon,fail=10 --line-buffer "$@" \
    sh "$part" "$tasks" "{}/$parts" "${STREAMS:-2}" "${GPUS:-0}" "${WAIT:-60}" || status=$?
naclip-archive status "$tasks"
exit "$status"
